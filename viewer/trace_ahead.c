/* viewer/trace_ahead.c - HEAP blocks unpacked and decoded ahead, on a thread of their own */
/* SPDX-License-Identifier: MIT */

#include "viewer/trace_ahead.h"
#include "viewer/xalloc.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define AHEAD_BATCHES 32u
#define WAKE_BATCHES 8u /* so many are free, or filled, before the other side is woken */
#define BLOCKS_MIN 2u   /* one block is read sooner than a thread is made */

struct trace_ahead {
    struct trace_pull *pull;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, but for the batches' contents */
    pthread_cond_t filled, freed;
    uint64_t put, taken; /* batches; those from taken to put - 1 are the reader's */
    bool holds;          /* the reader looks at batch `taken` */
    bool ended;          /* the last one that was put is the end */
    bool stop;
    bool reader_waits, thread_waits;
    struct trace_batch batches[AHEAD_BATCHES];
    struct trace_heap_event events[AHEAD_BATCHES][TRACE_BATCH];
};

bool trace_ahead_is_of_use(size_t blocks)
{
    cpu_set_t processors;

    return blocks >= BLOCKS_MIN && sched_getaffinity(0, sizeof(processors), &processors) == 0 &&
           CPU_COUNT(&processors) > 1;
}

/* False: the thread is to end. */
static bool wait_for_room(struct trace_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    if (ahead->put - ahead->taken == AHEAD_BATCHES)
        while (!ahead->stop && ahead->put - ahead->taken > AHEAD_BATCHES - WAKE_BATCHES) {
            ahead->thread_waits = true;
            pthread_cond_wait(&ahead->freed, &ahead->lock);
        }
    ahead->thread_waits = false;
    bool goes_on = !ahead->stop;
    pthread_mutex_unlock(&ahead->lock);
    return goes_on;
}

static void put(struct trace_ahead *ahead, bool is_end)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->put++;
    ahead->ended = is_end;
    if (ahead->reader_waits && (is_end || ahead->put - ahead->taken >= WAKE_BATCHES))
        pthread_cond_signal(&ahead->filled);
    pthread_mutex_unlock(&ahead->lock);
}

static void *run(void *context)
{
    struct trace_ahead *ahead = context;

    for (bool is_end = false; !is_end && wait_for_room(ahead);) {
        /* put is this thread's own to change */
        struct trace_batch *batch = &ahead->batches[ahead->put % AHEAD_BATCHES];
        trace_pull_next(ahead->pull, batch);
        is_end = batch->is_end;
        put(ahead, is_end);
    }
    return NULL;
}

/* A signal that asks the program to do something is for the thread that can. */
static int start(struct trace_ahead *ahead)
{
    sigset_t all, before;

    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* the file became shorter */
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&ahead->thread, NULL, run, ahead);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct trace_ahead *trace_ahead_new(struct trace_pull *pull)
{
    struct trace_ahead *ahead = xalloc_zeroed(1, sizeof(*ahead));

    ahead->pull = pull;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->filled, NULL);
    pthread_cond_init(&ahead->freed, NULL);
    for (unsigned i = 0; i < AHEAD_BATCHES; i++)
        ahead->batches[i].events = ahead->events[i];
    if (start(ahead) == 0)
        return ahead;
    free(ahead);
    return NULL;
}

/* The batch that the reader had is the thread's again. */
static void give_back(struct trace_ahead *ahead)
{
    if (!ahead->holds || (ahead->ended && ahead->put - ahead->taken == 1))
        return;
    ahead->holds = false;
    ahead->taken++;
    if (ahead->thread_waits && ahead->put - ahead->taken <= AHEAD_BATCHES - WAKE_BATCHES)
        pthread_cond_signal(&ahead->freed);
}

struct trace_batch *trace_ahead_next(struct trace_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    give_back(ahead);
    if (ahead->put == ahead->taken)
        while (!ahead->ended && ahead->put - ahead->taken < WAKE_BATCHES) {
            ahead->reader_waits = true;
            pthread_cond_wait(&ahead->filled, &ahead->lock);
        }
    ahead->reader_waits = false;
    ahead->holds = true;
    pthread_mutex_unlock(&ahead->lock);
    return &ahead->batches[ahead->taken % AHEAD_BATCHES];
}

void trace_ahead_free(struct trace_ahead *ahead)
{
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    pthread_cond_signal(&ahead->freed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->freed);
    pthread_cond_destroy(&ahead->filled);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
