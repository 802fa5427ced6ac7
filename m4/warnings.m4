dnl Compiler warnings that the compiler at hand supports; --enable-werror.
dnl SPDX-License-Identifier: MIT

dnl NPNTRACE_TRY_CFLAG(FLAG): add FLAG to WARN_CFLAGS when it compiles without complaint.
AC_DEFUN([NPNTRACE_TRY_CFLAG], [
AS_VAR_PUSHDEF([cache], [npntrace_cv_cflag_$1])
AC_CACHE_CHECK([whether $CC knows $1], [cache], [
    npntrace_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
        [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    CFLAGS=$npntrace_saved_cflags])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([WARN_CFLAGS], [" $1"])])
AS_VAR_POPDEF([cache])
])

AC_DEFUN([NPNTRACE_WARNINGS], [
WARN_CFLAGS=
m4_foreach_w([npntrace_flag],
    [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
     -Wold-style-definition -Wpointer-arith -Wvla -Wformat=2 -Wundef
     -Wwrite-strings -Wcast-align -Wredundant-decls -Wnested-externs
     -Wimplicit-fallthrough -Wlogical-op -Wduplicated-cond],
    [NPNTRACE_TRY_CFLAG(m4_quote(npntrace_flag))])

AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors (default: no)])],
    [], [enable_werror=no])
npntrace_werror=no
AS_IF([test "x$enable_werror" != xno], [
    npntrace_werror=yes
    AS_VAR_APPEND([WARN_CFLAGS], [" -Werror"])])
AC_SUBST([WARN_CFLAGS])
])
