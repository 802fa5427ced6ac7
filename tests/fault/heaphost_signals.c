/* tests/fault/heaphost_signals.c - a handler that allocates, many thousand times a second */
/* SPDX-License-Identifier: MIT */

/*
 * It strikes anywhere: in the tracer and in the allocator too. So the allocator must be one that
 * handlers may call: libplainmalloc.
 */
#include "tests/fault/heaphost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HANDLER_SIZE 100000 /* larger than any of the thread's own */
#define HANDLER_SIZES 1000
#define SECOND_NS 1000000000u
#define MOST_IN_A_ROW 4 /* handlers that allocate without a new call of the thread in between */

static __thread struct heaphost *volatile self __attribute__((tls_model("initial-exec")));
static __thread timer_t timer;

static __attribute__((noinline)) void handle(struct heaphost *host)
{
    uint64_t number = atomic_load(&host->shared->handler_completed);
    void *old = host->handler_block;

    atomic_store(&host->shared->handler_started, number + 1);
    host->handler_block = malloc(HANDLER_SIZE + number % HANDLER_SIZES);
    free(old);
    atomic_store(&host->shared->handler_completed, number + 1);
}

/* A handler may take longer than there is between two signals. */
static bool is_enough(struct heaphost *host)
{
    uint64_t started = atomic_load(&host->shared->started);

    if (host->handled_at != started)
        host->handled_in_a_row = 0;
    host->handled_at = started;
    if (host->handled_in_a_row++ < MOST_IN_A_ROW)
        return false;
    host->handled_in_a_row = 0;
    return true;
}

static void handler(int signal)
{
    struct heaphost *host = self;
    int error = errno;

    (void)signal;
    if (host == NULL || atomic_load(&heaphost_stop) || is_enough(host))
        return; /* or it might keep the thread from ever seeing that it is to stop */
    handle(host);
    if (heaphost_jumps && host->in_call) {
        host->in_call = 0;
        siglongjmp(host->back, 1);
    }
    errno = error;
}

/* Processor time of this thread. */
static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void heaphost_profile(struct heaphost *host, unsigned hertz)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerspec often = {{0, SECOND_NS / hertz}, {0, SECOND_NS / hertz}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};

    event._sigev_un._tid = gettid();
    sigaction(SIGPROF, &action, NULL);
    self = host;
    host->profiled_ns = cpu_ns();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &often, NULL) != 0)
        _exit(96);
}

void heaphost_profile_end(struct heaphost *host)
{
    self = NULL;
    timer_delete(timer);
    atomic_store(&host->shared->cpu_ns, cpu_ns() - host->profiled_ns);
}
