/* tests/unit/tracer-threads.c - what threads share in the tracer: ring, pool, tree, rules */
/* SPDX-License-Identifier: MIT */

/*
 * Made to be run under ThreadSanitizer (make check-sanitize), and true without it. Each test
 * lets a few threads go at one of the shared things at once and then looks at all of it. Assertions
 * are made by the main thread alone; the others count what is wrong.
 */
#include <alloca.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "format/ring_pool.h"
#include "tests/unit/scratch.h"
#include "tracer/heap.h"
#include "tracer/rules.h"
#include "tracer/sys.h"
#include "tracer/thread.h"
#include "tracer/tree.h"

#define THREADS 4u
#define CALLS 15000u /* of a thread */
#define PATHS 300u
#define DEPTH 12u
#define PCS 6000u

static struct tracer *tracer;
static pthread_barrier_t barrier;
static _Atomic uint64_t wrong; /* what should not have been, in any thread */

static void run_threads(void *(*body)(void *), void *argument)
{
    pthread_t threads[THREADS];

    atomic_store(&wrong, 0);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, body, argument != NULL ? argument : (void *)i);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(atomic_load(&wrong), 0);
}

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % below);
}

/* ---- the pool of chunks ---- */

static struct ring_header *pool_ring;
static _Atomic uint32_t owners[1u << 12]; /* by chunk; 0: in the pool */

static uint32_t index_of(const struct ring_header *ring, const struct ring_chunk *chunk)
{
    return (uint32_t)(((const char *)chunk - (const char *)ring_chunk_at(ring, 0)) /
                      ring->layout.chunk_bytes);
}

static void *take_and_return(void *argument)
{
    uint32_t self = (uint32_t)(uintptr_t)argument + 1, held[8] = {0}, count = 0;
    uint64_t state = self;

    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < CALLS; i++) {
        if (count < 8 && draw(&state, 2) == 0) {
            struct ring_chunk *chunk = ring_pool_pop(pool_ring);
            if (chunk == NULL)
                continue;
            held[count] = index_of(pool_ring, chunk);
            atomic_fetch_add(&wrong, atomic_exchange(&owners[held[count]], self) != 0);
            chunk->base_stamp = i; /* mine alone: no other thread may see this race */
            count++;
        } else if (count > 0) {
            uint32_t chunk = held[--count];
            atomic_fetch_add(&wrong, atomic_exchange(&owners[chunk], 0) != self);
            ring_pool_push(pool_ring, chunk);
        }
    }
    while (count > 0) {
        atomic_store(&owners[held[--count]], 0);
        ring_pool_push(pool_ring, held[count]);
    }
    return NULL;
}

static void pool_hands_each_chunk_to_one(void **state)
{
    struct ring_layout layout;

    (void)state;
    assert_int_equal(ring_layout_compute(RING_MIN_BYTES, &layout), 0);
    pool_ring =
        mmap(NULL, layout.total_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pool_ring, MAP_FAILED);
    ring_format(pool_ring, &layout, RING_BLOCK, RING_ORIGIN_RECORD);
    run_threads(take_and_return, NULL);
    uint32_t count = 0, used = pool_ring->used[RING_CHUNKS];
    while (count <= used && pool_ring->pool_head << 32 != 0) {
        assert_non_null(ring_pool_pop(pool_ring));
        count++;
    }
    assert_int_equal(count, used); /* all are back, none is there twice */
    munmap(pool_ring, layout.total_bytes);
}

/* ---- the rule table ---- */

static struct rules rules;
static uint64_t pcs[PCS];
static packed_rule truth[PCS];

/* Addresses in the code of this program and its libraries, whether instructions begin there or
 * not. */
static int collect(struct dl_phdr_info *info, size_t bytes, void *count_of)
{
    unsigned *count = count_of;

    (void)bytes;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
            continue;
        uint64_t step = segment->p_memsz / 2000 + 1;
        for (uint64_t at = 0; at < segment->p_memsz && *count < PCS; at += step)
            pcs[(*count)++] = info->dlpi_addr + segment->p_vaddr + at;
    }
    return 0;
}

/* Each epoch is another generation of the same rules: a stale one is told by its number. */
static void *find_rules(void *argument)
{
    uint64_t state = (uintptr_t)argument + 7;

    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < 4 * CALLS; i++) {
        uint32_t epoch = i / CALLS, which = draw(&state, PCS);
        packed_rule found = rules_find(&rules, pcs[which], epoch);
        packed_rule want = truth[which] + ((uint64_t)epoch << 47);
        atomic_fetch_add(&wrong, found != want || rules_epoch(found) != epoch);
        if (i % 5000 == 4999)
            rules_forget(&rules);
    }
    return NULL;
}

