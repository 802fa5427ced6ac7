/* tests/unit/viewer-parts.c - parts of a trace's heap events, the index, and the second thread */
/* SPDX-License-Identifier: MIT */

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/trace_writer.h"
#include "tests/unit/heap_made.h"
#include "tests/unit/viewer_read.h"

#define EVENTS 1500000u
#define BLOCKS 6u   /* of EVENTS, and of small_trace() */
#define SMALL 1000u /* events in a block of that */
#define SMALL_STEP UINT64_C(1000)

struct all {
    struct trace_heap_event *list;
    size_t count;
    size_t blocks; /* that they came from */
};

static struct all read_part(struct recording *recording, const struct recording_part *part)
{
    struct all all = {.list = calloc(EVENTS, sizeof(struct trace_heap_event))};
    const struct trace_heap_event *batch;
    size_t last = SIZE_MAX;

    assert_non_null(all.list);
    recording_heap_begin_part(recording, part);
    for (size_t count; (count = recording_heap_batch(recording, &batch)) != 0;) {
        assert_true(all.count + count <= EVENTS);
        memcpy(all.list + all.count, batch, count * sizeof(*batch));
        all.count += count;
        all.blocks += recording->heap_parts_read != last;
        last = recording->heap_parts_read;
    }
    assert_int_equal(recording->heap_parts_read, recording->heap_part_count);
    return all;
}

static bool is_same(const struct trace_heap_event *a, const struct trace_heap_event *b)
{
    return a->stamp == b->stamp && a->address == b->address && a->size == b->size &&
           a->node == b->node && a->tid == b->tid && a->plugin == b->plugin && a->type == b->type;
}

/* The part has exactly those events of all that its time includes. */
static void assert_part(const struct all *all, const struct all *part, uint64_t from, uint64_t to)
{
    size_t at = 0;

    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].stamp < from || all->list[i].stamp > to)
            continue;
        assert_true(at < part->count);
        assert_true(is_same(&all->list[i], &part->list[at]));
        at++;
    }
    assert_int_equal(at, part->count);
}

static struct recording *open_file(void)
{
    struct problem problem;
    struct recording *recording = recording_open(made_path(reading_descriptor()), false, &problem);

    assert_non_null(recording);
    return recording;
}

static struct recording *simulated(void)
{
    struct heap_made *made = heap_made_new(11, 500, 3000);

    heap_made_save(made, EVENTS, dup(reading_file()));
    heap_made_free(made);
    return open_file();
}

/* ---- time ------------------------------------------------------------------------------------ */

static void parts_are_what_they_say(void **state)
{
    struct recording *recording = simulated();
    struct all all = read_part(recording, &RECORDING_WHOLE);

    (void)state;
    assert_int_equal(all.count, EVENTS);
    assert_int_equal(all.blocks, BLOCKS);
    uint64_t first = all.list[0].stamp, last = all.list[EVENTS - 1].stamp, span = last - first;
    const struct {
        uint64_t from, to;
        size_t most_blocks;
    } parts[] = {
        {0, UINT64_MAX, BLOCKS},
        {first, last, BLOCKS},
        {first + span / 2, first + span / 2 + span / 50, 2},
        {first + span / 3, first + span / 3, 1},
        {0, first + span / 100, 1},
        {last - span / 100, UINT64_MAX, 1},
        {0, first - 1, 0},
        {last + 1, UINT64_MAX, 0},
        {last, first, 0},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct recording_part part = {.from_stamp = parts[i].from, .to_stamp = parts[i].to};
        struct all some = read_part(recording, &part);
        assert_part(&all, &some, parts[i].from, parts[i].to);
        assert_in_range(some.blocks, 0, parts[i].most_blocks);
        free(some.list);
    }
    free(all.list);
    recording_close(recording);
}

/* recording_heap_next() takes batches apart; begun anew at any time it begins anew. */
static void begun_again_half_way(void **state)
{
    struct recording *recording = simulated();
    struct all all = read_part(recording, &RECORDING_WHOLE);
    struct trace_heap_event some[777];

    (void)state;
    for (size_t steps = 1; steps < 3000; steps *= 3) {
        size_t at = 0;
        recording_heap_begin(recording);
        for (size_t i = 0; i < steps; i++) {
            size_t count = recording_heap_next(recording, some, 1 + i % 777);
            for (size_t j = 0; j < count; j++)
                assert_true(is_same(&some[j], &all.list[at + j]));
            at += count;
        }
        assert_true(at > 0);
    }
    free(all.list);
    recording_heap_begin(recording);
    assert_int_equal(recording_heap_next(recording, some, 5), 5);
    recording_close(recording); /* with a thread that has more ready */
}

