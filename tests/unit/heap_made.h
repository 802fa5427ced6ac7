/* tests/unit/heap_made.h - heap events as programs make them, by the million */
/* SPDX-License-Identifier: MIT */

/*
 * A simulated process: routines that allocate, free most of it and keep the rest, run by several
 * threads in an order of chance, over a simulated allocator which hands out the block of a size
 * that was freed last, as real ones do. The same seed makes the same events. The simulation keeps
 * its own account, so that a reader can be compared with it. One thread; any failure ends the
 * program.
 */
#ifndef NPNTRACE_TESTS_UNIT_HEAP_MADE_H
#define NPNTRACE_TESTS_UNIT_HEAP_MADE_H

#include "format/trace.h"
#include "format/trace_heap.h"

#define HEAP_MADE_PLUGINS 2 /* and the host */
#define HEAP_MADE_THREADS 4
#define HEAP_MADE_START UINT64_C(1000000000)

struct heap_made;

/* stacks: distinct ones, each a node; live: blocks that the process holds in its steady state. */
struct heap_made *heap_made_new(uint64_t seed, uint32_t stacks, uint32_t live);
void heap_made_free(struct heap_made *made);

/* The next `count` events, ascending in stamp. */
void heap_made_next(struct heap_made *made, struct trace_heap_event *events, size_t count);

/* What happened so far: by plug-in (0: the host), with peaks; and all together. */
const struct trace_counters *heap_made_plugin(const struct heap_made *made, uint32_t plugin);
const struct trace_counters *heap_made_totals(const struct heap_made *made);

uint32_t heap_made_stacks(const struct heap_made *made);
uint64_t heap_made_now(const struct heap_made *made); /* stamp of the last event */

/* Allocations and bytes of a node, by whichever plug-in. */
void heap_made_stack(const struct heap_made *made, uint32_t node, uint64_t *ret_allocs,
                     uint64_t *ret_bytes);

/* Writes a trace file of `count` further events to fd, and closes that. Returns its size. */
uint64_t heap_made_save(struct heap_made *made, uint64_t count, int fd);

#endif
