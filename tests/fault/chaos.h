/* tests/fault/chaos.h - threads that do everything at once that a tracer could trip over */
/* SPDX-License-Identifier: MIT */

/*
 *   chaos PAGE SECONDS SEED THREADS WHAT LIBRARY LIBRARY
 *
 * Each thread picks an act at random, does it and picks the next, until the time is over: opens and
 * closes libraries, initialises and shuts down plug-ins, allocates, frees what others allocated,
 * makes children of all kinds, raises signals, starts threads. WHAT is a word made of letters:
 *
 *   h   handlers allocate too; the allocator must be one that they may call
 *   n   the exported NPN_MemAlloc and NPN_MemFree are called too, where there are such
 *
 * In a page that is mapped shared each thread says what it does and how often it has done
 * something, for a watchdog outside.
 */
#ifndef NPNTRACE_TESTS_FAULT_CHAOS_H
#define NPNTRACE_TESTS_FAULT_CHAOS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHAOS_THREADS 16
#define CHAOS_SLOTS 256
#define CHAOS_MAGIC UINT64_C(0x31534f414843504e)

struct chaos_thread { /* in the order of chaos.THREAD */
    _Atomic uint32_t tid;
    _Atomic uint32_t act; /* number of what it does now */
    _Atomic uint64_t acts; /* done */
};

struct chaos_page {
    uint64_t magic;
    _Atomic uint32_t pid;
    _Atomic uint32_t finished;
    _Atomic uint64_t allocations;  /* by malloc and its family, of this process's own threads */
    _Atomic uint64_t npn_allocations; /* by the exported function and by plug-ins */
    _Atomic uint64_t handlers;
    _Atomic uint64_t children;
    _Atomic uint64_t bad_children;
    struct chaos_thread threads[CHAOS_THREADS];
};

struct chaos { /* a thread */
    struct chaos_thread *shared;
    uint64_t random;
};

struct chaos_setting {
    const char *libraries[2];
    bool handlers_allocate;
    bool calls_npn;
    unsigned threads;
    pthread_t thread[CHAOS_THREADS];
};

extern struct chaos_page *chaos_page;
extern struct chaos_setting chaos_setting;

uint32_t chaos_random(struct chaos *chaos, uint32_t below);

/* ---- chaos_acts.c, chaos_children.c ---- */

struct chaos_act {
    const char *name;
    void (*run)(struct chaos *chaos);
    unsigned weight;
};
extern const struct chaos_act chaos_acts[];
extern const unsigned chaos_act_count;

void chaos_handle_signals(void);
void chaos_allocate(struct chaos *chaos);

void chaos_fork(struct chaos *chaos);
void chaos_fork_and_execute(struct chaos *chaos);
void chaos_vfork(struct chaos *chaos);
void chaos_spawn(struct chaos *chaos);

/* ---- what the libraries export beside NP_Initialize and NP_Shutdown ---- */

typedef unsigned chaos_work(unsigned rounds); /* allocations made */

#endif