static void rules_are_the_same_for_all(void **state)
{
    unsigned count = 0, simple = 0;

    (void)state;
    dl_iterate_phdr(collect, &count);
    assert_int_equal(count, PCS);
    rules_open(&rules);
    for (unsigned i = 0; i < PCS; i++) {
        truth[i] = rules_learn(NULL, pcs[i], 0);
        simple += rules_class(truth[i]) == RULE_SP || rules_class(truth[i]) == RULE_FP;
    }
    assert_true(simple > PCS / 2);
    run_threads(find_rules, NULL);
    for (unsigned i = 0; i < PCS; i++)
        assert_true(rules_find(&rules, pcs[i], 5) == truth[i] + (UINT64_C(5) << 47));
}

/* ---- the tree of stacks ---- */

static uint32_t path_nodes[THREADS][PATHS];

static uint64_t path_pc(unsigned path, unsigned depth)
{
    uint64_t inner = path >> (DEPTH - depth); /* paths that begin alike share their first nodes */
    return UINT64_C(0x10000) + depth * 4096 + (inner + 1) * 16;
}

static void *make_paths(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;

    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < PATHS; i++) {
        unsigned path = (i * 7 + self * 31) % PATHS;
        uint32_t node = tree_root(tracer, 1), hash = tree_root_path(1);
        for (unsigned depth = 0; depth < DEPTH && node != RING_NODE_NONE; depth++) {
            hash = tree_path(hash, path_pc(path, depth), 0);
            node = tree_node(tracer, node, hash, path_pc(path, depth), 0, 1);
        }
        atomic_fetch_add(&wrong, node == RING_NODE_NONE);
        path_nodes[self][path] = node;
    }
    return NULL;
}

static void tree_has_each_path_once(void **state)
{
    const struct ring_node *nodes = ring_area(tracer->ring, RING_NODES);

    (void)state;
    run_threads(make_paths, NULL);
    for (unsigned path = 0; path < PATHS; path++) {
        uint32_t node = path_nodes[0][path];
        for (unsigned i = 1; i < THREADS; i++)
            assert_int_equal(path_nodes[i][path], node);
        for (unsigned depth = DEPTH; depth-- > 0; node = nodes[node].parent)
            assert_true(nodes[node].pc == path_pc(path, depth));
        assert_true((nodes[node].flags & RING_NODE_ROOT) != 0);
    }
}

/* ---- writers, and a reader that gives chunks back ---- */

struct reader {
    _Atomic bool stop;
    uint32_t tids[THREADS]; /* by the writers' order of arrival; written before the first event */
    uint64_t events[THREADS];
    uint64_t allocs, frees, contexts, others;
};

static struct reader reader;
static _Atomic uint32_t arrivals;
static void *(*volatile allocate)(uint64_t number);

static void *address_of(uint64_t number)
{
    return (void *)(uintptr_t)(UINT64_C(0x500000000000) + number * 64);
}

/* In place of malloc: the caller's frame is found from this one. */
static __attribute__((noinline)) void *fake_malloc(uint64_t number)
{
    void *block = address_of(number);

    heap_allocated(block, number & 0xffffff, __builtin_frame_address(0), EVENT_MALLOC);
    return block;
}

static __attribute__((noinline)) void fake_free(void *block)
{
    heap_freeing(block, __builtin_frame_address(0), EVENT_FREE);
}

static __attribute__((noinline)) void descend(uint64_t number, unsigned depth)
{
    volatile char *room = alloca(1 + (number + depth) % 3 * 32);

    room[0] = 1;
    if (depth == 0)
        fake_free(allocate(number));
    else
        descend(number, depth - 1);
    room[0] = 2; /* not a tail call */
}

/* Thread n's i-th block is number n << 20 | i: the reader sees whether one is missing. */
static void *write_events(void *unused)
{
    uint32_t self = atomic_fetch_add(&arrivals, 1);

    (void)unused;
    reader.tids[self] = sys_gettid();
    pthread_barrier_wait(&barrier);
    for (uint64_t i = 0; i < CALLS; i++)
        descend((uint64_t)self << 20 | i, (unsigned)(i % 17));
    return NULL;
}

/* An allocation and its free, in turn. */
static void read_event(const struct event *event, void *tid)
{
    uint64_t number = (event->address - (uintptr_t)address_of(0)) / 64;
    uint32_t self = (uint32_t)(number >> 20);
    bool is_free = event->type == EVENT_HEAP_FREE;

    if (event->type == EVENT_HEAP_CONTEXT || event->type == EVENT_STACK) {
        reader.contexts++;
        return;
    }
    if ((event->type != EVENT_HEAP_ALLOC && !is_free) || self >= THREADS) {
        reader.others++;
        return;
    }
    uint64_t expected = reader.events[self]++;
    atomic_fetch_add(&wrong, reader.tids[self] != *(const uint32_t *)tid ||
                                 (number & 0xfffff) != expected / 2 ||
                                 is_free != (expected % 2 == 1));
    atomic_fetch_add(&wrong, !is_free && event->node == RING_NODE_NONE);
    *(is_free ? &reader.frees : &reader.allocs) += 1;
}

