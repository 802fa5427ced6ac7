/* recorder/drain.h - takes events out of a segment and puts them into a trace file */
/* SPDX-License-Identifier: MIT */

/*
 * A round looks at chunks that have something new, oldest first, copies what is committed and not
 * yet consumed into a batch, and gives full chunks back to the writers at once. A batch is written
 * when it is large or old enough: sorted by stamp, behind the tables that its events name.
 *
 *   chunk state   what a round does
 *   FREE          nothing
 *   WRITING       copies up to `committed`; comes back for the rest
 *   FULL          copies to the end; stores FREE (release: the writer's claim acquires it), wakes
 * writers
 *
 * Only the recorder takes a chunk out of FULL under the policies it uses (block, drop), so what it
 * copies does not change under it, unless the process damages its own segment: then undecodable
 * words end the chunk, are counted, and leave a gap of kind TRACE_GAP_DAMAGED.
 *
 * Memory: a batch of at most twice DRAIN_BATCH_EVENTS and one chunk's events more, and a few words
 * per chunk and thread slot. For one thread. Errors of the file stick in the writer; draining goes
 * on regardless, so that a full disk never stops the host.
 */
#ifndef NPNTRACE_RECORDER_DRAIN_H
#define NPNTRACE_RECORDER_DRAIN_H

#include "recorder/tables.h"

#define DRAIN_BATCH_EVENTS (256u * 1024)

struct drain_chunk { /* what was taken from a chunk so far */
    uint64_t sequence;
    uint32_t consumed_bytes;
    uint32_t consumed_events;
    uint64_t last_stamp; /* of the events taken */
};

struct drain_slot { /* a thread slot of the segment */
    uint64_t dropped_events; /* that were accounted for by gaps */
    uint64_t last_stamp;
};

struct drain {
    const struct segment *segment;
    struct tables *tables;
    struct trace_writer *out;

    struct drain_chunk *chunks;  /* by index */
    uint64_t chunks_found;       /* how many of the sequences handed out were seen */
    uint32_t scan_from;          /* where the next new chunk probably is */
    struct tables_array todo;    /* struct drain_todo: chunks to look at in this round */
    struct tables_array
        writing; /* uint32_t: indices of chunks that were WRITING at the last look */
    struct drain_slot *slots;
    uint64_t *words;             /* a chunk's copy */

    struct tables_array batch;  /* struct drain_event */
    struct tables_array frames; /* struct event_frame, of the batch's EVENT_STACKs */
    struct tables_array keys;   /* struct drain_key */
    struct tables_array gaps;   /* struct trace_gap */
    size_t flush_at;            /* events in the batch at which it is full */
    struct trace_events_writer columns;

    uint64_t events;         /* written, EVENT_STACKs not counted */
    uint64_t damaged_chunks;
    uint64_t damaged_events;
    int error;               /* -ENOMEM: events were lost for want of memory */
};

/* segment, tables and out must outlive drain. 0 or -errno. */
int drain_open(struct drain *drain, const struct segment *segment, struct tables *tables,
               struct trace_writer *out);
void drain_close(struct drain *drain);

/* One round. `everything`: the process is gone, look at each chunk that ever existed. Returns
 * whether there was anything new. */
bool drain_round(struct drain *drain, bool everything);

/* How much waits in the batch, and whether it is so much that it should be written. */
size_t drain_waiting(const struct drain *drain);
bool drain_is_full(const struct drain *drain);

/*
 * Writes the batch's events up to the stamp `horizon`; later ones stay, since others before them
 * may still come (UINT64_MAX: none will). So blocks follow each other in the order of time but for
 * events that their thread committed long after it stamped them. 0 or -errno; after an error the
 * batch is empty.
 */
int drain_flush(struct drain *drain, uint64_t horizon);

#endif
