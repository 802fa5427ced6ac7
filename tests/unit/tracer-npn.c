/* tests/unit/tracer-npn.c - operations: events, counters and side table agree */
/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "tracer/npn.h"
#include "tracer/thread.h"

static struct tracer *tracer;
static uint32_t plugin;

static inline __attribute__((always_inline)) struct npn_caller caller_here(void)
{
    return (struct npn_caller){
        .plugin = plugin,
        .address = (uint64_t)(uintptr_t)__builtin_return_address(0),
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
}

static __attribute__((noinline)) void record_alloc(void *block, uint32_t size)
{
    struct npn_caller caller = caller_here();
    npn_alloc_end(&caller, npn_alloc_begin(&caller), block, size);
}

static __attribute__((noinline)) void record_free(void *block)
{
    struct npn_caller caller = caller_here();
    npn_free_end(&caller, npn_free_begin(&caller, block));
}

static void *block_at(unsigned number)
{
    return (void *)(uintptr_t)(0x600000000000 + (uint64_t)number * 32);
}

/* Sums over all events of one kind. */
struct sums {
    uint64_t allocs, frees, known_frees, elsewhere, stacks, without_stack;
    int64_t live_bytes;
};

static void add(const struct event *event, void *argument)
{
    struct sums *sums = argument;

    switch (event->type) {
    case EVENT_NPN_ALLOC:
        sums->allocs += event->address != 0;
        sums->live_bytes += event->address != 0 ? event->size : 0;
        sums->without_stack += event->node == RING_NODE_NONE;
        break;
    case EVENT_NPN_FREE:
        sums->frees++;
        sums->known_frees += (event->flags & EVENT_KNOWN) != 0;
        sums->live_bytes -= event->flags & EVENT_KNOWN ? event->size : 0;
        break;
    case EVENT_NPN_ELSEWHERE:
        sums->elsewhere++;
        sums->live_bytes -= event->size;
        break;
    case EVENT_STACK: sums->stacks++; break;
    default: break;
    }
}

static struct sums sum_events(void)
{
    struct sums sums = {0};
    scratch_events(tracer->ring, add, &sums);
    return sums;
}

static void assert_agreement(void)
{
    struct sums sums = sum_events();
    struct ring_counters *totals = &tracer->ring->totals;

    assert_int_equal(sums.allocs, totals->allocs);
    assert_int_equal(sums.frees, totals->frees);
    assert_int_equal(sums.frees - sums.known_frees, totals->unknown_frees);
    assert_int_equal(sums.elsewhere, totals->freed_elsewhere);
    assert_int_equal(sums.live_bytes, totals->live_bytes);
    assert_int_equal(sums.without_stack, 0);
}

static void alloc_and_free(void **state)
{
    (void)state;
    record_alloc(block_at(1), 100);
    record_alloc(NULL, 100);
    record_free(block_at(1));
    record_free(block_at(1)); /* again: unknown */
    record_alloc(block_at(2), 10);
    record_alloc(block_at(2), 20); /* issued again: freed elsewhere */
    record_free(block_at(2));
    assert_int_equal(tracer->ring->totals.allocs, 3);
    assert_int_equal(tracer->ring->totals.failed_allocs, 1);
    assert_int_equal(tracer->ring->totals.unknown_frees, 1);
    assert_int_equal(tracer->ring->totals.freed_elsewhere, 1);
    assert_int_equal(tracer->ring->totals.live_blocks, 0);
    assert_int_equal(tracer->ring->totals.peak_bytes, 100);
    assert_agreement();
}

/* A gate inside a gate, as when a plug-in hands its own table on: one allocation, one free. */
static void nested_gates_count_once(void **state)
{
    struct npn_caller caller = caller_here();
    uint64_t allocs = tracer->ring->totals.allocs, frees = tracer->ring->totals.frees;

    (void)state;
    uint32_t outer = npn_alloc_begin(&caller);
    record_alloc(block_at(3), 7);
    npn_alloc_end(&caller, outer, block_at(3), 7);
    assert_int_equal(tracer->ring->totals.allocs, allocs + 1);
    outer = npn_free_begin(&caller, block_at(3));
    record_free(block_at(3));
    npn_free_end(&caller, outer);
    assert_int_equal(tracer->ring->totals.frees, frees + 1);
    assert_int_equal(tracer->ring->totals.live_blocks, 0);
    assert_agreement();
}

/* The host's memfree gives the address away again, and its memalloc gets one that has lived and
 * died meanwhile: each of these calls is one of its own. */
static void addresses_reissued_inside_calls(void **state)
{
    struct npn_caller caller = caller_here();
    struct ring_counters *totals = &tracer->ring->totals;
    uint64_t allocs = totals->allocs, frees = totals->frees, live = totals->live_blocks;

    (void)state;
    record_alloc(block_at(4), 7);
    uint32_t outer = npn_free_begin(&caller, block_at(4));
    record_alloc(block_at(4), 8);
    record_free(block_at(4));
    npn_free_end(&caller, outer);
    assert_int_equal(totals->allocs, allocs + 2);
    assert_int_equal(totals->frees, frees + 2);
    outer = npn_alloc_begin(&caller);
    record_alloc(block_at(4), 9);
    record_free(block_at(4));
    npn_alloc_end(&caller, outer, block_at(4), 10);
    assert_int_equal(totals->allocs, allocs + 4);
    assert_int_equal(totals->frees, frees + 3);
    assert_int_equal(totals->live_blocks, live + 1);
    assert_int_equal(totals->freed_elsewhere, 1); /* of alloc_and_free */
    record_free(block_at(4));
    assert_agreement();
}

/* ---- signal handlers ---- */

/* A timer whose signal this handler takes. */
static timer_t timer_begin(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;

    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    return timer;
}

/* Once, a few operations from now. */
static void timer_soon(timer_t timer)
{
    const struct itimerspec once = {{0, 0}, {0, 30000}};

    timer_settime(timer, 0, &once, NULL);
}

static _Atomic unsigned handled;

static void handler(int number)
{
    (void)number;
    unsigned mine = 1000 + handled++ % 100;
    record_alloc(block_at(mine), 3);
    record_free(block_at(mine));
}

static void handlers_interrupt_operations(void **state)
{
    timer_t timer = timer_begin(handler);

    (void)state;
    for (unsigned i = 0; handled < 500 && i < 2000000; i++) {
        if (i % 4 == 0)
            timer_soon(timer);
        record_alloc(block_at(10 + i % 50), 5);
        record_free(block_at(10 + i % 50));
    }
    timer_delete(timer);
    assert_true(handled >= 500);
    assert_int_equal(tracer->ring->dropped_events, 0);
    assert_int_equal(tracer->ring->totals.live_blocks, 0);
}

static sigjmp_buf back;

static void jumping_handler(int number)
{
    (void)number;
    record_alloc(block_at(2000), 3);
    record_free(block_at(2000));
    siglongjmp(back, 1);
}

/* Each jump may leave an operation half done; the next ones notice, and tracing goes on. */
static void handlers_jump_out(void **state)
{
    static unsigned jumps;
    timer_t timer = timer_begin(jumping_handler);

    (void)state;
    while (jumps < 300) {
        if (sigsetjmp(back, 1) == 0) {
            timer_soon(timer);
            for (unsigned i = 0;; i++) {
                record_alloc(block_at(3000 + i % 50), 5);
                record_free(block_at(3000 + i % 50));
            }
        }
        jumps++;
    }
    timer_delete(timer);
    uint64_t allocs = tracer->ring->totals.allocs;
    record_alloc(block_at(4000), 1);
    record_free(block_at(4000));
    assert_int_equal(tracer->ring->totals.allocs, allocs + 1);
    assert_int_equal(thread_self(tracer)->under_way[0], 0);
}

/* ---- threads ---- */

static void *short_life(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    record_alloc(block_at(5000 + number), 9);
    record_free(block_at(5000 + number));
    return NULL;
}

/* Many more threads than slots, one after the other: slots of dead threads are found again. */
static void threads_come_and_go(void **state)
{
    uint64_t allocs = tracer->ring->totals.allocs;
    unsigned rounds = 3 * ring_capacity(tracer->ring, RING_THREADS);

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, short_life, (void *)(uintptr_t)(i % 100));
        pthread_join(thread, NULL);
    }
    assert_int_equal(tracer->ring->totals.allocs, allocs + rounds);
    assert_int_equal(tracer->ring->dropped_events, 0);
}

