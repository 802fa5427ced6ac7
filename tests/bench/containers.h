/* tests/bench/containers.h: C++ containers that allocate, for the benchmark. */
/* SPDX-License-Identifier: MIT */

/*
 * What C++ programs do to an allocator: nodes of maps, growing vectors, strings made, concatenated
 * and thrown away, a hash table that rehashes. One thread; the same calls for the same seed.
 */

#ifndef NPNTRACE_TESTS_BENCH_CONTAINERS_H
#define NPNTRACE_TESTS_BENCH_CONTAINERS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns a number that depends on all results, so that nothing can be left out. */
uint64_t containers_run(uint64_t seed, uint64_t rounds);

#ifdef __cplusplus
}
#endif

#endif