static void one_processor_reads_the_same(void **state)
{
    struct recording *recording = simulated();
    cpu_set_t before, one;
    int first = 0;

    (void)state;
    struct all all = read_part(recording, &RECORDING_WHOLE);
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    struct all alone = read_part(recording, &RECORDING_WHOLE);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
    assert_part(&all, &alone, 0, UINT64_MAX);
    free(all.list);
    free(alone.list);
    recording_close(recording);
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void sums_without_reading(void **state)
{
    struct recording *recording = simulated();
    struct trace_counters plugins[HEAP_MADE_PLUGINS + 1] = {{0}};
    struct recording_heap_sums sums = {.plugins = plugins};

    (void)state;
    assert_true(recording_heap_sums(recording, &sums));
    struct model *full = model_build(recording), *brief = model_build_without_heap(recording);
    assert_false(full->heap_is_apart);
    assert_true(brief->heap_is_apart);
    assert_int_equal(sums.events, EVENTS);
    assert_int_equal(sums.first_stamp, full->heap.first_stamp);
    assert_int_equal(sums.last_stamp, full->heap.last_stamp);
    assert_int_equal(brief->event_count, full->event_count);
    assert_int_equal(brief->first_stamp, full->first_stamp);
    assert_int_equal(brief->last_stamp, full->last_stamp);
    assert_memory_equal(brief->events, full->events, sizeof(full->events));
    assert_true(brief->has_heap);
    for (uint32_t id = 0; id <= HEAP_MADE_PLUGINS; id++) {
        const struct trace_counters *a = &full->heap.plugins[id], *b = &brief->heap.plugins[id];
        assert_int_equal(a->allocs, b->allocs);
        assert_int_equal(a->failed_allocs, b->failed_allocs);
        assert_int_equal(a->frees, b->frees);
        assert_int_equal(a->bytes_allocated, b->bytes_allocated);
        assert_int_equal(a->allocs, plugins[id].allocs);
        assert_true(a->allocs > 0);
    }
    assert_int_equal(brief->heap.totals.bytes_allocated, full->heap.totals.bytes_allocated);
    model_free(full);
    model_free(brief);
    recording_close(recording);
}

/* ---- plug-ins: a small trace, in whose blocks 3 and 5 alone plug-in 1 did something ------------
 */

struct small {
    struct trace_writer writer;
    struct trace_buffer raw;
    struct trace_index_writer index;
};

static void put(struct small *small, enum trace_block_type type)
{
    assert_int_equal(trace_writer_put(&small->writer, type, &small->raw), 0);
    trace_buffer_clear(&small->raw);
}

static void put_small_block(struct small *small, unsigned number)
{
    struct trace_heap_event event = {.type = EVENT_HEAP_ALLOC, .function = EVENT_MALLOC, .size = 8};
    struct trace_heap_writer *writer = trace_heap_writer_new();
    struct trace_summary summary;

    assert_non_null(writer);
    for (unsigned i = 0; i < SMALL; i++) {
        event.stamp = (number * SMALL + i + 1) * SMALL_STEP;
        event.address = event.stamp * 16;
        event.plugin = i == 500 && (number == 3 || number == 5);
        trace_heap_add(writer, &event, 1);
    }
    assert_int_equal(trace_heap_summary(writer, &summary), 0);
    summary.sequence = small->writer.sequence;
    trace_index_add(&small->index, &summary);
    trace_heap_encode(writer, &small->raw);
    put(small, TRACE_HEAP);
    trace_heap_writer_free(writer);
}

/* spoil: called with the index before it is written. */
static struct recording *small_trace(void (*spoil)(struct trace_buffer *raw))
{
    static const struct trace_plugin plugin = {.id = 1, .initialize_calls = 1};
    struct trace_process process = {.pid = 1, .heap = RING_HEAP_ALL, .start_stamp = 1};
    struct trace_state made = {.ring_state = RING_READY, .stamp = 1};
    struct trace_end end = {.exit_kind = TRACE_EXIT_STATUS,
                            .stamp = BLOCKS * SMALL * SMALL_STEP,
                            .events = BLOCKS * SMALL};
    struct small small = {0};

    assert_int_equal(trace_writer_open(&small.writer, dup(reading_file())), 0);
    trace_process_encode(&process, &small.raw);
    put(&small, TRACE_PROCESS);
    trace_plugins_encode(&plugin, 1, &small.raw);
    put(&small, TRACE_PLUGINS);
    for (unsigned i = 0; i < BLOCKS; i++)
        put_small_block(&small, i);
    trace_index_encode(&small.index, &small.raw);
    if (spoil != NULL)
        spoil(&small.raw);
    put(&small, TRACE_INDEX);
    trace_state_encode(&made, &small.raw);
    put(&small, TRACE_STATE);
    trace_end_encode(&end, &small.raw);
    put(&small, TRACE_END);
    trace_buffer_free(&small.raw);
    trace_index_free(&small.index);
    assert_int_equal(trace_writer_close(&small.writer), 0);
    return open_file();
}

static void blocks_passed_over(void **state)
{
    static const bool first[] = {false, true}, host[] = {true, false}, nobody[] = {false, false};
    const struct {
        const bool *plugins;
        size_t first;
        uint64_t to_stamp;
        size_t blocks;
    } cases[] = {
        {NULL, 0, UINT64_MAX, 6},
        {NULL, 2, UINT64_MAX, 4},
        {NULL, 6, UINT64_MAX, 0},
        {host, 0, UINT64_MAX, 6},
        {first, 0, UINT64_MAX, 3},
        {first, 4, UINT64_MAX, 1},
        {nobody, 0, UINT64_MAX, 0},
        {first, 0, 5 * SMALL * SMALL_STEP, 2},
    };
    struct recording *recording = small_trace(NULL);

    (void)state;
    assert_int_equal(recording->problems.count, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct recording_part part = {.to_stamp = cases[i].to_stamp,
                                            .plugins = cases[i].plugins,
                                            .first = cases[i].first};
        struct all some = read_part(recording, &part);
        assert_int_equal(some.blocks, cases[i].blocks);
        assert_int_equal(some.count, cases[i].blocks * SMALL);
        free(some.list);
    }
    recording_verify(recording);
    assert_int_equal(recording->problems.count, 0);
    recording_close(recording);
}

/* ---- a bad index ----------------------------------------------------------------------------- */

static void cut_short(struct trace_buffer *raw)
{
    raw->length -= 3;
}

static void other_block(struct trace_buffer *raw)
{
    raw->bytes[1]--; /* the first summary is of PLUGINS */
}

static void assert_ignored(void (*spoil)(struct trace_buffer *), const char *note)
{
    static const bool first[] = {false, true};
    const struct recording_part part = {.to_stamp = SMALL * SMALL_STEP, .plugins = first};
    struct recording *recording = small_trace(spoil);
    struct trace_counters plugins[2] = {{0}};
    struct recording_heap_sums sums = {.plugins = plugins};

    assert_int_equal(recording->problems.damages, 0);
    assert_int_equal(recording->problems.count, 1);
    assert_string_equal(recording->problems.list[0].text, note);
    assert_false(recording_heap_sums(recording, &sums));
    struct all some = read_part(recording, &part);
    assert_int_equal(some.count, SMALL);
    free(some.list);
    struct model *model = model_build_without_heap(recording);
    assert_false(model->heap_is_apart);
    assert_int_equal(model->event_count, BLOCKS * SMALL);
    model_free(model);
    assert_int_equal(recording->problems.damages, 0);
    recording_verify(recording); /* what nobody needs is damage all the same */
    assert_int_equal(recording->problems.damages, 1);
    recording_close(recording);
}

static void bad_index_is_ignored(void **state)
{
    (void)state;
    assert_ignored(cut_short,
                   "the index of blocks is damaged: it is not used, all blocks are read");
    assert_ignored(other_block, "the index of blocks names blocks that are not there: it is not "
                                "used, all blocks are read");
}

/* Behind the count: sequence, stamp, span, events, ... of the first block. */
static void lie(struct trace_buffer *raw)
{
    raw->bytes[2] ^= 2;
}

static void lying_index_is_found(void **state)
{
    struct recording *recording = small_trace(lie);

    (void)state;
    assert_int_equal(recording->problems.count, 0);
    recording_verify(recording);
    assert_true(recording->problems.damages >= 1);
    assert_string_equal(recording->problems.list[0].text,
                        "block 2 is not what the index says of it");
    recording_close(recording);
}

/* A flipped bit of the file, in the INDEX block: the checksum tells. */
static void flipped_index_is_ignored(void **state)
{
    uint8_t byte;

    (void)state;
    struct recording *recording = small_trace(NULL);
    off_t at = (off_t)recording->file_bytes;
    recording_close(recording);
    /* END and STATE are the last two: the index's payload ends before them. */
    for (int blocks = 0; blocks < 2; at--) {
        char magic[4];
        assert_int_equal(pread(reading_descriptor(), magic, 4, at - 4), 4);
        blocks += memcmp(magic, TRACE_BLOCK_MAGIC, 4) == 0;
    }
    at -= 4;
    assert_int_equal(pread(reading_descriptor(), &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(reading_descriptor(), &byte, 1, at), 1);
    recording = open_file();
    assert_int_equal(recording->problems.damages, 0);
    assert_string_equal(recording->problems.list[0].text,
                        "the index of blocks is damaged: it is not used, all blocks are read");
    struct all all = read_part(recording, &RECORDING_WHOLE);
    assert_int_equal(all.count, BLOCKS * SMALL);
    free(all.list);
    recording_close(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_what_they_say),      cmocka_unit_test(begun_again_half_way),
        cmocka_unit_test(one_processor_reads_the_same), cmocka_unit_test(sums_without_reading),
        cmocka_unit_test(blocks_passed_over),    cmocka_unit_test(bad_index_is_ignored),
        cmocka_unit_test(lying_index_is_found),         cmocka_unit_test(flipped_index_is_ignored),
    };
    return cmocka_run_group_tests_name("viewer-parts", tests, reading_set_up, reading_tear_down);
}
