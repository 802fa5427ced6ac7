dnl ncurses: the live view.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_NCURSES], [
NPNTRACE_NEED_HEADER([curses.h], [ncurses], [libncurses-dev])
AC_CHECK_LIB([tinfo], [tigetstr], [npntrace_tinfo=-ltinfo], [npntrace_tinfo=])
NPNTRACE_NEED_LIB([NCURSES_LIBS], [resizeterm], [ncursesw], [ncurses], [libncurses-dev],
    [$npntrace_tinfo])
NCURSES_LIBS="$NCURSES_LIBS $npntrace_tinfo"
])
