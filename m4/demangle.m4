dnl libiberty: names of C++ functions.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_DEMANGLE], [
NPNTRACE_NEED_HEADER([libiberty/demangle.h], [libiberty], [libiberty-dev])
NPNTRACE_NEED_LIB([DEMANGLE_LIBS], [cplus_demangle_v3], [iberty], [libiberty], [libiberty-dev])
])
