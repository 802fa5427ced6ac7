/* tests/bench/walks.c: threads that walk the call tree, and the times they take. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/walks.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/call_tree.h"
#include "tests/bench/random.h"

enum {
    QUEUE_BLOCKS = 1024, /* a power of two */
    SPINS_BEFORE_YIELD = 200,
    /* Frames outside of the tree: call_tree_run, walk_thread, and what called that. */
    FRAMES_IN_THREAD = 4,
    FRAMES_IN_MAIN = 9,
    MAX_FRAMES = 1024,
    CACHE_LINE = 64,
};

/* One producer, one consumer; each writes one index and polls the other. */
struct queue {
    _Alignas(CACHE_LINE) _Atomic uint64_t written; /* release by put, acquire by take */
    _Alignas(CACHE_LINE) _Atomic uint64_t read;    /* release by take, acquire by put */
    _Alignas(CACHE_LINE) void *blocks[QUEUE_BLOCKS];
};

struct walk_thread {
    const struct walks_settings *settings;
    struct walks_result *result; /* the first thread's stack is measured for it */
    pthread_barrier_t *barrier;
    pthread_t id;
    struct call_walk walk;
    struct queue *queue; /* NULL: slots */
    void **slots;
    void **slot; /* the event's */
    uint64_t allocs, frees;
    uint64_t start_ns, end_ns, cpu_ns;
    uint64_t events; /* that a twin saw meanwhile, in all threads */
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* ---- slots -------------------------------------------------------------------------------- */

static void *slots_take(struct call_walk *walk)
{
    struct walk_thread *thread = walk->context;

    thread->slot = &thread->slots[random_next(&walk->other_random) & (thread->settings->slots - 1)];
    thread->frees += *thread->slot != NULL;
    return *thread->slot;
}

static void slots_put(struct call_walk *walk, void *block)
{
    struct walk_thread *thread = walk->context;

    *thread->slot = block;
    thread->allocs++;
}

/* ---- the queue ---------------------------------------------------------------------------- */

/* The other thread may not be running: two processors are shared with the recorder. */
static void wait_a_little(unsigned *spins)
{
    if (++*spins % SPINS_BEFORE_YIELD == 0)
        sched_yield();
    else
        __builtin_ia32_pause();
}

static void *queue_nothing(struct call_walk *walk)
{
    (void)walk;
    return NULL;
}

static void queue_put(struct call_walk *walk, void *block)
{
    struct walk_thread *thread = walk->context;
    struct queue *queue = thread->queue;
    uint64_t written = atomic_load_explicit(&queue->written, memory_order_relaxed);

    for (unsigned spins = 0;
         written - atomic_load_explicit(&queue->read, memory_order_acquire) == QUEUE_BLOCKS;)
        wait_a_little(&spins);
    queue->blocks[written % QUEUE_BLOCKS] = block;
    atomic_store_explicit(&queue->written, written + 1, memory_order_release);
    thread->allocs++;
}

static void *queue_take(struct call_walk *walk)
{
    struct walk_thread *thread = walk->context;
    struct queue *queue = thread->queue;
    uint64_t read = atomic_load_explicit(&queue->read, memory_order_relaxed);

    for (unsigned spins = 0; atomic_load_explicit(&queue->written, memory_order_acquire) == read;)
        wait_a_little(&spins);
    void *block = queue->blocks[read % QUEUE_BLOCKS];
    atomic_store_explicit(&queue->read, read + 1, memory_order_release);
    thread->frees++;
    return block;
}

/* ---- a thread ----------------------------------------------------------------------------- */

/* As slots_take() and put(), but what is seen is how deep the stack is. */
static void *look_at_stack(struct call_walk *walk)
{
    struct walk_thread *thread = walk->context;
    static void *frames[MAX_FRAMES];

    /* Without this function's own. */
    thread->result->depth = (unsigned)backtrace(frames, MAX_FRAMES) - 1;
    return NULL;
}

static void forget(struct call_walk *walk, void *block)
{
    (void)walk;
    free(block);
}

/* One event of a walk of its own, before anything is timed. */
static void measure_depth(struct walk_thread *thread)
{
    struct call_walk walk = thread->walk;

    walk.memory.take = look_at_stack;
    walk.memory.put = forget;
    walk.memory.allocate = malloc;
    walk.histogram = NULL;
    call_tree_run(&walk, 1);
}

static void *walk_thread(void *argument)
{
    struct walk_thread *thread = argument;
    const struct walks_settings *settings = thread->settings;
    uint64_t *histogram = thread->walk.histogram;

    if (thread->result != NULL && histogram != NULL)
        measure_depth(thread);
    thread->walk.histogram = NULL;
    call_tree_run(&thread->walk, settings->warmup_pairs);
    thread->walk.histogram = histogram;
    pthread_barrier_wait(thread->barrier);
    uint64_t events = settings->count_events != NULL ? settings->count_events() : 0;
    uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    thread->start_ns = now_ns(CLOCK_MONOTONIC);
    call_tree_run(&thread->walk, settings->pairs);
    thread->end_ns = now_ns(CLOCK_MONOTONIC);
    thread->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
    if (settings->count_events != NULL)
        thread->events = settings->count_events() - events;
    return NULL;
}

static void prepare(struct walk_thread *thread, unsigned number, struct queue *queue)
{
    static const struct call_tree_memory slots = {.take = slots_take, .put = slots_put};
    static const struct call_tree_memory pipe[2] = {{.take = queue_nothing, .put = queue_put},
                                                    {.take = queue_take}};
    const struct walks_settings *settings = thread->settings;
    struct call_walk *walk = &thread->walk;

    unsigned outside = number + 1 < settings->threads ? FRAMES_IN_THREAD : FRAMES_IN_MAIN;
    walk->levels = settings->depth > outside + 2 ? settings->depth - outside : 2;
    if (walk->levels > CALL_TREE_MAX_LEVELS)
        walk->levels = CALL_TREE_MAX_LEVELS;
    walk->fresh_permille = settings->fresh_permille;
    walk->phases = settings->phases;
    walk->seed = random_mix(settings->seed + number);
    walk->memory = settings->pipe ? pipe[number % 2] : slots;
    if (!settings->pipe || number % 2 == 0)
        walk->memory.allocate = settings->allocate;
    if (!settings->pipe || number % 2 == 1)
        walk->memory.release = settings->release;
    walk->context = thread;
    walk->histogram = number == 0 ? settings->histogram : NULL;
    thread->queue = queue;
    call_tree_prepare(walk);
}

static void add_up(const struct walk_thread *threads, unsigned count, struct walks_result *result)
{
    uint64_t start_ns = UINT64_MAX, end_ns = 0;

    for (unsigned i = 0; i < count; i++) {
        if (threads[i].start_ns < start_ns)
            start_ns = threads[i].start_ns;
        if (threads[i].end_ns > end_ns)
            end_ns = threads[i].end_ns;
        result->cpu_ns += threads[i].cpu_ns;
        result->allocs += threads[i].allocs;
        result->frees += threads[i].frees;
    }
    result->elapsed_ns = end_ns - start_ns;
    result->events = count == 1 ? threads[0].events : 0;
}

static void free_slots(struct walk_thread *thread)
{
    for (unsigned slot = 0; thread->slots != NULL && slot < thread->settings->slots; slot++)
        if (thread->slots[slot] != NULL)
            thread->settings->release(thread->slots[slot]);
    free(thread->slots);
}

/* The last thread is the one that calls: a program with one thread has no other. */
static int run_threads(struct walk_thread *threads, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        int error = pthread_create(&threads[i].id, NULL, walk_thread, &threads[i]);
        if (error != 0)
            return -error;
    }
    walk_thread(&threads[count - 1]);
    for (unsigned i = 0; i + 1 < count; i++)
        pthread_join(threads[i].id, NULL);
    return 0;
}

int walks_run(const struct walks_settings *settings, struct walks_result *ret_result)
{
    static struct walk_thread threads[WALKS_MAX_THREADS];
    static struct queue queues[WALKS_MAX_THREADS / 2];
    struct walks_result result = {0};
    pthread_barrier_t barrier;
    int error = 0;

    memset(threads, 0, sizeof(threads));
    pthread_barrier_init(&barrier, NULL, settings->threads);
    for (unsigned i = 0; i < settings->threads; i++) {
        threads[i].settings = settings;
        threads[i].barrier = &barrier;
        threads[i].result = i == 0 ? &result : NULL;
        if (!settings->pipe)
            threads[i].slots = calloc(settings->slots, sizeof(void *));
        if (!settings->pipe && threads[i].slots == NULL)
            error = -ENOMEM;
        prepare(&threads[i], i, settings->pipe ? &queues[i / 2] : NULL);
    }
    if (error == 0)
        error = run_threads(threads, settings->threads);
    if (error == 0) {
        add_up(threads, settings->threads, &result);
        *ret_result = result;
    }
    for (unsigned i = 0; i < settings->threads; i++)
        free_slots(&threads[i]);
    pthread_barrier_destroy(&barrier);
    return error;
}
