/* recorder/drain.c - finds the chunks that hold something new and takes it */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain.h"

#include <errno.h>
#include <stdlib.h>

#include "recorder/drain_blocks.h"
#include "recorder/drain_copy.h"
#include "recorder/drain_merge.h"

#define COPIED_MOST_BYTES (UINT64_C(64) << 20) /* and a chunk for each thread: more is damage */

struct drain_todo {
    uint32_t index;
    uint64_t sequence;
    uint64_t from; /* what this chunk and those behind it have to give is not older */
};

int drain_open(struct drain *drain, struct segment *segment, struct tables *tables,
               struct trace_writer *out)
{
    const struct ring_layout *layout = &segment->layout;
    size_t streams = (size_t)layout->area[RING_THREADS].count * RING_NESTING + 1;

    *drain = (struct drain){.segment = segment, .tables = tables, .out = out};
    drain->merge_at = DRAIN_COPIED_BYTES;
    drain->chunks = calloc(layout->area[RING_CHUNKS].count, sizeof(*drain->chunks));
    drain->slots = calloc(layout->area[RING_THREADS].count, sizeof(*drain->slots));
    drain->streams = calloc(streams, sizeof(*drain->streams));
    if (drain->chunks == NULL || drain->slots == NULL || drain->streams == NULL ||
        drain_blocks_open(drain) != 0) {
        drain_close(drain);
        return -ENOMEM;
    }
    return 0;
}

void drain_close(struct drain *drain)
{
    drain_copies_close(drain);
    drain_blocks_close(drain);
    free(drain->chunks);
    free(drain->slots);
    free(drain->todo.items);
    free(drain->writing.items);
    free(drain->heads.items);
    *drain = (struct drain){0};
}

size_t drain_waiting(const struct drain *drain)
{
    return drain->copied_events + drain->gaps.count + drain_blocks_waiting(drain);
}

/* ---- which chunks to look at ------------------------------------------------------------- */

static struct ring_chunk *chunk_at(const struct drain *drain, uint32_t index)
{
    return segment_entry(drain->segment, RING_CHUNKS, index);
}

/* Puts a chunk on the round's list, once, if it may hold something. Returns whether it is a new
 * one. */
static bool look_at(struct drain *drain, uint32_t index)
{
    struct drain_chunk *known = &drain->chunks[index];
    struct ring_chunk *chunk = chunk_at(drain, index);
    uint32_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);

    if (known->listed == drain->rounds ||
        (state != RING_CHUNK_WRITING && state != RING_CHUNK_FULL))
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
    known->listed = drain->rounds;
    return sequence != known->sequence;
}

/* Chunks that are being written to are looked at in every round; chunks that we have not seen only
 * when the process has handed out more sequence numbers than we know. One that was handed out since
 * is taken when it is met, but does not count: an older one may still be hidden behind it. */
static void find_new(struct drain *drain, uint64_t handed_out)
{
    uint64_t found = drain->chunks_found;
    uint32_t index = drain->scan_from;

    for (uint32_t i = 0; i < drain->chunks_used && found < handed_out; i++) {
        if (look_at(drain, index)) {
            const struct drain_todo *todo = drain->todo.items;
            found += todo[drain->todo.count - 1].sequence <= handed_out;
            drain->scan_from = index;
        }
        index = index + 1 < drain->chunks_used ? index + 1 : 0;
    }
}

