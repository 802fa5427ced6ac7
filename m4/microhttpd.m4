dnl GNU libmicrohttpd: metrics over HTTP.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_MICROHTTPD], [
NPNTRACE_NEED_HEADER([microhttpd.h], [GNU libmicrohttpd], [libmicrohttpd-dev])
NPNTRACE_NEED_LIB([MICROHTTPD_LIBS], [MHD_start_daemon], [microhttpd], [GNU libmicrohttpd],
    [libmicrohttpd-dev])
])
