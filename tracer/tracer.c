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
#include "tracer/contract.h"
#include "tracer/heap.h"
#include "tracer/heap_set.h"
#include "tracer/object.h"
#include "tracer/objects.h"
#include "tracer/registry.h"
#include "tracer/segment.h"
#include "tracer/stack.h"
#include "tracer/sys.h"
#include "tracer/thread.h"
#include "tracer/unwind.h"

#define ARGS_BYTES 8192
#define STAT_START_TICKS 22

struct tracer_page *_Atomic tracer_page;

/* Ordinary memory: a child goes on counting where its parent was. */
static _Atomic uint32_t generations;

/* Which locks this thread's fork handlers hold. Initial-exec for the reason in thread.c. */
static __thread struct fork_state {
    struct tracer *tracer;
    bool shim, unwind, table;
} forking __attribute__((tls_model("initial-exec")));

/* No thread is inside libunwind or in the middle of a change to a table when a child is made. A
 * fork from a signal handler that interrupted this thread's own work finds a lock taken, and leaves
 * it. */
static void before_fork(void)
{
    struct tracer *tracer = tracer_if_running();

    forking = (struct fork_state){.tracer = tracer};
    if (tracer == NULL)
        return;
    forking.shim = lock_acquire_for_fork(&tracer_page->shim_lock);
    forking.unwind = lock_acquire_for_fork(&tracer->unwind_lock);
    forking.table = lock_acquire_for_fork(&tracer->table_lock);
}

static void after_fork(void)
{
    if (forking.table)
        lock_release_plain(&forking.tracer->table_lock);
    if (forking.unwind)
        lock_release_plain(&forking.tracer->unwind_lock);
    if (forking.shim)
        lock_release_plain(&tracer_page->shim_lock);
    forking = (struct fork_state){.tracer = NULL};
}

/* If a signal handler forks, the operation that it interrupted, wherever that was, goes on here and
 * may write what it likes. Memory that nobody touches costs nothing. */
