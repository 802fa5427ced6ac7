/* tests/fuzz/seeds_heavy.h - trace files of few bytes that ask for much work */
/* SPDX-License-Identifier: MIT */

/* For tests/fuzz/seeds.c: each goes to DIRECTORY/heavy/trace. They have to be read within bounds as
 * any other input, but are too slow to be varied. Failures end the program. */
#ifndef NPNTRACE_TESTS_FUZZ_SEEDS_HEAVY_H
#define NPNTRACE_TESTS_FUZZ_SEEDS_HEAVY_H

void seeds_heavy_save(const char *directory);

#endif
