/* tracer/tracer.c - the start of tracing in a process, and its children's */
/* SPDX-License-Identifier: MIT */

#include "tracer/tracer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracer/clock.h"
#include "tracer/debug.h"
#include "tracer/object.h"
#include "tracer/registry.h"
#include "tracer/segment.h"
#include "tracer/sys.h"
#include "tracer/unwind.h"

#define ARGS_BYTES 8192
#define STAT_START_TICKS 22

/* Mapped at the first start, wiped by the kernel in every child. */
static struct tracer *_Atomic the_tracer;

/* Ordinary memory: a child goes on counting where its parent was. */
static _Atomic uint32_t generations;

struct tracer *tracer_if_running(void)
{
    struct tracer *tracer = atomic_load_explicit(&the_tracer, memory_order_acquire);

    if (tracer == NULL ||
        atomic_load_explicit(&tracer->state, memory_order_acquire) != TRACER_RUNNING)
        return NULL;
    return tracer;
}

/* Whether this thread's fork handlers hold the unwind lock. Initial-exec for the reason in
 * thread.c. */
static __thread bool fork_holds_lock __attribute__((tls_model("initial-exec")));
static __thread bool fork_holds_shim_lock __attribute__((tls_model("initial-exec")));

/* No thread is inside libunwind when a child is made, whose locks would stay taken there for ever,
 * nor in the middle of a change to the shim's maps. A fork from a signal handler that interrupted
 * this thread's own unwinding finds the lock taken, and leaves it. */
static void before_fork(void)
{
    struct tracer *tracer = tracer_if_running();

    fork_holds_shim_lock = tracer != NULL && lock_acquire_plain(&tracer->shim_lock);
    fork_holds_lock = tracer != NULL && lock_acquire_plain(&tracer->unwind_lock);
}

static void after_fork(void)
{
    struct tracer *tracer = tracer_if_running();

    if (fork_holds_lock && tracer != NULL)
        lock_release_plain(&tracer->unwind_lock);
    if (fork_holds_shim_lock && tracer != NULL)
        lock_release_plain(&tracer->shim_lock);
    fork_holds_lock = fork_holds_shim_lock = false;
}

static void after_fork_in_child(void)
{
    fork_holds_lock = fork_holds_shim_lock = false; /* the locks themselves have been wiped */
}

static struct tracer *page(void)
{
    struct tracer *tracer = atomic_load_explicit(&the_tracer, memory_order_acquire);
    struct tracer *none = NULL;

    if (tracer != NULL)
        return tracer;
    tracer = sys_map(sizeof(*tracer));
    if (tracer == NULL)
        return NULL;
    madvise(tracer, sizeof(*tracer), MADV_WIPEONFORK);
    if (atomic_compare_exchange_strong(&the_tracer, &none, tracer)) {
        pthread_atfork(before_fork, after_fork, after_fork_in_child);
        return tracer;
    }
    sys_unmap(tracer, sizeof(*tracer));
    return none;
}

/* Field `number` of /proc/self/stat, counted from 1; the second may itself contain spaces and
 * brackets. */