static void put_empty_segment(struct tracer *tracer)
{
    void *at = mmap(tracer->ring, tracer->layout.total_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (at == (void *)tracer->ring)
        tracer->ring->layout = tracer->layout;
}

static void after_fork_in_child(void)
{
    if (forking.tracer != NULL)
        put_empty_segment(forking.tracer);
    after_fork();
}

static struct tracer_page *page(void)
{
    struct tracer_page *made = atomic_load_explicit(&tracer_page, memory_order_acquire);
    struct tracer_page *none = NULL;

    if (made != NULL)
        return made;
    made = sys_map(sizeof(*made));
    if (made == NULL)
        return NULL;
    madvise(made, sizeof(*made), MADV_WIPEONFORK);
    if (atomic_compare_exchange_strong(&tracer_page, &none, made)) {
        pthread_atfork(before_fork, after_fork, after_fork_in_child);
        return made;
    }
    sys_unmap(made, sizeof(*made));
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

static void describe_start(struct ring_header *ring)
{
    ring->clock = clock_choose();
    ring->start_pair = clock_pair();
    ring->start_stamp = ring->start_pair.stamp;
    ring->start_realtime_ns = clock_read_ns(CLOCK_REALTIME);
}

/* When the process was started is known to a hundredth of a second, so two clock pairs that are
 * close together will do for making a stamp of it. */
static void describe_age(struct ring_header *ring)
{
    uint64_t ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    struct ring_clock_pair now = clock_pair();
    uint64_t boot_ns = clock_read_ns(CLOCK_BOOTTIME);

    ring->start_ticks = stat_field(STAT_START_TICKS);
    uint64_t age_ns = boot_ns - ring->start_ticks * (1000000000u / ticks_per_second);
    uint64_t ns = now.ns - ring->start_pair.ns, stamps = now.stamp - ring->start_pair.stamp;
    if (ring->start_ticks == 0 || ns == 0)
        return;
    double age = (double)age_ns * (double)stamps / (double)ns;
    if (age < (double)now.stamp)
        ring->process_start_stamp = now.stamp - (uint64_t)age;
}

static void describe_process(struct tracer *tracer)
{
    struct ring_header *ring = tracer->ring;

    ring->pid = (uint32_t)getpid();
    ring->ppid = (uint32_t)getppid();
    ring->host_origin = tracer->forked ? RING_ORIGIN_FORKED : 0;
    ring->unwinder = STACK_BY_RULES             ? RING_UNWINDER_RULES
                     : tracer->unwinder != NULL ? RING_UNWINDER_LIBUNWIND
                                                : RING_UNWINDER_NONE;
    ring->heap = heap_wanted();
    ring->selfcheck = tracer->selfcheck;
    describe_names(tracer);
    describe_age(ring);
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
    tracer->contract = contract_map();
    tracer->objects = objects_map(tracer->ring);
    rules_open(&tracer->rules);
    tree_open(&tracer->tree, tracer->node_capacity);
    return tracer->threads != NULL && tracer->module_seen != NULL && tracer->module_names != NULL;
}

static void take_layout(struct tracer *tracer)
{
    struct ring_header *ring = tracer->ring;

    tracer->layout = ring->layout;
    tracer->nodes = ring_area(ring, RING_NODES);
    tracer->node_capacity = ring_capacity(ring, RING_NODES);
    tracer->chunk_bytes = ring->layout.chunk_bytes;
}

static uint32_t number_in_environment(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static struct tracer *start_locked(void)
{
    struct tracer *tracer = sys_map(sizeof(*tracer));
    struct segment segment;

    if (tracer == NULL || !segment_open(&segment))
        return NULL;
    tracer->ring = segment.ring;
    take_layout(tracer);
    if (!map_private(tracer)) {
        segment_discard(&segment);
        return NULL;
    }
    tracer->generation = atomic_fetch_add(&generations, 1) + 1;
    tracer->forked = tracer->generation > 1;
    tracer->recording = (tracer->ring->origin & RING_ORIGIN_PRIVATE) == 0;
    tracer->selfcheck = number_in_environment("NPNTRACE_SELFCHECK");
    atomic_store_explicit(&tracer->policy, tracer->ring->policy, memory_order_relaxed);
    describe_start(tracer->ring);
    find_own_code(tracer);
    if (tracer->recording)
        tracer->unwinder = unwinder_open();
    describe_process(tracer);
    if (tracer->ring->heap == RING_HEAP_PLUGINS)
        tracer->heap_blocks = heap_set_map();
    tracer_note_time(tracer);
    /* Pairs with the readers' acquire load of state. */
    atomic_store_explicit(&tracer->ring->state, RING_READY, memory_order_release);
    if (segment_publish(&segment) != 0)
        tracer->recording = false;
    return tracer;
}

struct tracer *tracer_start(void)
{
    struct tracer *tracer = tracer_if_running();
    struct tracer_page *here;
    struct lock_mask mask;
    int cancel_state;

    if (tracer != NULL)
        return tracer;
    here = page();
    if (here == NULL)
        return NULL;
    /* Starting opens files and talks to the recorder: no signal is to interrupt that, and no
     * cancellation to end the thread in it. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (lock_acquire(&here->start_lock, &mask)) {
        tracer = atomic_load_explicit(&here->current, memory_order_acquire);
        if (tracer == NULL) {
            tracer = start_locked();
            atomic_store_explicit(&here->current, tracer, memory_order_release);
            if (tracer != NULL)
                atomic_store_explicit(&heap_tracing, tracer->ring->heap, memory_order_release);
        }
        lock_release(&here->start_lock, &mask);
    }
    pthread_setcancelstate(cancel_state, NULL);
    return tracer;
}

struct lock *tracer_shim_lock(void)
{
    struct tracer_page *here = page();

    return here != NULL ? &here->shim_lock : NULL;
}

uint32_t tracer_new_epoch(struct tracer *tracer)
{
    uint32_t epoch = atomic_fetch_add(&tracer->epoch, 1) + 1;

    if (epoch % RULES_EPOCHS == 0)
        rules_forget(&tracer->rules);
    return epoch;
}

uint32_t tracer_unload_begin(void)
{
    struct tracer *tracer = tracer_if_running();

    if (tracer == NULL)
        return 0;
    atomic_fetch_add(&tracer->unloading, 1);
    return tracer->generation;
}

void tracer_unload_end(uint32_t begun, bool gone)
{
    struct tracer *tracer = tracer_if_running();

    /* A child that was made in between has a tracer of its own. */
    if (tracer == NULL || begun != tracer->generation)
        return;
    if (gone)
        tracer_new_epoch(tracer);
    atomic_fetch_sub(&tracer->unloading, 1);
}

void tracer_note_time(struct tracer *tracer)
{
    struct ring_header *ring = tracer->ring;
    uint32_t idle = 0;

    if (ring->clock != RING_CLOCK_TSC || !atomic_compare_exchange_strong(&tracer->timing, &idle, 1))
        return;
    uint32_t index = atomic_load_explicit(&ring->later_index, memory_order_relaxed) == 0 ? 1 : 0;
    ring->later_pair[index] = clock_pair();
    atomic_store_explicit(&ring->later_index, index, memory_order_release);
    atomic_store(&tracer->timing, 0);
}
