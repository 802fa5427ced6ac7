/* tests/unit/viewer_made.h - recordings made by hand, for the viewer's tests */
/* SPDX-License-Identifier: MIT */

/*
 * A made ring follows the protocol of format/ring.h, and its events, counters and table of live
 * blocks agree. The same content can be written as a trace file. Calls stand for what a process
 * would do, and stamps count up by MADE_TICK_NS from MADE_START. Any failure ends the test program.
 */
#ifndef NPNTRACE_TESTS_UNIT_VIEWER_MADE_H
#define NPNTRACE_TESTS_UNIT_VIEWER_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/event.h"
#include "format/finding.h"
#include "format/ring.h"

#define MADE_START UINT64_C(1000000000)
#define MADE_TICK_NS 1000
#define MADE_THREADS 4
#define MADE_MAX_EVENTS 4096

struct made_recorded {
    struct event event;
    uint32_t thread;
};

struct made_context { /* whose the heap events of a thread are, in its chunk */
    const struct ring_chunk *chunk;
    uint32_t plugin, instance;
};

struct made {
    void *base;
    uint64_t bytes;
    struct ring_header *header;
    uint64_t now;
    struct ring_chunk *chunks[MADE_THREADS];      /* being written */
    struct made_recorded events[MADE_MAX_EVENTS]; /* all, in order, for the trace file */
    size_t event_count;
    struct made_context contexts[MADE_THREADS];
};

/* An empty recording of the smallest size (bytes 0) or of about `bytes`, of a process that has
 * ended. */
struct made *made_new(uint64_t bytes);
void made_free(struct made *made);

uint32_t made_string(struct made *made, const char *text);
uint32_t made_module(struct made *made, const char *path, uint32_t epoch, uint64_t start,
                     uint64_t end, uint32_t flags);
uint32_t made_plugin(struct made *made, const char *path);
uint32_t made_instance(struct made *made, uint32_t plugin, const char *mime);
void made_page(struct made *made, uint32_t instance, const char *address);
void made_destroy(struct made *made, uint32_t instance);
void made_shutdown(struct made *made, uint32_t plugin);

uint32_t made_node(struct made *made, uint32_t parent, uint32_t flags, uint64_t pc);

/* A stack of pcs, innermost first, under the root of an epoch. */
uint32_t made_stack(struct made *made, uint64_t epoch, const uint64_t *pcs, size_t count);

/* What NPN_MemAlloc and the others do. A free of an unknown address counts as one. */
void made_alloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                uint64_t address, uint32_t size, uint32_t node);
void made_free_block(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                     uint64_t address, uint32_t node);
void made_flush(struct made *made, uint32_t thread, uint32_t plugin);

/* The browser gives the plug-in a block; the plug-in releases one by NPN_ReleaseVariantValue; it
 * gives one to the browser. What is released or handed over is live; what is received may be one
 * that is live: then it was freed elsewhere. */
void made_received(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                   enum npn_origin origin, uint64_t address, uint32_t size, uint32_t node);
void made_released(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                   uint64_t address, uint32_t node);
void made_handed(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                 enum npn_way way, uint64_t address, uint32_t node);

/* One reference more or less, by the step: event and table. */
void made_object(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                 enum object_step step, uint64_t address, uint32_t node);

/* A finding, now: once, about nothing. The entry of the table is the caller's to fill in. */
struct ring_finding *made_finding(struct made *made, enum finding_kind kind, uint32_t plugin,
                                  uint32_t instance, uint32_t node);

/* What malloc and free do, as the tracer records them. size is 64 bits wide. */
void made_heap_alloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                     uint64_t address, uint64_t size, uint32_t node);
void made_heap_free(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                    uint64_t address);
/* One commit: the free stamped at `before`, the allocation now. */
void made_heap_realloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                       uint64_t before, uint64_t old, uint64_t address, uint64_t size,
                       uint32_t node);
/* Any heap event, stamped by the caller. */
void made_heap(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
               const struct event *events, unsigned count);
uint64_t made_tick(struct made *made); /* lets time go on, and returns it */

/* Commits one event, stamped, with nothing else done. */
void made_event(struct made *made, uint32_t thread, struct event *event);
void made_commit(struct made *made, uint32_t thread, const struct event *events, unsigned count);

struct ring_live *made_live(struct made *made, uint64_t address);

/* Writes the ring, or the same as a trace file; with_state: as a recorder that saw the end does. */
void made_save_ring(const struct made *made, int fd);
void made_save_trace(const struct made *made, int fd, bool with_state);

/* The recording that most tests use: two plug-ins, three instances, four live blocks. */
struct made *made_example(void);

/* The same with heap events of the host, both plug-ins and an instance: see viewer-heap.c. */
struct made *made_heap_example(void);

/* A new file without a name, and the path by which it can be opened. */
int made_file(void);
const char *made_path(int fd);

#endif
