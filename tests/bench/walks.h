/* tests/bench/walks.h: what the walks of the benchmark do with memory, thread by thread. */
/* SPDX-License-Identifier: MIT */

/*
 * Two kinds of work, both on the call tree (tests/bench/call_tree.h):
 *
 * pairs   each thread by itself: free the block in a random slot, put a new one there
 * pipe    one thread allocates, another frees, over a queue between them
 *
 * walks_run() warms up first, with the threads that it measures: all distinct stacks occur, all
 * slots are filled. Then the threads start together; times are of what follows until the last ends.
 */

#ifndef NPNTRACE_TESTS_BENCH_WALKS_H
#define NPNTRACE_TESTS_BENCH_WALKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WALKS_MAX_THREADS = 16 };

struct walks_settings {
    bool pipe;               /* threads 0, 2, ... allocate; threads 1, 3, ... free */
    unsigned threads;        /* 1 to WALKS_MAX_THREADS; even for a pipe */
    unsigned depth;          /* of backtraces, from the caller of malloc to _start or clone3 */
    unsigned fresh_permille; /* as in struct call_walk */
    unsigned phases;
    unsigned slots;        /* a power of two: blocks that live at the same time, per thread */
    uint64_t pairs;        /* measured, per thread (per pair of threads for a pipe) */
    uint64_t warmup_pairs; /* before that */
    uint64_t seed;
    uint64_t *histogram; /* as in struct call_walk; of the first thread */
    void *(*allocate)(size_t bytes);
    void (*release)(void *block);
    uint64_t (*count_events)(void); /* a twin's, or NULL */
};

struct walks_result {
    uint64_t elapsed_ns; /* CLOCK_MONOTONIC, from the common start to the last end */
    uint64_t cpu_ns;     /* of all measured threads together */
    uint64_t allocs;     /* measured and not, with the filling of slots; all threads */
    uint64_t frees;
    uint64_t events; /* that the twin counted in the measured part, with one thread; else 0 */
    unsigned depth;  /* of the first thread, as backtrace() counts; 0 without histogram */
};

/* 0 or -errno. */
int walks_run(const struct walks_settings *settings, struct walks_result *ret_result);

#endif
