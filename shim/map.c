/* shim/map.c - a small table from one word to another */
/* SPDX-License-Identifier: MIT */

#include "shim/map.h"

#include <stddef.h>

#include "tracer/sys.h"
#include "tracer/tracer.h"

#define FIRST_CAPACITY 256u

static uint32_t home_of(const struct map *map, uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (map->capacity - 1);
}

/* The entry of key, or the free one where it belongs. The table is never full. */
static struct map_entry *slot_of(const struct map *map, uint64_t key)
{
    uint32_t at = home_of(map, key);

    while (map->entries[at].key != 0 && map->entries[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->entries[at];
}

static bool grow(struct map *map)
{
    struct map bigger = {.capacity = map->capacity != 0 ? map->capacity * 2 : FIRST_CAPACITY};

    bigger.entries = sys_map((size_t)bigger.capacity * sizeof(*bigger.entries));
    if (bigger.entries == NULL)
        return false;
    bigger.count = map->count;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key != 0)
            *slot_of(&bigger, map->entries[i].key) = map->entries[i];
    if (map->entries != NULL)
        sys_unmap(map->entries, (size_t)map->capacity * sizeof(*map->entries));
    *map = bigger;
    return true;
}

/* Closes the gap, so that no search ends too early. */
static void remove_entry(struct map *map, struct map_entry *entry)
{
    uint32_t mask = map->capacity - 1;
    uint32_t hole = (uint32_t)(entry - map->entries);

    for (uint32_t at = (hole + 1) & mask; map->entries[at].key != 0; at = (at + 1) & mask) {
        uint32_t home = home_of(map, map->entries[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole].key = 0;
    map->count--;
}

bool map_set(struct map *map, uint64_t key, uint64_t value)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return false;
    bool room = (map->count + 1) * 2 <= map->capacity || grow(map);
    if (room) {
        struct map_entry *entry = slot_of(map, key);
        map->count += entry->key == 0;
        *entry = (struct map_entry){.key = key, .value = value};
    }
    lock_release(lock, &mask);
    return room;
}

static bool look_up(struct map *map, uint64_t key, uint64_t *ret_value, bool remove)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (map->count == 0 || lock == NULL || !lock_acquire(lock, &mask))
        return false;
    struct map_entry *entry = slot_of(map, key);
    bool found = entry->key != 0;
    if (found) {
        *ret_value = entry->value;
        if (remove)
            remove_entry(map, entry);
    }
    lock_release(lock, &mask);
    return found;
}

bool map_get(struct map *map, uint64_t key, uint64_t *ret_value)
{
    return look_up(map, key, ret_value, false);
}

bool map_take(struct map *map, uint64_t key, uint64_t *ret_value)
{
    return look_up(map, key, ret_value, true);
}

void map_remove(struct map *map, uint64_t key)
{
    uint64_t value;

    look_up(map, key, &value, true);
}
