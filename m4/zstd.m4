dnl libzstd: compression of trace files.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_ZSTD], [
NPNTRACE_NEED_HEADER([zstd.h], [libzstd], [libzstd-dev])
NPNTRACE_NEED_LIB([ZSTD_LIBS], [ZSTD_compressCCtx], [zstd], [libzstd], [libzstd-dev])
])