static int compare_todo(const void *left, const void *right)
{
    const struct drain_todo *a = left, *b = right;

    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* No event that is still to be taken from a chunk was stamped before this. */
static uint64_t gives_from(const struct drain *drain, const struct drain_todo *todo)
{
    const struct drain_chunk *known = &drain->chunks[todo->index];
    const struct ring_chunk *chunk = chunk_at(drain, todo->index);

    if (known->sequence != todo->sequence || known->consumed_bytes == 0)
        return chunk->base_stamp;
    bool nothing = (uint32_t)atomic_load(&chunk->committed) == known->consumed_bytes;
    return nothing ? UINT64_MAX : known->last_stamp; /* what comes now is younger than the round */
}

static void note_ages(struct drain *drain)
{
    struct drain_todo *todo = drain->todo.items;
    uint64_t from = UINT64_MAX;

    for (size_t i = drain->todo.count; i-- > 0;) {
        uint64_t own = gives_from(drain, &todo[i]);
        todo[i].from = from = own < from ? own : from;
    }
}

static void find_chunks(struct drain *drain, bool everything)
{
    const uint32_t *writing = drain->writing.items;
    uint32_t used = segment_used(drain->segment, RING_CHUNKS);
    uint64_t handed_out =
        atomic_load_explicit(&drain->segment->header->next_sequence, memory_order_acquire) - 1;

    drain->todo.count = 0;
    if (used > drain->chunks_used)
        drain->chunks_used = used;
    if (everything) {
        for (uint32_t index = 0; index < drain->chunks_used; index++)
            look_at(drain, index);
    } else {
        if (handed_out != drain->chunks_found)
            find_new(drain, handed_out);
        for (size_t i = 0; i < drain->writing.count; i++)
            look_at(drain, writing[i]);
    }
    if (drain->todo.count > 1)
        qsort(drain->todo.items, drain->todo.count, sizeof(struct drain_todo), compare_todo);
    note_ages(drain);
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
static void begin_chunk(struct drain *drain, uint32_t index, uint64_t sequence,
                        const struct ring_chunk *chunk)
{
    struct drain_slot *slot = slot_of(drain, chunk);
    uint64_t dropped = chunk->dropped_before;

    drain_copy_complete(drain, index);
    drain->chunks[index] = (struct drain_chunk){.sequence = sequence, .listed = drain->rounds};
    drain->chunks_found++;
    if (slot == NULL)
        return;
    if (dropped > slot->dropped_events)
        add_gap(drain, TRACE_GAP_DROPPED, chunk, slot->last_stamp, chunk->base_stamp,
                dropped - slot->dropped_events);
    slot->dropped_events = dropped;
}

/* The first damage ends a chunk: what follows it has no sure beginning and no context. */
static void note_damage(struct drain *drain, struct drain_chunk *known,
                        const struct ring_chunk *chunk, uint64_t events)
{
    struct drain_slot *slot = slot_of(drain, chunk);

    drain->damaged_chunks += !known->damaged;
    drain->damaged_events += events;
    known->damaged = true;
    add_gap(drain, TRACE_GAP_DAMAGED, chunk, slot ? slot->last_stamp : 0, 0, events);
}

/* Copies what is committed and not yet consumed. Returns whether that is anything. */
static bool take_committed(struct drain *drain, uint32_t index, const struct ring_chunk *chunk,
                           uint64_t committed)
{
    struct drain_chunk *known = &drain->chunks[index];
    uint32_t room = drain->segment->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    uint32_t bytes = (uint32_t)committed, from = known->consumed_bytes;
    uint32_t events = (uint32_t)(committed >> 32), claimed = events - known->consumed_events;
    struct drain_slot *slot = slot_of(drain, chunk);
    uint32_t taken = 0;
    size_t words = 0;

    if (bytes == from)
        return false;
    known->consumed_bytes = bytes;
    known->consumed_events = events;
    bool possible = !known->damaged && bytes <= room && bytes % sizeof(uint64_t) == 0 &&
                    bytes > from;
    if (possible)
        taken = drain_copy_add(drain, index, chunk, from, bytes - from, &words, &known->last_stamp);
    if (slot != NULL && taken > 0)
        slot->last_stamp = known->last_stamp;
    if (!possible || words * sizeof(uint64_t) != bytes - from)
        note_damage(drain, known, chunk, claimed > taken && claimed <= room ? claimed - taken : 0);
    drain->round_bytes += words * sizeof(uint64_t);
    drain->round_events += taken;
    return true;
}

/* To be looked at in the next round whatever else there is. */
static void come_back(struct drain *drain, uint32_t index)
{
    uint32_t *writing = tables_array_add(&drain->writing, sizeof(*writing));

    if (writing != NULL)
        *writing = index;
    else
        drain->error = -ENOMEM;
}

/* Returns whether there was anything new; *freed is set if the chunk went back to the writers. */
static bool take_chunk(struct drain *drain, uint32_t index, bool *freed)
{
    struct ring_chunk *chunk = chunk_at(drain, index);
    uint32_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);
    uint64_t sequence = atomic_load_explicit(&chunk->sequence, memory_order_acquire);
    uint64_t committed = atomic_load_explicit(&chunk->committed, memory_order_acquire);
    bool news = false;

    /* A new owner sets sequence to 0 before it touches committed: both are of one owner, or we
     * wait. */
    if (sequence != 0 && sequence == atomic_load(&chunk->sequence)) {
        if (sequence != drain->chunks[index].sequence)
            begin_chunk(drain, index, sequence, chunk);
        news = take_committed(drain, index, chunk, committed);
    }
    if (state == RING_CHUNK_FULL) {
        drain_copy_complete(drain, index);
        segment_free_chunk(drain->segment, index);
        *freed = true;
    } else {
        come_back(drain, index);
    }
    return news;
}

/* ---- rounds ------------------------------------------------------------------------------ */

/* The chunks from `first` on wait for a later round. */
static void leave_rest(struct drain *drain, size_t first)
{
    const struct drain_todo *todo = drain->todo.items;

    drain->left_some = true;
    drain->untaken_from = todo[first].from;
    for (size_t i = first; i < drain->todo.count; i++)
        if (drain->chunks[todo[i].index].sequence == todo[i].sequence)
            come_back(drain, todo[i].index); /* the others are found as new ones again */
}

/* A recorder that can do no more than this, for tests. */
static void keep_rate(struct drain *drain, uint64_t events)
{
    uint64_t now = ticks_clock_ns();

    if (drain->rate_limit == 0)
        return;
    if (drain->rate_until_ns < now)
        drain->rate_until_ns = now;
    drain->rate_until_ns += events * UINT64_C(1000000000) / drain->rate_limit;
}

static uint64_t before(uint64_t stamp)
{
    return stamp != 0 ? stamp - 1 : 0;
}

/* The oldest free of a realloc that is under way: no thread has committed it yet, and others may
 * have its address already. One that takes longer than memory allows is not waited for. */
static uint64_t oldest_realloc(const struct drain *drain)
{
    uint64_t longest = ticks_of(&drain->segment->ticks, DRAIN_REALLOC_NS);
    uint32_t used = segment_used(drain->segment, RING_THREADS);
    uint64_t oldest = UINT64_MAX;

    for (uint32_t slot = 0; slot < used; slot++) {
        const struct ring_thread *thread = segment_entry(drain->segment, RING_THREADS, slot);
        uint64_t stamp = atomic_load_explicit(&thread->realloc_stamp, memory_order_acquire);
        if (stamp != 0 && stamp < oldest && drain->round_stamp - stamp < longest)
            oldest = stamp;
    }
    return oldest;
}

/* What is older is settled, but for reallocs. */
static uint64_t settled_stamp(const struct drain *drain)
{
    uint64_t commit = ticks_of(&drain->segment->ticks, DRAIN_COMMIT_NS);
    uint64_t settled = drain->round_stamp > commit ? drain->round_stamp - commit : 0;

    return settled < drain->untaken_from ? settled : before(drain->untaken_from);
}

uint64_t drain_horizon(const struct drain *drain)
{
    uint64_t settled = settled_stamp(drain), oldest = oldest_realloc(drain);

    return oldest <= settled ? before(oldest) : settled;
}

/* Merges in the middle of a round: chunks from `next` on are still in the ring. */
static void merge_early(struct drain *drain, size_t next, bool everything)
{
    const struct drain_todo *todo = drain->todo.items;
    uint64_t most = COPIED_MOST_BYTES + (uint64_t)segment_used(drain->segment, RING_THREADS) *
                                            drain->segment->layout.chunk_bytes;

    drain->untaken_from = todo[next].from;
    drain_merge(drain, everything ? before(drain->untaken_from) : drain_horizon(drain));
    if (drain->copied_bytes > most)
        drain_merge(drain, settled_stamp(drain)); /* a realloc that takes long */
    if (drain->copied_bytes > most)
        drain_merge(drain, UINT64_MAX); /* stamps make no sense: memory has its bounds */
    drain->merge_at = drain->copied_bytes + DRAIN_COPIED_BYTES;
    drain->untaken_from = UINT64_MAX;
}

static void begin_round(struct drain *drain)
{
    drain->rounds++;
    ticks_follow(&drain->segment->ticks);
    drain->round_stamp = ticks_now(&drain->segment->ticks);
    drain->round_bytes = drain->round_events = 0;
    drain->untaken_from = UINT64_MAX;
    drain->left_some = false;
}

bool drain_round(struct drain *drain, bool everything)
{
    const struct drain_todo *todo;
    bool news = false, freed = false;

    begin_round(drain);
    find_chunks(drain, everything);
    todo = drain->todo.items;
    for (size_t i = 0; i < drain->todo.count; i++) {
        uint64_t taken = drain->round_events;

        if (drain->rate_limit != 0 && !everything && ticks_clock_ns() < drain->rate_until_ns) {
            leave_rest(drain, i);
            break;
        }
        news |= take_chunk(drain, todo[i].index, &freed);
        keep_rate(drain, drain->round_events - taken);
        if (drain->copied_bytes < drain->merge_at || i + 1 == drain->todo.count)
            continue;
        if (freed)
            segment_wake_writers(drain->segment);
        freed = false;
        merge_early(drain, i + 1, everything); /* an error sticks */
    }
    if (freed)
        segment_wake_writers(drain->segment);
    return news;
}

static int forget(struct drain *drain, int error)
{
    drain_copies_forget(drain);
    drain_blocks_forget(drain);
    drain->merge_at = DRAIN_COPIED_BYTES;
    return error;
}

int drain_merge(struct drain *drain, uint64_t horizon)
{
    int error = drain->out->error ? drain->out->error : drain->error;

    if (error == 0)
        error = drain_merge_streams(drain, horizon);
    drain->merge_at = drain->copied_bytes + DRAIN_COPIED_BYTES;
    return error == 0 ? 0 : forget(drain, error);
}

int drain_flush(struct drain *drain, uint64_t horizon)
{
    int error = drain_merge(drain, horizon);

    if (error == 0)
        error = drain_blocks_write(drain);
    return error == 0 ? 0 : forget(drain, error);
}
