/* recorder/drain.c - finds the chunks that hold something new and takes it */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/ring_pool.h"
#include "recorder/drain_batch.h"

struct drain_todo {
    uint32_t index;
    uint64_t sequence;
};

int drain_open(struct drain *drain, const struct segment *segment, struct tables *tables,
               struct trace_writer *out)
{
    const struct ring_layout *layout = &segment->layout;

    *drain = (struct drain){.segment = segment, .tables = tables, .out = out};
    drain->flush_at = DRAIN_BATCH_EVENTS;
    drain->chunks = calloc(layout->area[RING_CHUNKS].count, sizeof(*drain->chunks));
    drain->slots = calloc(layout->area[RING_THREADS].count, sizeof(*drain->slots));
    drain->words = malloc(layout->chunk_bytes);
    if (drain->chunks == NULL || drain->slots == NULL || drain->words == NULL) {
        drain_close(drain);
        return -ENOMEM;
    }
    return 0;
}

void drain_close(struct drain *drain)
{
    free(drain->chunks);
    free(drain->slots);
    free(drain->words);
    free(drain->todo.items);
    free(drain->writing.items);
    free(drain->batch.items);
    free(drain->frames.items);
    free(drain->keys.items);
    free(drain->gaps.items);
    trace_events_free(&drain->columns);
    *drain = (struct drain){0};
}

bool drain_is_full(const struct drain *drain)
{
    return drain->batch.count >= drain->flush_at;
}

size_t drain_waiting(const struct drain *drain)
{
    return drain->batch.count + drain->gaps.count;
}

/* ---- which chunks to look at ------------------------------------------------------------- */

static struct ring_chunk *chunk_at(const struct drain *drain, uint32_t index)
{
    return segment_entry(drain->segment, RING_CHUNKS, index);
}

/* Puts a chunk on the round's list if it may hold something. Returns whether it is a new one. */
static bool look_at(struct drain *drain, uint32_t index)
{
    struct ring_chunk *chunk = chunk_at(drain, index);
    uint32_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);

    if (state != RING_CHUNK_WRITING && state != RING_CHUNK_FULL)
        return false;
    uint64_t sequence = atomic_load_explicit(&chunk->sequence, memory_order_acquire);
    if (sequence == 0)
        return false;
    struct drain_todo *todo = tables_array_add(&drain->todo, sizeof(*todo));
    if (todo == NULL) {
        drain->error = -ENOMEM;
        return false;
    }
    *todo = (struct drain_todo){.index = index, .sequence = sequence};
    return sequence != drain->chunks[index].sequence;
}

/* Chunks that are being written to are looked at in every round; chunks that we have not seen only
 * when the process has handed out more sequence numbers than we know. */
static void find_new(struct drain *drain, uint64_t handed_out)
{
    uint32_t chunks = drain->segment->layout.area[RING_CHUNKS].count;
    uint64_t found = drain->chunks_found;
    uint32_t index = drain->scan_from;

    for (uint32_t i = 0; i < chunks && found < handed_out; i++) {
        if (look_at(drain, index)) {
            found++;
            drain->scan_from = index;
        }
        index = index + 1 < chunks ? index + 1 : 0;
    }
}

/* The chunk at or after index whose header lies on a page that was ever touched. */
static uint32_t next_touched(const struct drain *drain, uint32_t index)
{
    const struct ring_extent *area = &drain->segment->layout.area[RING_CHUNKS];
    uint64_t start = area->offset + (uint64_t)index * area->entry_bytes;
    off_t data = lseek(drain->segment->memfd, (off_t)start, SEEK_DATA);

    if (data < 0)
        return errno == ENXIO ? area->count : index;
    return (uint32_t)(((uint64_t)data - area->offset) / area->entry_bytes);
}

static void find_everything(struct drain *drain)
{
    uint32_t chunks = drain->segment->layout.area[RING_CHUNKS].count;

    drain->todo.count = 0;
    for (uint32_t index = 0; index < chunks; index++) {
        index = next_touched(drain, index);
        if (index < chunks)
            look_at(drain, index);
    }
}

