dnl libzip: archives of recordings.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_LIBZIP], [
NPNTRACE_NEED_HEADER([zip.h], [libzip], [libzip-dev])
NPNTRACE_NEED_LIB([ZIP_LIBS], [zip_open], [zip], [libzip], [libzip-dev])
])
