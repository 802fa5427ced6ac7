dnl What every required library has in common.
dnl SPDX-License-Identifier: MIT

dnl NPNTRACE_NEED_HEADER(HEADER, NAME, DEBIAN-PACKAGE)
AC_DEFUN([NPNTRACE_NEED_HEADER], [
AC_CHECK_HEADER([$1], [],
    [AC_MSG_ERROR([$2 is required: header <$1> not found; Debian package: $3])])
])

dnl NPNTRACE_NEED_LIB(VARIABLE, FUNCTION, LIBRARY, NAME, DEBIAN-PACKAGE, [OTHER-LIBRARIES])
dnl Substitutes VARIABLE with the linker's arguments; LIBS stays as it is.
AC_DEFUN([NPNTRACE_NEED_LIB], [
AC_CHECK_LIB([$3], [$2], [$1="-l$3"],
    [AC_MSG_ERROR([$4 is required: no $2 in lib$3; Debian package: $5])], [$6])
AC_SUBST([$1])
])
