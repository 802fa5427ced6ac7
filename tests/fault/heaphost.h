/* tests/fault/heaphost.h - a program whose every heap call can be known from outside */
/* SPDX-License-Identifier: MIT */

/*
 * Each thread makes a fixed sequence of heap calls, a function of the seed, the thread's number and
 * the call's; tests/fault/heapsequence.py knows it too. In a file mapped shared, a thread counts
 * a call before it makes it and when it has returned. So whatever happens to the process, what was
 * done is known but for the one call of each thread that was under way.
 *
 *   heaphost PAGE SEED THREADS CALLS [WHAT]...
 *
 * THREADS threads make CALLS calls each. WHAT is done meanwhile by the main thread, CALLS being 0
 * then: the threads go on until it is done.
 *
 *   KIND=N       makes N children, one after the other: fork, _Fork, clone, vm, vfork, spawn
 *   handlers=N   waits until the handlers of each other thread have run N times, and with `jump`
 *                have jumped N / 4 times
 *   exec=PAGE2   at the end executes itself with the page PAGE2
 *   prof=HZ      interrupts each thread so often by a handler that makes heap calls of its own
 *   jump         out of the handler, back to where the thread goes on with its next call
 *   pause        threads rest after every few calls, so that there are not too many
 *   wait         begins when the page's word `go` is set
 */
#ifndef NPNTRACE_TESTS_FAULT_HEAPHOST_H
#define NPNTRACE_TESTS_FAULT_HEAPHOST_H

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HEAPHOST_MAGIC UINT64_C(0x3154534f48504148)
#define HEAPHOST_THREADS 8
#define HEAPHOST_SLOTS 61
#define HEAPHOST_JUMPS (1u << 16)

/* In the order of heapsequence.THREAD. */
struct heaphost_thread {
    _Atomic uint32_t tid;
    _Atomic uint32_t jumps; /* calls that a handler jumped out of */
    _Atomic uint64_t started;
    _Atomic uint64_t completed;
    _Atomic uint64_t handler_started;
    _Atomic uint64_t handler_completed;
    _Atomic uint64_t cpu_ns; /* processor time from the first signal to the last, at the end */
    uint64_t jumped[HEAPHOST_JUMPS]; /* their numbers */
};

struct heaphost_page {
    uint64_t magic;
    _Atomic uint32_t pid;
    _Atomic uint32_t go;
    _Atomic uint32_t children;     /* that have come to a good end */
    _Atomic uint32_t bad_children; /* that have not */
    _Atomic uint32_t finished;     /* all is done as it was to be */
    uint32_t reserved;
    struct heaphost_thread threads[HEAPHOST_THREADS];
};

struct heaphost { /* a thread */
    struct heaphost_thread *shared;
    uint64_t seed;
    uint64_t next; /* number of the next call */
    void *slots[HEAPHOST_SLOTS];
    void *handler_block;
    volatile sig_atomic_t in_call;
    uint64_t profiled_ns; /* processor time when the signals began */
    uint64_t handled_at;  /* the number of calls begun when the last handler ran */
    unsigned handled_in_a_row;
    sigjmp_buf back;
};

extern struct heaphost_page *heaphost_page;
extern _Atomic bool heaphost_stop; /* what the threads were to do meanwhile is done */
extern bool heaphost_jumps;  /* handlers jump out */
extern bool heaphost_pauses; /* threads rest now and then */

/* ---- heaphost_calls.c ---- */

void heaphost_begin(struct heaphost *host, unsigned number, uint64_t seed);

/* Makes `count` calls; 0: calls until heaphost_stop. */
void heaphost_run(struct heaphost *host, uint64_t count);

/* ---- heaphost_signals.c ---- */

/* A timer that sends this thread SIGPROF. */
void heaphost_profile(struct heaphost *host, unsigned hertz);
void heaphost_profile_end(struct heaphost *host);

/* ---- heaphost_children.c ---- */

/* Makes children of a kind. false: there is no such kind. */
bool heaphost_children(const char *kind, unsigned count, struct heaphost *host);

#endif
