/* recorder/drain_copy.h - copies of what chunks held, in streams */
/* SPDX-License-Identifier: MIT */

/* A part of recorder/drain.c: same thread, same memory, same errors. */
#ifndef NPNTRACE_RECORDER_DRAIN_COPY_H
#define NPNTRACE_RECORDER_DRAIN_COPY_H

#include "recorder/drain.h"

struct drain_copy {
    struct drain_copy *next; /* of its stream, or of the spare ones */
    uint32_t index;          /* of the chunk */
    uint32_t tid;
    uint64_t sequence;
    uint64_t base_stamp;
    uint64_t latest; /* when it was taken: no stamp in it can be later */
    uint64_t key;    /* of the last event merged: the next one's is not less */
    uint32_t at;     /* words that were merged */
    uint32_t count;  /* words that were checked: each event is whole */
    uint32_t instance; /* of the heap events that come next */
    uint16_t plugin;
    bool complete; /* nothing will be added */
    uint64_t words[];
};

/*
 * Adds fresh words of a chunk to its copy, which is made if there is none, and checks them. Returns
 * how many events they held (EVENT_STACKs and contexts included); *ret_words is how many of the
 * words were events, *ret_stamp the last event's stamp.
 */
uint32_t drain_copy_add(struct drain *drain, uint32_t index, const struct ring_chunk *chunk,
                        uint32_t from_bytes, uint32_t bytes, size_t *ret_words,
                        uint64_t *ret_stamp);

/* Nothing more will come of the chunk. */
void drain_copy_complete(struct drain *drain, uint32_t index);

/* Takes copies off the front of the stream that have nothing left. Returns the first that has
 * something, NULL: none. */
struct drain_copy *drain_copy_front(struct drain *drain, struct drain_stream *stream);

/* Forgets all that waits. */
void drain_copies_forget(struct drain *drain);

void drain_copies_close(struct drain *drain);

#endif