static void read_chunk(struct ring_chunk *chunk)
{
    atomic_fetch_add(&wrong, !scratch_chunk_events(chunk, read_event, &chunk->tid));
}

/* The full chunk with the lowest number, of one thread or, tid 0, of any. */
static struct ring_chunk *lowest_full(uint32_t tid)
{
    struct ring_chunk *lowest = NULL;

    for (uint32_t i = 0; i < ring_capacity(tracer->ring, RING_CHUNKS); i++) {
        struct ring_chunk *chunk = ring_chunk_at(tracer->ring, i);
        if (atomic_load_explicit(&chunk->state, memory_order_acquire) == RING_CHUNK_FULL &&
            (tid == 0 || chunk->tid == tid) &&
            (lowest == NULL || atomic_load(&chunk->sequence) < atomic_load(&lowest->sequence)))
            lowest = chunk;
    }
    return lowest;
}

/* When a thread's chunk is seen to be full, all that it filled before are too, though some of them
 * may have become so behind the first look's back. */
static struct ring_chunk *next_full(void)
{
    struct ring_chunk *any = lowest_full(0);

    return any != NULL ? lowest_full(any->tid) : NULL;
}

static void give_back(struct ring_chunk *chunk)
{
    struct ring_header *ring = tracer->ring;

    atomic_store_explicit(&chunk->state, RING_CHUNK_FREE, memory_order_release);
    ring_pool_push(ring, index_of(ring, chunk));
    atomic_fetch_add(&ring->pool_word, 1);
    if (atomic_load(&ring->pool_waiters) != 0)
        sys_futex_wake(&ring->pool_word, INT32_MAX, true);
}

static void *read_events(void *unused)
{
    (void)unused;
    for (;;) {
        bool stop = atomic_load(&reader.stop);
        struct ring_chunk *chunk = next_full();
        if (chunk == NULL && stop)
            return NULL;
        if (chunk == NULL)
            continue;
        read_chunk(chunk);
        give_back(chunk);
    }
}

/* The writers wait for the reader, so nothing is lost; and each thread's events stay in order. */
static void writers_lose_nothing(void **state)
{
    _Atomic uint32_t *lock = (_Atomic uint32_t *)&tracer->ring->recorder_lock;
    uint64_t made = (uint64_t)THREADS * CALLS;
    struct ring_chunk *chunk;
    pthread_t thread;

    (void)state;
    memset(&reader, 0, sizeof(reader));
    atomic_store(&arrivals, 0);
    allocate = fake_malloc;
    atomic_store(lock, sys_gettid()); /* this is the recorder now, and lives */
    atomic_store(&tracer->policy, RING_BLOCK);
    pthread_create(&thread, NULL, read_events, NULL);
    run_threads(write_events, &reader);
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    thread_retire_dead(tracer); /* hands over what they had begun */
    while ((chunk = next_full()) != NULL) {
        read_chunk(chunk);
        give_back(chunk);
    }
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(reader.allocs, made);
    assert_int_equal(reader.frees, made);
    assert_int_equal(reader.others, 0);
    assert_int_equal(tracer->ring->dropped_events, 0);
    assert_int_equal(tracer->ring->missed_calls, 0);
    assert_int_equal(tracer->ring->truncated_stacks, 0);
}

/* ---- unloading, meanwhile ---- */

static void *unload_now_and_then(void *unused)
{
    uint32_t self = atomic_fetch_add(&arrivals, 1);

    (void)unused;
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < CALLS / 20; i++)
        if (self == 0)
            tracer_unload_end(tracer_unload_begin(), i % 3 == 0);
        else
            descend((uint64_t)self << 20 | i, i % 17);
    return NULL;
}

/* In a flight recorder's ring, whose oldest chunks are taken by those who need one. */
static void epochs_change_while_stacks_are_taken(void **state)
{
    uint32_t epoch = atomic_load(&tracer->epoch);

    (void)state;
    atomic_store(&arrivals, 0);
    allocate = fake_malloc;
    atomic_store(&tracer->policy, RING_OVERWRITE);
    run_threads(unload_now_and_then, &reader);
    assert_true(atomic_load(&tracer->epoch) > epoch);
    assert_int_equal(atomic_load(&tracer->unloading), 0);
    assert_int_equal(tracer->ring->dropped_events, 0);
    assert_int_equal(tracer->ring->missed_calls, 0);
}

static int start(void **state)
{
    (void)state;
    tracer = scratch_start("4M");
    return tracer != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_hands_each_chunk_to_one),
        cmocka_unit_test(rules_are_the_same_for_all),
        cmocka_unit_test(tree_has_each_path_once),
        cmocka_unit_test(writers_lose_nothing),
        cmocka_unit_test(epochs_change_while_stacks_are_taken),
    };
    return cmocka_run_group_tests_name("tracer-threads", tests, start, scratch_end);
}
