/* recorder/drain.h - takes events out of a segment and puts them into a trace file */
/* SPDX-License-Identifier: MIT */

/*
 *   chunks ---copy---> streams ---merge---> blocks in the making ---> file
 *   in the segment     one per thread       EVENTS, HEAP
 *                      and nesting level    in the order of time
 *
 * A round looks at chunks that have something new, oldest first, copies what is committed and not
 * yet taken, and gives full chunks back to the writers at once. What was copied is merged into
 * blocks by its stamps; blocks are written when they are full or old enough, behind the tables that
 * their events name.
 *
 *   chunk state   what a round does
 *   FREE          nothing
 *   WRITING       copies up to `committed`; comes back for the rest
 *   FULL          copies to the end; stores FREE (release: the writer's claim acquires it), puts
 *                 it into the pool, wakes writers
 *
 * What was stamped before a round began has an order: an event whose cause is another one is
 * stamped after that was committed, so both were taken. What is younger stays for the next round,
 * and a little more, since threads stamp an event some time before they commit it.
 *
 * Only the recorder takes a chunk out of FULL under the policies it uses (block, drop), so what it
 * copies does not change under it, unless the process damages its own segment: then undecodable
 * words end the chunk, are counted, and leave a gap of kind TRACE_GAP_DAMAGED.
 *
 * Memory: copies of about DRAIN_COPIED_BYTES and one chunk per writing thread, one block of each
 * kind, and a few words per chunk and thread slot. For one thread. Errors of the file stick in the
 * writer; draining goes on regardless, so that a full disk never stops the host.
 */
#ifndef NPNTRACE_RECORDER_DRAIN_H
#define NPNTRACE_RECORDER_DRAIN_H

#include "format/trace_heap.h"
#include "recorder/tables.h"

#define DRAIN_COPIED_BYTES (512u << 10) /* waiting copies beyond this are merged inside a round */
#define DRAIN_HEAP_BATCH 1024u
#define DRAIN_REALLOC_NS UINT64_C(200000000) /* how long a realloc is waited for */
#define DRAIN_COMMIT_NS UINT64_C(2000000) /* from an event's stamp to its commit, as a rule */

struct drain_copy;

struct drain_chunk { /* what was taken from a chunk so far */
    uint64_t sequence;
    uint32_t consumed_bytes;
    uint32_t consumed_events;
    bool damaged;        /* nothing more is taken from it */
    uint64_t last_stamp; /* of the events taken */
    uint64_t listed;     /* the round that has it in its list */
    struct drain_copy *copy; /* where more of it goes; NULL: none yet, or none any more */
};

struct drain_slot { /* a thread slot of the segment */
    uint64_t dropped_events; /* that were accounted for by gaps */
    uint64_t last_stamp;
};

struct drain_stream { /* the copies of a thread's chunks at one nesting level, by sequence */
    struct drain_copy *first;
    struct drain_copy *last;
    bool listed; /* in drain->streams_waiting */
};

struct drain {
    struct segment *segment;
    struct tables *tables;
    struct trace_writer *out;

    struct drain_chunk *chunks;  /* by index */
    uint32_t chunks_used;        /* how many were ever used; never less than before */
    uint64_t chunks_found;       /* how many of the sequences handed out were seen */
    uint32_t scan_from;          /* where the next new chunk probably is */
    struct tables_array todo;    /* struct drain_todo: chunks to look at in this round */
    struct tables_array
        writing; /* uint32_t: indices of chunks that were WRITING at the last look */
    struct drain_slot *slots;
    uint64_t rounds;
    uint64_t round_stamp;  /* when the last round began */
    uint64_t untaken_from; /* what it left in the ring is not older; UINT64_MAX: nothing */
    uint64_t round_bytes;  /* what it took */
    uint64_t round_events;
    bool left_some;        /* it stopped before the last chunk */
    uint64_t rate_limit;   /* events per second, 0: none; for tests */
    uint64_t rate_until_ns; /* the limit is kept by taking nothing before */

    struct drain_stream *streams;          /* by thread slot and level, and one for lost souls */
    struct tables_array streams_waiting;   /* struct drain_stream *: those that hold events */
    struct drain_copy *spare;              /* copies that may be used again */
    uint64_t copied_events;                /* that were not merged yet, EVENT_STACKs included */
    uint64_t copied_bytes;
    uint64_t merge_at;                     /* copied_bytes at which a round merges */
    struct tables_array heads;             /* struct drain_head, while merging */

    struct tables_array gaps; /* struct trace_gap, in the segment's stamps */
    struct trace_events_writer columns;
    uint32_t column_events;   /* in columns that are not EVENT_STACKs */
    struct trace_heap_writer *heap; /* NULL before the first heap event */
    struct trace_heap_event *heap_batch; /* on their way there */
    uint32_t heap_batched;
    struct trace_buffer raw;  /* of the block being written */
    uint64_t first_stamp, last_stamp; /* of the events in columns, if there are any */
    struct trace_index_writer index;  /* of the blocks that were written */

    uint64_t events;         /* written, EVENT_STACKs and contexts not counted */
    uint64_t heap_events;    /* of these */
    uint64_t damaged_chunks;
    uint64_t damaged_events;
    int error;               /* -ENOMEM: events were lost for want of memory */
};

/* segment, tables and out must outlive drain. 0 or -errno. */
int drain_open(struct drain *drain, struct segment *segment, struct tables *tables,
               struct trace_writer *out);
void drain_close(struct drain *drain);

/* One round. `everything`: the process is gone, look at each chunk that ever existed. Returns
 * whether there was anything new. */
bool drain_round(struct drain *drain, bool everything);

/* How many events and gaps were taken and are not yet in the file. */
size_t drain_waiting(const struct drain *drain);

/* The last stamp before which everything was taken; see above. */
uint64_t drain_horizon(const struct drain *drain);

/*
 * Merges copied events up to the stamp `horizon` into blocks, which are written as they become
 * full; later ones stay (UINT64_MAX: there will be none before them). So blocks follow each other
 * in the order of time but for events that their thread committed long after it stamped them. 0 or
 * -errno; after an error nothing waits any more.
 */
int drain_merge(struct drain *drain, uint64_t horizon);

/* The same, and writes the blocks however short they are. */
int drain_flush(struct drain *drain, uint64_t horizon);

/* Writes what is left of the index, after the last events. 0 or -errno. */
int drain_index(struct drain *drain);

#endif
