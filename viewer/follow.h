/* viewer/follow.h - a recording that is read again and again while it grows */
/* SPDX-License-Identifier: MIT */

/*
 *   recording_open() --> what is new of its events --> model
 *         ^                                              |
 *         +--------------- follow_read() again <---------+
 *
 * Tables (plug-ins, instances, counters, live NPN blocks) are small and are copied anew each time;
 * events are read once, from where the last reading ended up to the moment at which this one began.
 * So a look costs what happened since the last one, and the process that is looked at is not
 * touched: the file is mapped read-only, and nothing is signalled, stopped or waited for.
 *
 * The model is that of viewer/model.h but for two things: with counters (rings) its numbers are
 * always the process's own, and what plug-ins allocated on the heap is in `heap_plugins`, not in
 * the model's table.
 *
 * What a flight recorder overwrote before it was read is missed, and counted. A trace file loses
 * nothing, but its recorder writes up to half a second late.
 *
 * The file stays open, so that it may be removed or replaced meanwhile. Threads: one. Memory: as a
 * recording and a model take; until follow_close().
 */
#ifndef NPNTRACE_VIEWER_FOLLOW_H
#define NPNTRACE_VIEWER_FOLLOW_H

#include "viewer/model.h"
#include "viewer/source_ring.h"

#include <sys/stat.h>

struct follow {
    char *name;      /* of the file, for people */
    char *open_name; /* of the descriptor, for recording_open() */
    int fd;
    struct stat status;          /* when it was read */
    bool is_settled;             /* nobody had written to it for a while then */
    struct recording *recording; /* as of the last reading */
    struct recording *pinned;    /* see follow_pin() */
    struct model *model;
    struct trace_counters *heap_plugins; /* by id; 0: the host */
    size_t plugin_room, instance_room;   /* of the tables */
    uint64_t readings;
    uint64_t stamp;         /* of the last reading, CLOCK_MONOTONIC nanoseconds */
    uint64_t missed_events; /* overwritten before they were read */
    uint64_t work_ns;       /* of a processor, that the last reading took */
    /* A ring: by chunk, and what was overwritten, read or not. */
    struct ring_run *chunks;
    uint64_t overwritten_read, overwritten_before;
    /* A trace file: blocks read. */
    size_t runs_read, heap_parts_read;
};

/* Opens a file and reads it for the first time. NULL: *ret_problem says why. */
struct follow *follow_open(const char *path, struct problem *ret_problem);

/* The same for a descriptor, which it takes over even if it fails. */
struct follow *follow_open_fd(int fd, const char *name, struct problem *ret_problem);

/* Reads what is new. False: the file cannot be read any more, *ret_problem says why, and the
 * numbers are those of the last time. */
bool follow_read(struct follow *follow, struct problem *ret_problem);

/* The process runs and records, or the recorder has not written its end yet: the process runs, or
 * the file was written to in the last seconds. */
bool follow_goes_on(const struct follow *follow);

/* Events that the model is without, as far as known. */
uint64_t follow_lost_events(const struct follow *follow);

/* Keeps the recording as it is now open beside the newer ones, and lets go of the one kept before:
 * for what holds on to a recording (viewer/names.h). Tables only grow, so ids stay. */
const struct recording *follow_pin(struct follow *follow);

void follow_close(struct follow *follow); /* NULL is fine */

/* For follow.c: reads the new events of one kind of file. */
void follow_ring_read(struct follow *follow, struct recording *recording);
void follow_trace_read(struct follow *follow, struct recording *recording);
void follow_heap_events(struct follow *follow, struct recording *recording);

#endif