static int compare_todo(const void *left, const void *right)
{
    const struct drain_todo *a = left, *b = right;

    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void find_chunks(struct drain *drain, bool everything)
{
    const uint32_t *writing = drain->writing.items;
    uint64_t handed_out =
        atomic_load_explicit(&drain->segment->header->next_sequence, memory_order_acquire) - 1;

    drain->todo.count = 0;
    if (everything) {
        find_everything(drain);
    } else {
        if (handed_out != drain->chunks_found)
            find_new(drain, handed_out);
        for (size_t i = 0; i < drain->writing.count; i++)
            look_at(drain, writing[i]);
    }
    if (drain->todo.count > 1)
        qsort(drain->todo.items, drain->todo.count, sizeof(struct drain_todo), compare_todo);
    drain->writing.count = 0;
}

/* ---- taking what is in them -------------------------------------------------------------- */

static void add_gap(struct drain *drain, enum trace_gap_kind kind, const struct ring_chunk *chunk,
                    uint64_t after, uint64_t before, uint64_t events)
{
    struct trace_gap *gap = tables_array_add(&drain->gaps, sizeof(*gap));

    if (gap == NULL) {
        drain->error = -ENOMEM;
        return;
    }
    *gap = (struct trace_gap){
        .kind = kind,
        .tid = chunk->tid,
        .after_stamp = after,
        .before_stamp = before,
        .events = events,
    };
}

static struct drain_slot *slot_of(struct drain *drain, const struct ring_chunk *chunk)
{
    uint32_t slot = chunk->thread;
    return slot < drain->segment->layout.area[RING_THREADS].count ? &drain->slots[slot] : NULL;
}

/* A chunk seen for the first time tells how many events its thread had to drop before it. */
static void begin_chunk(struct drain *drain, struct drain_chunk *known, uint64_t sequence,
                        const struct ring_chunk *chunk)
{
    struct drain_slot *slot = slot_of(drain, chunk);
    uint64_t dropped = chunk->dropped_before;

    *known = (struct drain_chunk){.sequence = sequence};
    drain->chunks_found++;
    if (slot == NULL)
        return;
    if (dropped > slot->dropped_events)
        add_gap(drain, TRACE_GAP_DROPPED, chunk, slot->last_stamp, chunk->base_stamp,
                dropped - slot->dropped_events);
    slot->dropped_events = dropped;
}

static void note_damage(struct drain *drain, const struct ring_chunk *chunk, uint64_t events)
{
    struct drain_slot *slot = slot_of(drain, chunk);

    drain->damaged_chunks++;
    drain->damaged_events += events;
    add_gap(drain, TRACE_GAP_DAMAGED, chunk, slot ? slot->last_stamp : 0, 0, events);
}

/* Copies and decodes what is committed and not yet consumed. Returns whether that is anything. */
static bool take_committed(struct drain *drain, struct drain_chunk *known,
                           const struct ring_chunk *chunk, uint64_t committed)
{
    uint32_t room = drain->segment->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    uint32_t bytes = (uint32_t)committed;
    uint32_t events = (uint32_t)(committed >> 32);
    struct drain_slot *slot = slot_of(drain, chunk);
    size_t decoded_words;

    if (bytes == known->consumed_bytes)
        return false;
    uint32_t claimed = events - known->consumed_events;
    if (bytes > room || bytes % sizeof(uint64_t) != 0 || bytes < known->consumed_bytes) {
        known->consumed_bytes = bytes;
        known->consumed_events = events;
        note_damage(drain, chunk, claimed <= room ? claimed : 0);
        return true;
    }
    uint32_t fresh = bytes - known->consumed_bytes;
    memcpy(drain->words, (const char *)chunk + RING_CHUNK_HEADER_BYTES + known->consumed_bytes,
           fresh);
    uint32_t decoded = drain_batch_add(drain, drain->words, fresh / sizeof(uint64_t),
                                       chunk->base_stamp, chunk->tid, &decoded_words);
    if (slot != NULL && decoded > 0 && drain->batch.count > 0) {
        const struct drain_event *batch = drain->batch.items;
        slot->last_stamp = known->last_stamp = batch[drain->batch.count - 1].key;
    }
    if (decoded_words != fresh / sizeof(uint64_t))
        note_damage(drain, chunk, claimed > decoded && claimed <= room ? claimed - decoded : 0);
    known->consumed_bytes = bytes;
    known->consumed_events = events;
    return true;
}

/* Returns whether there was anything new; *freed is set if the chunk went back to the writers. */
static bool take_chunk(struct drain *drain, uint32_t index, bool *freed)
{
    struct ring_chunk *chunk = chunk_at(drain, index);
    struct drain_chunk *known = &drain->chunks[index];
    uint32_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);
    uint64_t sequence = atomic_load_explicit(&chunk->sequence, memory_order_acquire);
    uint64_t committed = atomic_load_explicit(&chunk->committed, memory_order_acquire);
    bool news = false;

    /* A new owner sets sequence to 0 before it touches committed: both are of one owner, or we
     * wait. */
    if (sequence != 0 && sequence == atomic_load(&chunk->sequence)) {
        if (sequence != known->sequence)
            begin_chunk(drain, known, sequence, chunk);
        news = take_committed(drain, known, chunk, committed);
    }
    if (state == RING_CHUNK_FULL) {
        atomic_store_explicit(&chunk->state, RING_CHUNK_FREE, memory_order_release);
        ring_pool_push(drain->segment->header, index);
        *freed = true;
    } else {
        uint32_t *writing = tables_array_add(&drain->writing, sizeof(*writing));
        if (writing != NULL)
            *writing = index;
        else
            drain->error = -ENOMEM;
    }
    return news;
}

/* From `first` on, no chunk of the round's list holds an event before this stamp. */
static uint64_t taken_until(const struct drain *drain, size_t first)
{
    const struct drain_todo *todo = drain->todo.items;
    uint64_t until = UINT64_MAX;

    for (size_t i = first; i < drain->todo.count; i++) {
        const struct drain_chunk *known = &drain->chunks[todo[i].index];
        const struct ring_chunk *chunk = chunk_at(drain, todo[i].index);
        bool begun = known->sequence == todo[i].sequence && known->consumed_bytes > 0;
        uint64_t from = begun ? known->last_stamp : chunk->base_stamp;

        if (begun && (uint32_t)atomic_load(&chunk->committed) == known->consumed_bytes)
            continue; /* nothing new */
        if (from < until)
            until = from;
    }
    return until;
}

bool drain_round(struct drain *drain, bool everything)
{
    struct segment *segment = (struct segment *)drain->segment;
    const struct drain_todo *todo;
    bool news = false, freed = false;

    find_chunks(drain, everything);
    todo = drain->todo.items;
    for (size_t i = 0; i < drain->todo.count; i++) {
        if (i > 0 && todo[i].index == todo[i - 1].index)
            continue; /* met as a new one and as one that was being written */
        news |= take_chunk(drain, todo[i].index, &freed);
        if (drain->batch.count < drain->flush_at || i + 1 == drain->todo.count)
            continue;
        if (freed)
            segment_wake_writers(segment);
        freed = false;
        drain_flush(drain, taken_until(drain, i + 1)); /* an error sticks in the writer */
    }
    if (freed)
        segment_wake_writers(segment);
    return news;
}
