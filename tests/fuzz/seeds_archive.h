/* tests/fuzz/seeds_archive.h - archives of a recording with the files of its names */
/* SPDX-License-Identifier: MIT */

/* For tests/fuzz/seeds.c: they go to DIRECTORY/archive. Failures end the program. */
#ifndef NPNTRACE_TESTS_FUZZ_SEEDS_ARCHIVE_H
#define NPNTRACE_TESTS_FUZZ_SEEDS_ARCHIVE_H

void seeds_archive_save(const char *directory);

#endif
