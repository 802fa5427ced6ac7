dnl libunwind: call-frame rules inside the host.
dnl SPDX-License-Identifier: MIT
dnl
dnl Only its headers are used at build time. The library is opened at run time by
dnl its soname, so that its _Unwind_* functions never enter the host's global
dnl symbol scope.

dnl NPNTRACE_SONAME_OF(VARIABLE, LIBRARY): the soname that -lLIBRARY would record.
AC_DEFUN([NPNTRACE_SONAME_OF], [
AC_CACHE_CHECK([for the soname of lib$2], [npntrace_cv_soname_$1], [
    npntrace_cv_soname_$1=no
    npntrace_file=`$CC $CFLAGS $LDFLAGS -print-file-name=lib$2.so`
    AS_IF([test -e "$npntrace_file"], [
        npntrace_cv_soname_$1=`LC_ALL=C $READELF -d "$npntrace_file" |
            $SED -n 's/.*(SONAME).*\@<:@\(.*\)\@:>@.*/\1/p'`])
    AS_IF([test "x$npntrace_cv_soname_$1" = x], [npntrace_cv_soname_$1=no])])
AS_IF([test "x$npntrace_cv_soname_$1" = xno],
    [AC_MSG_ERROR([libunwind is required: lib$2.so not found; Debian package: libunwind-dev])])
$1=$npntrace_cv_soname_$1
])

AC_DEFUN([NPNTRACE_LIBUNWIND], [
AC_REQUIRE([NPNTRACE_MACHINE])
NPNTRACE_NEED_HEADER([libunwind.h], [libunwind], [libunwind-dev])
NPNTRACE_SONAME_OF([LIBUNWIND_SONAME], [unwind-$npntrace_machine])
NPNTRACE_SONAME_OF([LIBUNWIND_LOCAL_SONAME], [unwind])
AC_DEFINE_UNQUOTED([LIBUNWIND_SONAME], ["$LIBUNWIND_SONAME"],
    [libunwind for any address space of this machine: _U<machine>_* functions])
AC_DEFINE_UNQUOTED([LIBUNWIND_LOCAL_SONAME], ["$LIBUNWIND_LOCAL_SONAME"],
    [libunwind for the own process (UNW_LOCAL_ONLY): _UL<machine>_* functions])
])
