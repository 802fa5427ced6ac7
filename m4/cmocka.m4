dnl cmocka: unit tests. Optional: without it they are left out, and the summary says so.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_CMOCKA], [
AC_ARG_WITH([cmocka],
    [AS_HELP_STRING([--with-cmocka=yes|no|check], [build the unit tests (default: check)])],
    [], [with_cmocka=check])
CMOCKA_LIBS=
npntrace_cmocka=no
AS_IF([test "x$with_cmocka" != xno], [
    AC_CHECK_HEADER([cmocka.h], [
        AC_CHECK_LIB([cmocka], [_cmocka_run_group_tests],
            [CMOCKA_LIBS=-lcmocka
             npntrace_cmocka=yes])],
        [], [[#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>]])])
AS_IF([test "$npntrace_cmocka" = no], [
    AS_CASE([$with_cmocka],
        [yes], [AC_MSG_ERROR([--with-cmocka: cmocka not found; Debian package: libcmocka-dev])],
        [no], [npntrace_cmocka="no (--without-cmocka)"],
        [npntrace_cmocka="no, unit tests are left out; Debian package: libcmocka-dev"
         AC_MSG_WARN([cmocka not found, unit tests are left out; Debian package: libcmocka-dev])])])
AC_SUBST([CMOCKA_LIBS])
AM_CONDITIONAL([CMOCKA], [test "$npntrace_cmocka" = yes])
])
