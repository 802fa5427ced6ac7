/* recorder/drain_copy.c - copies of what chunks held, in streams */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Threads whose slot or level is impossible share the last stream. */
static struct drain_stream *stream_of(struct drain *drain, const struct ring_chunk *chunk)
{
    uint32_t slots = drain->segment->layout.area[RING_THREADS].count;
    uint32_t slot = chunk->thread, level = chunk->level;

    if (slot >= slots || level >= RING_NESTING)
        return &drain->streams[slots * RING_NESTING];
    return &drain->streams[slot * RING_NESTING + level];
}

static uint32_t room_words(const struct drain *drain)
{
    return (drain->segment->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES) / sizeof(uint64_t);
}

static struct drain_copy *new_copy(struct drain *drain)
{
    struct drain_copy *copy = drain->spare;

    if (copy != NULL)
        drain->spare = copy->next;
    else
        copy = malloc(sizeof(*copy) + room_words(drain) * sizeof(uint64_t));
    return copy;
}

/* By sequence: a round that began while a thread filled one chunk and took another may have met the
 * second alone, since it looks at chunks by their place. It merges none of either. */
static void insert_copy(struct drain_stream *stream, struct drain_copy *copy)
{
    struct drain_copy **link = &stream->first;

    if (stream->first != NULL && stream->last->sequence < copy->sequence)
        link = &stream->last->next;
    while (*link != NULL && (*link)->sequence < copy->sequence)
        link = &(*link)->next;
    copy->next = *link;
    *link = copy;
    if (copy->next == NULL)
        stream->last = copy;
}

/* In its stream, which is entered in the list of those to merge. */
static struct drain_copy *begin_copy(struct drain *drain, uint32_t index,
                                     const struct ring_chunk *chunk)
{
    struct drain_stream *stream = stream_of(drain, chunk);
    struct drain_copy *copy = new_copy(drain);

    if (copy == NULL)
        return NULL;
    if (!stream->listed) {
        struct drain_stream **entry =
            tables_array_add(&drain->streams_waiting, sizeof(struct drain_stream *));
        if (entry == NULL) {
            copy->next = drain->spare;
            drain->spare = copy;
            return NULL;
        }
        *entry = stream;
        stream->listed = true;
    }
    *copy = (struct drain_copy){
        .index = index,
        .tid = chunk->tid,
        .sequence = drain->chunks[index].sequence,
        .base_stamp = chunk->base_stamp,
    };
    insert_copy(stream, copy);
    drain->chunks[index].copy = copy;
    return copy;
}

/* How many of the words are whole events. */
static size_t check_words(const uint64_t *words, size_t count, uint32_t *ret_events,
                          size_t *ret_last)
{
    uint32_t events = 0;
    size_t at = 0, last = 0, needed;
    struct event event;

    for (; at < count; at += needed, events++) {
        unsigned type = words[at] & 0xff;

        if (type == EVENT_HEAP_FREE || type == EVENT_HEAP_CONTEXT)
            needed = 2;
        else if (type == EVENT_HEAP_ALLOC)
            needed = count - at < 3 ? 3 : event_heap_alloc_words(words + at);
        else
            needed = event_decode(words + at, count - at, 0, &event);
        if (needed == 0 || needed > count - at)
            break;
        last = at;
    }
    *ret_events = events;
    *ret_last = last;
    return at;
}

uint32_t drain_copy_add(struct drain *drain, uint32_t index, const struct ring_chunk *chunk,
                        uint32_t from_bytes, uint32_t bytes, size_t *ret_words,
                        uint64_t *ret_stamp)
{
    struct drain_copy *copy = drain->chunks[index].copy;
    uint32_t fresh = bytes / sizeof(uint64_t), events;
    size_t last;

    *ret_words = 0;
    if (copy == NULL)
        copy = begin_copy(drain, index, chunk);
    if (copy == NULL) {
        drain->error = -ENOMEM;
        return 0;
    }
    if (copy->at == copy->count)
        copy->at = copy->count = 0;
    if (fresh > room_words(drain) - copy->count)
        return 0; /* a chunk that shrank in between: damaged */
    uint64_t *words = copy->words + copy->count;
    memcpy(words, (const char *)chunk + RING_CHUNK_HEADER_BYTES + from_bytes, bytes);
    *ret_words = check_words(words, fresh, &events, &last);
    copy->latest = ticks_now(&drain->segment->ticks);
    if (events > 0)
        *ret_stamp = copy->base_stamp + (words[last] >> 8);
    copy->count += (uint32_t)*ret_words;
    drain->copied_events += events;
    drain->copied_bytes += *ret_words * sizeof(uint64_t);
    return events;
}

void drain_copy_complete(struct drain *drain, uint32_t index)
{
    struct drain_copy *copy = drain->chunks[index].copy;

    if (copy == NULL)
        return;
    copy->complete = true;
    drain->chunks[index].copy = NULL;
}

static void drop_first(struct drain *drain, struct drain_stream *stream)
{
    struct drain_copy *copy = stream->first;

    stream->first = copy->next;
    if (!copy->complete)
        drain->chunks[copy->index].copy = NULL;
    copy->next = drain->spare;
    drain->spare = copy;
}

/* One that is not complete stays for what will be added, unless others came after it. */
struct drain_copy *drain_copy_front(struct drain *drain, struct drain_stream *stream)
{
    while (stream->first != NULL && stream->first->at == stream->first->count) {
        if (!stream->first->complete && stream->first->next == NULL)
            return NULL;
        drop_first(drain, stream);
    }
    return stream->first;
}

void drain_copies_forget(struct drain *drain)
{
    struct drain_stream **streams = drain->streams_waiting.items;

    for (size_t i = 0; i < drain->streams_waiting.count; i++)
        for (struct drain_copy *copy = streams[i]->first; copy != NULL; copy = copy->next)
            copy->at = copy->count;
    for (size_t i = 0; i < drain->streams_waiting.count; i++)
        drain_copy_front(drain, streams[i]);
    drain->copied_events = drain->copied_bytes = 0;
}

void drain_copies_close(struct drain *drain)
{
    struct drain_stream **streams = drain->streams_waiting.items;
    struct drain_copy *copy;

    for (size_t i = 0; i < drain->streams_waiting.count; i++)
        while (streams[i]->first != NULL)
            drop_first(drain, streams[i]);
    while ((copy = drain->spare) != NULL) {
        drain->spare = copy->next;
        free(copy);
    }
    free(drain->streams_waiting.items);
    free(drain->streams);
}
