/* tests/bench/twin.h: the malloc family, forwarded to what would have been called without us. */
/* SPDX-License-Identifier: MIT */

/*
 * A twin is a preload library that interposes what a heap tracer interposes and does next to
 * nothing, so that the difference is what tracing costs. Every function forwards through a pointer
 * that is resolved once. There are two twins, which share twin.c and differ in what stands around
 * the call:
 *
 * twin_noop.c   nothing
 * twin_stamp.c  a stamp and a record, without a backtrace
 *
 * Any thread may call. Nothing here allocates.
 */

#ifndef NPNTRACE_TESTS_BENCH_TWIN_H
#define NPNTRACE_TESTS_BENCH_TWIN_H

#include <stddef.h>
#include <stdint.h>

/* Before a block is freed. Not called with NULL. */
void twin_freeing(void *block);

/* After an allocation. `block` may be NULL. */
void twin_allocated(void *block, size_t bytes);

/* Exported by twin_stamp.c alone: allocations and frees of all threads so far. The workload asks,
 * to know how many pairs it made. */
__attribute__((visibility("default"))) uint64_t bench_twin_events(void);

#endif
