dnl elfutils: symbols, source lines, inlined frames, build-ids.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_ELFUTILS], [
NPNTRACE_NEED_HEADER([elfutils/libdwfl.h], [libdw of elfutils], [libdw-dev])
NPNTRACE_NEED_HEADER([gelf.h], [libelf of elfutils], [libelf-dev])
NPNTRACE_NEED_LIB([ELF_LIBS], [elf_begin], [elf], [libelf of elfutils], [libelf-dev])
NPNTRACE_NEED_LIB([DW_LIBS], [dwfl_begin], [dw], [libdw of elfutils], [libdw-dev], [-lelf])
])
