/* tracer/heap_set.c - the addresses of plug-ins' heap blocks */
/* SPDX-License-Identifier: MIT */

#include "tracer/heap_set.h"

#include <stdatomic.h>

#include "tracer/sys.h"

#define SET_SLOTS (1u << 22)
#define MAX_REACH 255u

struct heap_set {
    _Atomic uint64_t address[SET_SLOTS]; /* 0: free */
    _Atomic uint8_t reach[SET_SLOTS];
};

static uint32_t home_of(uint64_t address)
{
    return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SET_SLOTS;
}

struct heap_set *heap_set_map(void)
{
    return sys_map(sizeof(struct heap_set));
}

static void widen(_Atomic uint8_t *reach, uint32_t distance)
{
    uint8_t seen = atomic_load_explicit(reach, memory_order_relaxed);

    while (distance > seen &&
           !atomic_compare_exchange_weak_explicit(reach, &seen, (uint8_t)distance,
                                                  memory_order_release, memory_order_relaxed))
        continue;
}

bool heap_set_add(struct heap_set *set, uint64_t address)
{
    uint32_t home = home_of(address);

    for (uint32_t i = 0; i <= MAX_REACH; i++) {
        _Atomic uint64_t *slot = &set->address[(home + i) % SET_SLOTS];
        uint64_t seen = atomic_load_explicit(slot, memory_order_relaxed);
        if (seen == address)
            return true;
        if (seen != 0)
            continue;
        /* Before the entry: who finds it later must look so far. */
        widen(&set->reach[home], i);
        if (atomic_compare_exchange_strong_explicit(slot, &seen, address, memory_order_release,
                                                    memory_order_relaxed))
            return true;
    }
    return false;
}

/* The slot of an address; NULL: it is not there. */
static inline _Atomic uint64_t *find(struct heap_set *set, uint64_t address)
{
    uint32_t home = home_of(address);
    uint32_t reach = atomic_load_explicit(&set->reach[home], memory_order_acquire);

    for (uint32_t i = 0; i <= reach; i++) {
        _Atomic uint64_t *slot = &set->address[(home + i) % SET_SLOTS];
        if (atomic_load_explicit(slot, memory_order_relaxed) == address)
            return slot;
    }
    return NULL;
}

bool heap_set_holds(struct heap_set *set, uint64_t address)
{
    return find(set, address) != NULL;
}

bool heap_set_remove(struct heap_set *set, uint64_t address)
{
    _Atomic uint64_t *slot;

    while ((slot = find(set, address)) != NULL) {
        uint64_t seen = address;
        if (atomic_compare_exchange_strong_explicit(slot, &seen, 0, memory_order_acquire,
                                                    memory_order_relaxed))
            return true;
    }
    return false;
}
