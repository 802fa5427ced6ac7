/* tests/unit/viewer-heap.c - heap events become numbers: the table, the pairing, the sums */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/heap_made.h"
#include "viewer/heap_sums.h"

#define ALLOC EVENT_HEAP_ALLOC
#define FREE EVENT_HEAP_FREE

/* ---- the table ------------------------------------------------------------------------------- */

#define PLACES 3000

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed >> 11;
}

static void assert_table(const struct heap_table *table, const uint64_t *addresses,
                         const uint64_t *sizes, size_t places)
{
    const struct heap_block *block;
    size_t listed = 0, there = 0;

    for (size_t i = 0; i < places; i++) {
        block = heap_table_find(table, addresses[i]);
        assert_int_equal(block != NULL, sizes[i] != 0);
        if (block != NULL)
            assert_int_equal(block->size_bytes, sizes[i]);
        there += sizes[i] != 0;
    }
    for (size_t at = 0; heap_table_each(table, &at) != NULL;)
        listed++;
    assert_int_equal(listed, there);
    assert_int_equal(table->count, there);
}

/* Random adds and removes among these addresses, against a plain array. */
static void play(const uint64_t *addresses, size_t places, unsigned rounds)
{
    uint64_t *sizes = calloc(places, sizeof(*sizes));
    struct heap_table table = {0};

    for (unsigned round = 0; round < rounds; round++) {
        size_t at = next_random() % places;
        bool is_new;
        struct heap_block *block = heap_table_find(&table, addresses[at]);
        assert_int_equal(block != NULL, sizes[at] != 0);
        if (block != NULL && next_random() % 4 != 0) {
            heap_table_remove(&table, block);
            sizes[at] = 0;
        } else {
            block = heap_table_put(&table, addresses[at], &is_new);
            assert_int_equal(is_new, sizes[at] == 0);
            block->size_bytes = sizes[at] = round + 1;
        }
        if (round % (rounds / 50) == 0)
            assert_table(&table, addresses, sizes, places);
    }
    assert_table(&table, addresses, sizes, places);
    heap_table_free(&table);
    free(sizes);
}

static void table_like_an_array(void **state)
{
    uint64_t addresses[PLACES];

    (void)state;
    for (size_t i = 0; i < PLACES; i++)
        addresses[i] = UINT64_C(0x7f0000000010) + 32 * i;
    play(addresses, PLACES, 100000);
    for (size_t i = 0; i < PLACES; i++)
        addresses[i] = next_random() | 1;
    play(addresses, PLACES, 100000);
}

/* All of them at home in the last slots, so that their run goes round the end of the array. */
static void table_crowded_at_its_end(void **state)
{
    struct heap_table smallest = {0};
    uint64_t addresses[200];
    size_t count = 0;
    bool is_new;

    (void)state;
    heap_table_put(&smallest, 16, &is_new);
    for (uint64_t address = 16; count < 200; address += 16)
        if (heap_table_home(&smallest, address) + 4 > smallest.mask)
            addresses[count++] = address;
    heap_table_free(&smallest);
    play(addresses, 200, 50000);
}

/* ---- the sums -------------------------------------------------------------------------------- */

static void assert_counters(const struct trace_counters *found, const struct trace_counters *wanted)
{
    assert_int_equal(found->allocs, wanted->allocs);
    assert_int_equal(found->frees, wanted->frees);
    assert_int_equal(found->bytes_allocated, wanted->bytes_allocated);
    assert_int_equal(found->live_blocks, wanted->live_blocks);
    assert_int_equal(found->live_bytes, wanted->live_bytes);
    assert_int_equal(found->peak_bytes, wanted->peak_bytes);
    assert_int_equal(found->unknown_frees, 0);
    assert_int_equal(found->freed_elsewhere, 0);
}

