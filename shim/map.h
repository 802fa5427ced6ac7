/* shim/map.h - a small table from one word to another */
/* SPDX-License-Identifier: MIT */

/*
 * Open addressing in memory of our own; grows by doubling. Under the shim's lock, with signals
 * blocked, so it may be used from any thread and any handler; not for hot paths. A map that is all
 * zeros is empty.
 */
#ifndef NPNTRACE_SHIM_MAP_H
#define NPNTRACE_SHIM_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct map_entry {
    uint64_t key; /* 0: free */
    uint64_t value;
};

struct map {
    struct map_entry *entries;
    uint32_t capacity; /* a power of two */
    uint32_t count;
};

/* False: no memory, or inside the lock already; the map is as before. key is not 0. */
bool map_set(struct map *map, uint64_t key, uint64_t value);
bool map_get(struct map *map, uint64_t key, uint64_t *ret_value);
void map_remove(struct map *map, uint64_t key);

/* Get and remove at once. */
bool map_take(struct map *map, uint64_t key, uint64_t *ret_value);

#endif
