dnl jansson: JSON output.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_JANSSON], [
NPNTRACE_NEED_HEADER([jansson.h], [jansson], [libjansson-dev])
NPNTRACE_NEED_LIB([JANSSON_LIBS], [json_dumpf], [jansson], [jansson], [libjansson-dev])
])
