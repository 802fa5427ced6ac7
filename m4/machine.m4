dnl The machines that the shim's stubs and the unwinder are written for.
dnl SPDX-License-Identifier: MIT

AC_DEFUN([NPNTRACE_MACHINE], [
AC_REQUIRE([AC_CANONICAL_HOST])
AS_CASE([$host_os],
    [linux-gnu*], [],
    [AC_MSG_ERROR([npntrace runs on GNU/Linux with glibc only, not on $host])])
AS_CASE([$host],
    [x86_64-*-linux-gnux32], [npntrace_machine=],
    [x86_64-*], [npntrace_machine=x86_64],
    [aarch64-*], [npntrace_machine=aarch64],
    [npntrace_machine=])
AS_IF([test "x$npntrace_machine" = x],
    [AC_MSG_ERROR([npntrace has no code for $host; it knows x86_64 and aarch64])])
AC_SUBST([npntrace_machine])
AM_CONDITIONAL([MACHINE_X86_64], [test "$npntrace_machine" = x86_64])
AM_CONDITIONAL([MACHINE_AARCH64], [test "$npntrace_machine" = aarch64])
])