static void assert_stacks(const struct heap_sums *heap, const struct heap_made *made)
{
    uint64_t allocs, bytes, stacks = 0;

    for (size_t i = 1; i < heap->stacks.count; i++) {
        const struct stack_sum *sum = &heap->stacks.list[i];
        heap_made_stack(made, sum->node, &allocs, &bytes);
        assert_int_equal(sum->allocs, allocs);
        assert_int_equal(sum->bytes, bytes);
        assert_true(sum->peak_bytes >= sum->live_bytes && sum->peak_bytes <= sum->bytes);
        assert_true(sum->temporary <= sum->allocs);
    }
    for (uint32_t node = 1; node <= heap_made_stacks(made); node++) {
        heap_made_stack(made, node, &allocs, &bytes);
        stacks += allocs != 0;
    }
    assert_int_equal(heap->stacks.count, stacks + 1);
}

static void sums_like_the_simulation(void **state)
{
    static struct trace_heap_event events[1000];

    (void)state;
    for (uint64_t run = 0; run < 20; run++) {
        struct heap_made *made = heap_made_new(run, 500, 1u << run % 14);
        struct heap_sums heap;
        heap_sums_init(&heap, HEAP_MADE_PLUGINS, 0);
        for (unsigned batch = 0; batch < 30 + run; batch++) {
            size_t count = 1 + next_random() % 1000;
            heap_made_next(made, events, count);
            heap_sums_add(&heap, events, count);
        }
        heap_sums_finish(&heap);
        for (uint32_t id = 0; id <= HEAP_MADE_PLUGINS; id++)
            assert_counters(&heap.plugins[id], heap_made_plugin(made, id));
        assert_counters(&heap.totals, heap_made_totals(made));
        assert_int_equal(heap.live.count, heap_made_totals(made)->live_blocks);
        assert_stacks(&heap, made);
        heap_sums_free(&heap);
        heap_made_free(made);
    }
}

/* ---- pairing --------------------------------------------------------------------------------- */

/* One address. Sizes are powers of two, so that a sum tells which blocks are in it. */
struct step {
    uint8_t type;
    uint64_t stamp;
    uint64_t size;
};

static const struct pairing {
    const char *name;
    struct step steps[6]; /* until a type of 0 */
    uint64_t live, frees, unknown, elsewhere;
} pairings[] = {
    {"in order", {{ALLOC, 100, 1}, {FREE, 200, 0}, {ALLOC, 300, 2}}, 2, 1, 0, 0},
    {"freed and allocated at one moment",
     {{ALLOC, 100, 1}, {FREE, 200, 0}, {ALLOC, 200, 2}, {FREE, 300, 0}},
     0,
     2,
     0,
     0},
    {"the free a little late", {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {FREE, 201, 0}}, 2, 1, 0, 0},
    {"the free as late as can be",
     {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {FREE, 200 + HEAP_SUMS_SKEW_NS, 0}},
     2,
     1,
     0,
     0},
    {"too late: it is the new block's",
     {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {FREE, 201 + HEAP_SUMS_SKEW_NS, 0}},
     0,
     1,
     0,
     1},
    {"late, and then the new block's own",
     {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {FREE, 210, 0}, {FREE, 220, 0}},
     0,
     2,
     0,
     0},
    {"freed unseen", {{ALLOC, 100, 1}, {ALLOC, 90000, 2}}, 2, 0, 0, 1},
    {"freed unseen twice", {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {ALLOC, 300, 4}}, 4, 0, 0, 2},
    {"freed unseen, then a late free",
     {{ALLOC, 100, 1}, {ALLOC, 200, 2}, {ALLOC, 300, 4}, {FREE, 310, 0}},
     4,
     1,
     0,
     1},
    {"a realloc's free, stamped long before",
     {{ALLOC, 100, 1}, {FREE, 200, 0}, {ALLOC, 999999, 2}},
     2,
     1,
     0,
     0},
    {"unknown", {{FREE, 100, 0}, {ALLOC, 200, 1}}, 1, 1, 1, 0},
    {"twice", {{ALLOC, 100, 1}, {FREE, 200, 0}, {FREE, 300, 0}}, 0, 2, 1, 0},
    {"of nothing at all", {{FREE, 100, 0}}, 0, 1, 1, 0},
    {"a block of no bytes", {{ALLOC, 100, 0}, {FREE, 200, 0}}, 0, 1, 0, 0},
};

