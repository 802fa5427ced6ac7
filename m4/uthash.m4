dnl uthash: hash tables, headers only.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_UTHASH], [
NPNTRACE_NEED_HEADER([uthash.h], [uthash], [uthash-dev])
])
