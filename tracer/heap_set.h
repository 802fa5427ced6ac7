/* tracer/heap_set.h - the addresses of plug-ins' heap blocks */
/* SPDX-License-Identifier: MIT */

/*
 * With RING_HEAP_PLUGINS only calls by plug-ins are recorded, but what they allocate may be freed
 * by anybody. So the addresses are kept in a set: open addressing, lock-free, emptied slots need no
 * tombstones, because for each home slot the farthest distance of any entry that it ever had is
 * kept (as in tracer/live.c). Memory: touched as needed. Any thread, signal handlers.
 */
#ifndef NPNTRACE_TRACER_HEAP_SET_H
#define NPNTRACE_TRACER_HEAP_SET_H

#include <stdbool.h>
#include <stdint.h>

struct heap_set;

/* NULL: no memory. */
struct heap_set *heap_set_map(void);

/* False: no room. */
bool heap_set_add(struct heap_set *set, uint64_t address);

bool heap_set_holds(struct heap_set *set, uint64_t address);

/* True if it was there. */
bool heap_set_remove(struct heap_set *set, uint64_t address);

#endif