static void feed(struct heap_sums *heap, uint8_t type, uint64_t stamp, uint64_t size)
{
    struct trace_heap_event event = {.type = type,
                                     .stamp = stamp,
                                     .address = 0x1000,
                                     .size = size,
                                     .node = 7,
                                     .plugin = 1,
                                     .instance = 1};

    heap_sums_add(heap, &event, 1);
}

static void frees_find_their_blocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairings) / sizeof(pairings[0]); i++) {
        const struct pairing *pairing = &pairings[i];
        struct heap_sums heap;
        heap_sums_init(&heap, 1, 1);
        for (size_t at = 0; at < 6 && pairing->steps[at].type != 0; at++)
            feed(&heap, pairing->steps[at].type, pairing->steps[at].stamp, pairing->steps[at].size);
        heap_sums_finish(&heap);
        print_message("%s\n", pairing->name);
        for (const struct trace_counters *
                 of[] = {&heap.totals, &heap.plugins[1], &heap.instances[1], NULL},
                **one = of;
             *one != NULL; one++) {
            assert_int_equal((*one)->live_bytes, pairing->live);
            assert_int_equal((*one)->live_blocks, pairing->live != 0);
            assert_int_equal((*one)->frees, pairing->frees);
            assert_int_equal((*one)->unknown_frees, pairing->unknown);
            assert_int_equal((*one)->freed_elsewhere, pairing->elsewhere);
        }
        assert_int_equal(heap.live.count, pairing->live != 0);
        if (heap.stacks.count != 0)
            assert_int_equal(heap.stacks.list[1].live_bytes, pairing->live);
        heap_sums_free(&heap);
    }
}

#define CYCLES 4
#define STEP_NS 1000

struct stamped {
    struct step step;
    unsigned order; /* as it happened: 2 n allocates, 2 n + 1 frees */
};

static int by_stamp(const void *left, const void *right)
{
    const struct stamped *a = left, *b = right;

    if (a->step.stamp != b->step.stamp)
        return a->step.stamp < b->step.stamp ? -1 : 1;
    return (a->step.type == ALLOC) - (b->step.type == ALLOC);
}

/* No free before its own allocation: handing a pointer over takes longer than clocks differ. */
static bool is_possible(const struct stamped *events, unsigned count)
{
    unsigned at[2 * CYCLES];

    for (unsigned i = 0; i < count; i++)
        at[events[i].order] = i;
    for (unsigned i = 0; i + 1 < count; i += 2)
        if (at[i] > at[i + 1])
            return false;
    return true;
}

/* One address, allocated and freed by turns on two processors whose clocks differ: every way to
 * spread the calls over them, every difference, with the last block freed or not. */
static void skewed_clocks_in_all_orders(void **state)
{
    unsigned tried = 0, inverted = 0;

    (void)state;
    for (unsigned count = 2 * CYCLES - 1; count <= 2 * CYCLES; count++)
        for (int skew = -1900; skew <= 1900; skew += 100)
            for (unsigned processors = 0; processors < 1u << count; processors++) {
                struct stamped events[2 * CYCLES];
                struct heap_sums heap;
                for (unsigned i = 0; i < count; i++) {
                    uint64_t stamp = 1000000 + STEP_NS * (uint64_t)i;
                    stamp += (processors >> i & 1) != 0 ? (uint64_t)(int64_t)skew : 0;
                    events[i] =
                        (struct stamped){{i % 2 == 0 ? ALLOC : FREE, stamp, 1u << i / 2}, i};
                }
                qsort(events, count, sizeof(events[0]), by_stamp);
                if (!is_possible(events, count))
                    continue;
                tried++;
                heap_sums_init(&heap, 1, 1);
                for (unsigned i = 0; i < count; i++) {
                    inverted += events[i].order != i;
                    feed(&heap, events[i].step.type, events[i].step.stamp, events[i].step.size);
                }
                heap_sums_finish(&heap);
                assert_int_equal(heap.totals.unknown_frees, 0);
                assert_int_equal(heap.totals.freed_elsewhere, 0);
                assert_int_equal(heap.totals.live_blocks, count % 2);
                assert_int_equal(heap.totals.live_bytes, count % 2 != 0 ? 1u << (CYCLES - 1) : 0);
                heap_sums_free(&heap);
            }
    assert_true(tried > 1000);
    assert_true(inverted > 1000);
}