static uint64_t stat_field(unsigned number)
{
    char text[1024];
    const char *at;

    if (sys_read_file("/proc/self/stat", text, sizeof(text)) <= 0 ||
        (at = strrchr(text, ')')) == NULL)
        return 0;
    for (unsigned field = 2; field < number && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static uint32_t add_string(struct tracer *tracer, const char *text, size_t bytes)
{
    struct lock_mask mask;
    uint32_t string;

    if (!lock_acquire(&tracer->table_lock, &mask))
        return 0;
    string = registry_string_locked(tracer, text, bytes);
    lock_release(&tracer->table_lock, &mask);
    return string;
}

static void describe_names(struct tracer *tracer)
{
    static char text[ARGS_BYTES]; /* under the start lock */
    ssize_t got = readlink("/proc/self/exe", text, sizeof(text));

    if (got > 0)
        tracer->ring->exe = add_string(tracer, text, (size_t)got);
    got = sys_read_file("/proc/self/cmdline", text, sizeof(text));
    if (got > 0)
        tracer->ring->args = add_string(tracer, text, (size_t)got);
    got = sys_read_file("/proc/sys/kernel/random/boot_id", tracer->ring->boot_id,
                        sizeof(tracer->ring->boot_id));
    if (got > 0 && tracer->ring->boot_id[got - 1] == '\n')
        tracer->ring->boot_id[got - 1] = '\0';
}

static void describe_times(struct ring_header *ring)
{
    uint64_t ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t boot_ns = clock_read_ns(CLOCK_BOOTTIME);

    ring->clock = RING_CLOCK_MONOTONIC;
    ring->start_stamp = clock_stamp();
    ring->start_realtime_ns = clock_read_ns(CLOCK_REALTIME);
    ring->start_ticks = stat_field(STAT_START_TICKS);
    uint64_t age_ns = boot_ns - ring->start_ticks * (1000000000u / ticks_per_second);
    if (ring->start_ticks != 0 && age_ns < ring->start_stamp)
        ring->process_start_stamp = ring->start_stamp - age_ns;
}

static void describe_process(struct tracer *tracer)
{
    struct ring_header *ring = tracer->ring;

    ring->pid = (uint32_t)getpid();
    ring->ppid = (uint32_t)getppid();
    ring->host_origin = tracer->forked ? RING_ORIGIN_FORKED : 0;
    ring->unwinder = tracer->unwinder != NULL ? RING_UNWINDER_LIBUNWIND : RING_UNWINDER_NONE;
    describe_times(ring);
    describe_names(tracer);
}

static void find_own_code(struct tracer *tracer)
{
    struct object object;

    if (object_at((uint64_t)(uintptr_t)find_own_code, &object)) {
        tracer->own_start = object.start;
        tracer->own_end = object.end;
    }
}

/* Private tables beside the segment. False: no memory. */
static bool map_private(struct tracer *tracer)
{
    tracer->threads = sys_map(ring_capacity(tracer->ring, RING_THREADS) * sizeof(*tracer->threads));
    tracer->module_seen =
        sys_map(ring_capacity(tracer->ring, RING_MODULES) * sizeof(*tracer->module_seen));
    tracer->module_names =
        sys_map(ring_capacity(tracer->ring, RING_MODULES) * sizeof(*tracer->module_names));
    return tracer->threads != NULL && tracer->module_seen != NULL && tracer->module_names != NULL;
}

static bool start_locked(struct tracer *tracer)
{
    struct segment segment;

    if (!segment_open(&segment))
        return false;
    tracer->ring = segment.ring;
    if (!map_private(tracer)) {
        segment_discard(&segment);
        return false;
    }
    uint32_t generation = atomic_fetch_add(&generations, 1) + 1;
    atomic_store_explicit(&tracer->generation, generation, memory_order_relaxed);
    tracer->forked = generation > 1;
    tracer->recording = (tracer->ring->origin & RING_ORIGIN_PRIVATE) == 0;
    atomic_store_explicit(&tracer->policy, tracer->ring->policy, memory_order_relaxed);
    find_own_code(tracer);
    if (tracer->recording)
        tracer->unwinder = unwinder_open();
    describe_process(tracer);
    /* Pairs with the readers' acquire load of state. */
    atomic_store_explicit(&tracer->ring->state, RING_READY, memory_order_release);
    if (segment_publish(&segment) != 0)
        tracer->recording = false;
    atomic_store_explicit(&tracer->state, TRACER_RUNNING, memory_order_release);
    return true;
}

struct tracer *tracer_start(void)
{
    struct tracer *tracer = tracer_if_running();
    struct lock_mask mask;
    int cancel_state;

    if (tracer != NULL)
        return tracer;
    tracer = page();
    /* Starting opens files and talks to the recorder: no signal is to interrupt that, and no
     * cancellation to end the thread in it. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    bool running = false;
    if (tracer != NULL && lock_acquire(&tracer->start_lock, &mask)) {
        running = atomic_load_explicit(&tracer->state, memory_order_acquire) == TRACER_RUNNING ||
                  start_locked(tracer);
        lock_release(&tracer->start_lock, &mask);
    }
    pthread_setcancelstate(cancel_state, NULL);
    return running ? tracer : NULL;
}

struct lock *tracer_shim_lock(void)
{
    struct tracer *tracer = page();

    return tracer != NULL ? &tracer->shim_lock : NULL;
}

uint32_t tracer_unload_begin(void)
{
    struct tracer *tracer = tracer_if_running();

    if (tracer == NULL)
        return 0;
    atomic_fetch_add(&tracer->unloading, 1);
    return atomic_load_explicit(&tracer->generation, memory_order_relaxed);
}

void tracer_unload_end(uint32_t begun, bool gone)
{
    struct tracer *tracer = tracer_if_running();

    /* A child that was made in between has a tracer of its own. */
    if (tracer == NULL || begun != atomic_load_explicit(&tracer->generation, memory_order_relaxed))
        return;
    if (gone)
        atomic_fetch_add(&tracer->epoch, 1);
    atomic_fetch_sub(&tracer->unloading, 1);
}
