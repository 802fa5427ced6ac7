dnl SQLite: exported databases.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_SQLITE], [
NPNTRACE_NEED_HEADER([sqlite3.h], [SQLite], [libsqlite3-dev])
NPNTRACE_NEED_LIB([SQLITE_LIBS], [sqlite3_prepare_v2], [sqlite3], [SQLite], [libsqlite3-dev])
])
