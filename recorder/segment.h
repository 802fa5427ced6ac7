/* recorder/segment.h - the shared-memory segment of one traced process, as the recorder holds it */
/* SPDX-License-Identifier: MIT */

/*
 * The recorder makes the memfd, lays it out, and hands the descriptor to the process. From then on
 * everything in it may change at any time and mean anything: a host that overwrites its own memory
 * must not take the recorder with it. So offsets and counts come from a private copy of the layout,
 * never from the shared header; entries are copied before they are looked at; and the file is
 * sealed against shrinking.
 *
 * The process learns of the recorder's death from header->recorder_lock: the kernel stores
 * FUTEX_OWNER_DIED into the lock's first word when the recorder's thread ends in whatever way. A
 * robust pthread mutex would keep its list links in the shared memory, where the process could
 * damage them. The list here is the kernel's own (set_robust_list(2)), with links in a private page
 * mapped right before each segment:
 *
 *     | private page: list link | header: ... recorder_lock ... | tables | chunks |
 *       ^-- the same distance in all segments --^
 *
 * Everything is for one thread, the one that called segment_locks_install(): until
 * segment_locks_remove() it must not use robust mutexes of the C library.
 */
#ifndef NPNTRACE_RECORDER_SEGMENT_H
#define NPNTRACE_RECORDER_SEGMENT_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/ring.h"
#include "recorder/ticks.h"

struct segment_locks {
    struct robust_list_head head;
    struct robust_list_head *previous; /* the C library's */
};

struct segment {
    struct ring_header *header; /* first byte of the shared mapping */
    struct ring_layout layout;  /* private */
    int memfd;                  /* kept: tells which pages exist; passed to the process */
    struct segment_locks *locks;
    struct robust_list *link;
    bool abandoned;
    struct ticks ticks; /* of its stamps */
};

/* locks must stay where it is for the life of the thread. 0 or -errno. */
int segment_locks_install(struct segment_locks *locks);

/* The C library's list again; all segments must have been destroyed. */
void segment_locks_remove(struct segment_locks *locks);

/* Makes, lays out, maps and locks a segment of about `bytes`. 0 or -errno. */
int segment_create(struct segment *segment, struct segment_locks *locks, uint64_t bytes,
                   enum ring_policy policy);

/* The recorder stops though the process goes on: leaves the lock as if it had died, so that nobody
 * waits for it. The segment can still be read. May be called twice. */
void segment_abandon(struct segment *segment);

/* Abandons and unmaps it. */
void segment_destroy(struct segment *segment);

void segment_beat(struct segment *segment);       /* once a round */
void segment_wake_writers(struct segment *segment); /* after chunks became free */

/* A chunk that was FULL and has been copied is for the writers again. */
void segment_free_chunk(struct segment *segment, uint32_t index);

/* False if the part of the header that nobody may write was written to. */
bool segment_is_intact(const struct segment *segment);

/* Entry `index` of an area, NULL beyond its end. */
void *segment_entry(const struct segment *segment, enum ring_area area, uint32_t index);

/* Calls each(context, entry) for the entries on pages that exist, until it returns other than 0;
 * passes that on. The other entries are all zero, and reading them would make their pages. */
int segment_each(const struct segment *segment, enum ring_area area,
                 int (*each)(void *context, const void *entry), void *context);

/* How many entries of a table are in use: bounded by its capacity. */
uint32_t segment_used(const struct segment *segment, enum ring_area area);

/* Copies the text of a string, NUL-terminated and cut to fit. Returns its length; 0 for 0, for what
 * lies outside the area, and for what is no string. */
uint32_t segment_string(const struct segment *segment, uint32_t string, char *text,
                        uint32_t capacity);

#endif
