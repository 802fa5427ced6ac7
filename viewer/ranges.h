/* viewer/ranges.h - arrays sorted by the address at which each item begins */
/* SPDX-License-Identifier: MIT */

/* Items are structures whose first member is that address, a uint64_t. */
#ifndef NPNTRACE_VIEWER_RANGES_H
#define NPNTRACE_VIEWER_RANGES_H

#include <stddef.h>
#include <stdint.h>

/* For qsort. */
static inline int ranges_compare(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* How many of the items begin at or below address: the last one of them is the one to look at. */
static inline size_t ranges_upto(const void *items, size_t count, size_t item_bytes,
                                 uint64_t address)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (*(const uint64_t *)((const char *)items + middle * item_bytes) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
