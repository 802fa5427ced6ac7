dnl --enable-sanitizers=LIST: for unit tests, recorder and viewer.
dnl SPDX-License-Identifier: MIT
dnl
dnl The preload library goes into programs that know nothing of a sanitizer's
dnl run-time, and never gets them.

AC_DEFUN([NPNTRACE_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST],
        [build unit tests, recorder and viewer with sanitizers, a comma-separated
         list of address, undefined, thread (default: none)])],
    [], [enable_sanitizers=no])
AS_CASE([$enable_sanitizers],
    [yes], [enable_sanitizers=address,undefined],
    [''], [enable_sanitizers=no])
SANITIZER_CFLAGS=
AS_IF([test "x$enable_sanitizers" != xno], [
    for npntrace_one in `AS_ECHO(["$enable_sanitizers"]) | tr ',' ' '`; do
        AS_CASE([$npntrace_one],
            [address|undefined|thread], [],
            [AC_MSG_ERROR(
                [--enable-sanitizers: "$npntrace_one" is none of address, undefined, thread])])
    done
    SANITIZER_CFLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all"
    AS_VAR_APPEND([SANITIZER_CFLAGS], [" -fno-omit-frame-pointer"])
    AC_MSG_CHECKING([whether $CC links with $SANITIZER_CFLAGS])
    npntrace_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS $SANITIZER_CFLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([$CC cannot link with -fsanitize=$enable_sanitizers; see config.log])])
    CFLAGS=$npntrace_saved_cflags])
npntrace_sanitizers=$enable_sanitizers
AS_IF([test "x$enable_sanitizers" = xno], [npntrace_sanitizers=none])
AC_SUBST([SANITIZER_CFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" != xno])
])
