dnl zlib: the CRC-32 of trace files.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_ZLIB], [
NPNTRACE_NEED_HEADER([zlib.h], [zlib], [zlib1g-dev])
NPNTRACE_NEED_LIB([ZLIB_LIBS], [crc32_z], [z], [zlib], [zlib1g-dev])
])