/* ---- processes ---- */

static unsigned count_recordings(void)
{
    DIR *stream = opendir(scratch_directory());
    unsigned count = 0;

    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

/* A child has a recording of its own, marked, and leaves its parent's alone. */
static void children_record_for_themselves(void **state)
{
    uint64_t allocs = tracer->ring->totals.allocs, live = tracer->ring->totals.live_blocks;
    int status;

    (void)state;
    record_alloc(block_at(6000), 4);
    pid_t child = fork();
    if (child == 0) {
        struct tracer *own = tracer_start();
        record_free(block_at(6000)); /* inherited: unknown here, but no finding */
        record_alloc(block_at(6001), 4);
        _exit(own != NULL && own->forked && own->ring->totals.allocs == 1 &&
                      own->ring->totals.unknown_frees == 1 &&
                      own->ring->pid == (uint32_t)getpid() &&
                      (own->ring->host_origin & RING_ORIGIN_FORKED) != 0
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(tracer->ring->totals.allocs, allocs + 1);
    assert_int_equal(tracer->ring->totals.live_blocks, live + 1);
    record_free(block_at(6000));
    assert_int_equal(count_recordings(), 2);
}

#define HANDLER_FORKS 40

static volatile sig_atomic_t forks, bad_children, in_child;

static void forking_handler(int number)
{
    int status = 1;

    (void)number;
    if (forks == HANDLER_FORKS)
        return;
    forks++;
    pid_t child = fork();
    if (child == 0)
        in_child = 1;
    else if (waitpid(child, &status, 0) != child || status != 0)
        bad_children++;
}

/* Wherever the handler struck, the child goes on from there: never in the middle of an operation on
 * a ring that it does not have. */
static void handlers_fork(void **state)
{
    timer_t timer = timer_begin(forking_handler);

    (void)state;
    for (unsigned i = 0; forks < HANDLER_FORKS && i < 2000000; i++) {
        if (i % 4 == 0)
            timer_soon(timer);
        record_alloc(block_at(8000 + i % 50), 5);
        record_free(block_at(8000 + i % 50));
        if (in_child)
            _exit(0);
    }
    timer_delete(timer);
    assert_int_equal(forks, HANDLER_FORKS);
    assert_int_equal(bad_children, 0);
}

/* ---- a full tree, a small ring ---- */

static volatile unsigned sink;

/* Every combination of two ways down is a stack of its own. */
static __attribute__((noinline)) void descend(unsigned path, unsigned depth)
{
    if (depth == 0) {
        record_alloc(block_at(7000), 2);
        record_free(block_at(7000));
    } else if (path & 1) {
        descend(path >> 1, depth - 1);
        sink += depth;
    } else {
        descend(path >> 1, depth - 1);
        sink -= path;
    }
}

/* Far more stacks and events than fit: the counters stay exact, the losses are counted, and stacks
 * that the tree has no room for stand in the ring. */
static void overflow_is_counted(void **state)
{
    uint64_t allocs = tracer->ring->totals.allocs, live = tracer->ring->totals.live_blocks;

    (void)state;
    for (unsigned path = 0; path < 8192; path++)
        descend(path, 13);
    struct sums sums = sum_events();
    assert_int_equal(tracer->ring->totals.allocs, allocs + 8192);
    assert_int_equal(tracer->ring->totals.live_blocks, live);
    assert_true(tracer->ring->lost_stacks > 0);
    assert_true(sums.stacks > 0);
    assert_true(tracer->ring->overwritten_events > 0);
    assert_int_equal(tracer->ring->dropped_events, 0);
}

static int start(void **state)
{
    (void)state;
    tracer = scratch_start("1M");
    if (tracer == NULL)
        return -1;
    plugin = scratch_plugin(tracer, "/nowhere/libnptest.so");
    return plugin != 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_and_free),
        cmocka_unit_test(nested_gates_count_once),
        cmocka_unit_test(addresses_reissued_inside_calls),
        cmocka_unit_test(handlers_interrupt_operations),
        cmocka_unit_test(handlers_jump_out),
        cmocka_unit_test(threads_come_and_go),
        cmocka_unit_test(children_record_for_themselves),
        cmocka_unit_test(handlers_fork),
        cmocka_unit_test(overflow_is_counted),
    };
    return cmocka_run_group_tests_name("tracer-npn", tests, start, scratch_end);
}
