dnl D3: the charting library of the HTML report.
dnl SPDX-License-Identifier: MIT
dnl It is not copied into this repository: it becomes a part of the program, and so of its pages,
dnl when that is built, with what its licence asks for. Debian's package rather than npm's, since a
dnl build then needs neither a network nor npm, and the distribution mends it.
AC_DEFUN([NPNTRACE_D3], [
AC_ARG_WITH([d3],
    [AS_HELP_STRING([--with-d3=FILE], [D3, version 5, as one minified script (default: Debian's)])],
    [], [with_d3=/usr/share/nodejs/d3/dist/d3.min.js])
AC_MSG_CHECKING([for D3])
AS_IF([test -r "$with_d3"], [D3_SCRIPT=$with_d3],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([D3 not found at $with_d3; Debian package: node-d3])])
AC_MSG_RESULT([$D3_SCRIPT])
AS_IF([test -r /usr/share/doc/node-d3/copyright],
      [D3_LICENCE=/usr/share/doc/node-d3/copyright], [D3_LICENCE=/dev/null])
AC_SUBST([D3_SCRIPT])
AC_SUBST([D3_LICENCE])
])
