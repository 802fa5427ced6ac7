dnl libFuzzer: for tests/fuzz. Optional: without it the fuzz test is skipped, and says so.
dnl SPDX-License-Identifier: MIT
dnl
dnl It is a part of clang, so its programs are compiled by that, whatever CC is. FUZZ_CC names
dnl another clang; FUZZ_CC=no does without.

AC_DEFUN([NPNTRACE_FUZZER], [
AC_ARG_VAR([FUZZ_CC], [a clang with libFuzzer, for tests/fuzz (default: clang; no: none)])
npntrace_fuzzer="no (fuzz tests cannot run; Debian packages: clang libclang-rt-dev)"
AS_IF([test "x$FUZZ_CC" = xno], [FUZZ_CC=], [
    AC_PATH_PROGS([FUZZ_CC], [clang])
    AS_IF([test "x$FUZZ_CC" != x], [
        AC_MSG_CHECKING([whether $FUZZ_CC links with libFuzzer])
        npntrace_saved_cc=$CC npntrace_saved_cflags=$CFLAGS
        CC=$FUZZ_CC CFLAGS='-fsanitize=fuzzer,address,undefined'
        AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data[0] + size == 1; }]])],
            [AC_MSG_RESULT([yes])
             npntrace_fuzzer=$FUZZ_CC],
            [AC_MSG_RESULT([no])
             FUZZ_CC=])
        CC=$npntrace_saved_cc CFLAGS=$npntrace_saved_cflags])])
AM_CONDITIONAL([FUZZER], [test "x$FUZZ_CC" != x && test "x$CMOCKA_LIBS" != x])
])
