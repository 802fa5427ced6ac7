/* viewer/profile_reading.h - a profile while its events are read */
/* SPDX-License-Identifier: MIT */

/*
 *   event --> is it selected? --> row (by node, plug-in, instance) --> block in a table of live
 * ones profile_events.c    profile_rows.c                       profile_events.c
 *                                     |
 *                                     +--> sums, peaks, timeline       profile_sums.c
 *
 * All blocks are followed, selected or not, since a free names an address alone: those that are not
 * selected are of row ROW_NONE. Threads: one. Memory: by live blocks, rows and samples.
 */
#ifndef NPNTRACE_VIEWER_PROFILE_READING_H
#define NPNTRACE_VIEWER_PROFILE_READING_H

#include "viewer/heap_table.h"
#include "viewer/profile.h"

enum {
    ROW_NONE,     /* of blocks that are not selected */
    ROW_RECEIVED, /* of selected blocks that the browser gave: they are counted, no more */
    ROW_FIRST
};

/*
 * What a row had at the peak: `live` until the row changes, and what is kept here from then on.
 * `number` is that of the peak for which it was kept: see struct reading.
 */
struct reading_row {
    struct profile_row row;
    uint64_t number;
};

/* Of a node: the owner that was asked for last, and the row of both. */
struct reading_cell {
    uint32_t plugin, instance;
    uint32_t row;
    bool is_set;
};

struct reading_cells { /* by node */
    struct reading_cell *list;
    size_t capacity;
};

struct reading_rows {
    struct reading_row *list;
    size_t count, capacity;
    struct reading_cells cells[PROFILE_DOMAINS][2]; /* nodes of the recording, own nodes */
    struct seen_owner *seen_owners;
    struct seen_row *seen_rows;
    struct filter_seen seen_frames;
    struct charge_seen seen_charges;
};

struct reading_live {
    uint64_t blocks, bytes, peak_bytes;
};

struct reading_plugin {
    struct reading_live live;
    struct profile_sample now; /* of the interval */
    struct profile_sample *samples;
    bool has_any;
};

struct reading_thread {
    uint32_t tid;
    struct profile_thread sums[PROFILE_DOMAINS]; /* tid and domain: at the end */
    uint64_t newest[PROFILE_DOMAINS];            /* key of the block that it allocated last */
};

struct reading_changes {
    struct profile_change *list;
    size_t count, capacity, most; /* most 0: they are not wanted, or were too many */
    uint32_t *latest;             /* by row: its latest change + 1 */
    size_t latest_capacity;
};

struct reading {
    struct session *session;
    const struct filter *filter;
    struct filter_range range;
    struct profile *profile;
    const struct profile_watch *watch; /* NULL: nobody */
    struct reading_rows rows;
    struct heap_table live[PROFILE_DOMAINS]; /* key: NPN a digest, heap the address */
    struct heap_table remembered;            /* as in viewer/heap_sums.h */
    struct heap_table early;                 /* NPN frees that came before their allocation */
    struct reading_live sums, domains[PROFILE_DOMAINS];
    struct reading_plugin *plugins;          /* by id */
    struct reading_live *instances;          /* by serial */
    const struct profile_grouping *grouping; /* NULL: none */
    struct reading_live *groups;
    size_t group_count, group_capacity;
    uint64_t peak_numbers[PROFILE_DOMAINS]; /* how many peaks there were for rows of a domain */
    bool has_peak_of_each;                  /* those of its own, else those of both together */
    struct reading_thread *threads;
    size_t thread_count, thread_capacity;
    struct seen_thread *seen_threads;
    uint32_t last_thread; /* that was asked for */
    struct reading_changes changes;
    size_t sample_count, sample_at;
    uint64_t sample_end; /* stamp at which the interval is over */
};

/* The row of a selected owner and node, ROW_NONE if the filter does not want them. */
uint32_t reading_row_of(struct reading *reading, enum leak_domain domain, uint32_t plugin,
                        uint32_t instance, uint32_t node);

/* To have what events need at hand when it is their turn. */
void reading_fetch(const struct reading *reading, const struct trace_heap_event *events,
                   size_t left);

void reading_rows_free(struct reading_rows *rows);

/* A thread's number. */
uint32_t reading_thread_of(struct reading *reading, uint32_t tid);
void reading_threads_free(struct reading *reading);

/* An allocation of a row, from ROW_FIRST on, and the end of a block. */
void reading_add_block(struct reading *reading, uint32_t row, uint64_t size_bytes, uint64_t stamp,
                       uint32_t thread);
void reading_end_block(struct reading *reading, const struct heap_block *block, uint64_t stamp);

/* What changed in the interval that is being read, where that is wanted. */
void reading_note_alloc(struct reading *reading, uint32_t row, uint64_t size_bytes);
void reading_note_end(struct reading *reading, uint32_t row, uint64_t size_bytes);
void reading_note_temporary(struct reading *reading, uint32_t row);

/* All intervals that are over at this stamp get their samples. */
void reading_close_intervals(struct reading *reading, uint64_t stamp);
void reading_end_intervals(struct reading *reading);

void reading_npn_event(struct reading *reading, const struct recorded_event *recorded);
void reading_heap_event(struct reading *reading, const struct trace_heap_event *event);

/* After the last event. */
void reading_end_remembered(struct reading *reading);

#endif