/* ---- whose ----------------------------------------------------------------------------------- */

/* A block counts for who allocated it, the call of free for who made it. */
static void freed_by_another(void **state)
{
    const struct trace_heap_event events[] = {
        {.type = ALLOC,
         .stamp = 1,
         .address = 16,
         .size = 100,
         .node = 3,
         .plugin = 1,
         .instance = 1},
        {.type = ALLOC, .stamp = 2, .address = 32, .size = 10, .node = 3, .plugin = 2},
        {.type = FREE, .stamp = 3, .address = 16, .plugin = 2, .instance = 2},
        {.type = ALLOC, .stamp = 4, .address = 0, .size = 1, .node = 3, .plugin = 2, .instance = 2},
        {.type = ALLOC, .stamp = 5, .address = 48, .size = 5, .node = 3},
        {.type = FREE, .stamp = 6, .address = 32},
    };
    struct heap_sums heap;

    (void)state;
    heap_sums_init(&heap, 2, 2);
    heap_sums_add(&heap, events, sizeof(events) / sizeof(events[0]));
    heap_sums_finish(&heap);
    assert_int_equal(heap.plugins[1].allocs, 1);
    assert_int_equal(heap.plugins[1].frees, 0);
    assert_int_equal(heap.plugins[1].live_blocks, 0);
    assert_int_equal(heap.plugins[1].peak_bytes, 100);
    assert_int_equal(heap.instances[1].live_bytes, 0);
    assert_int_equal(heap.plugins[2].frees, 1);
    assert_int_equal(heap.plugins[2].failed_allocs, 1);
    assert_int_equal(heap.instances[2].frees, 1);
    assert_int_equal(heap.instances[2].failed_allocs, 1);
    assert_int_equal(heap.instances[2].allocs, 0);
    assert_int_equal(heap.plugins[0].frees, 1);
    assert_int_equal(heap.plugins[0].live_bytes, 5);
    assert_int_equal(heap.totals.peak_bytes, 110);
    assert_int_equal(heap.totals.allocs, 3);
    assert_int_equal(heap.totals.live_blocks, 1);
    /* One node, three plug-ins: three sums. */
    assert_int_equal(heap.stacks.count, 4);
    assert_int_equal(heap.stacks.list[stack_sums_find(&heap.stacks, 2, 3)].bytes, 10);
    assert_int_equal(heap.stacks.list[stack_sums_find(&heap.stacks, 0, 3)].live_bytes, 5);
    heap_sums_free(&heap);
}

/* Freed before anything else was allocated. */
static void temporary_blocks(void **state)
{
    const struct trace_heap_event events[] = {
        {.type = ALLOC, .stamp = 1, .address = 16, .size = 1, .node = 1},
        {.type = FREE, .stamp = 2, .address = 16},
        {.type = ALLOC, .stamp = 3, .address = 16, .size = 1, .node = 1},
        {.type = ALLOC, .stamp = 4, .address = 32, .size = 1, .node = OWN_NODES_FIRST + 1},
        {.type = FREE, .stamp = 5, .address = 16},
        {.type = FREE, .stamp = 6, .address = 32},
    };
    struct heap_sums heap;

    (void)state;
    heap_sums_init(&heap, 0, 0);
    heap_sums_add(&heap, events, sizeof(events) / sizeof(events[0]));
    heap_sums_finish(&heap);
    assert_int_equal(heap.stacks.list[stack_sums_find(&heap.stacks, 0, 1)].temporary, 1);
    assert_int_equal(
        heap.stacks.list[stack_sums_find(&heap.stacks, 0, OWN_NODES_FIRST + 1)].temporary, 1);
    heap_sums_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_like_an_array),
        cmocka_unit_test(table_crowded_at_its_end),
        cmocka_unit_test(sums_like_the_simulation),
        cmocka_unit_test(frees_find_their_blocks),
        cmocka_unit_test(skewed_clocks_in_all_orders),
        cmocka_unit_test(freed_by_another),
        cmocka_unit_test(temporary_blocks),
    };
    return cmocka_run_group_tests_name("viewer-heap", tests, NULL, NULL);
}
