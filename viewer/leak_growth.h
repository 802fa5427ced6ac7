/* viewer/leak_growth.h - which leaks are the likeliest to be some */
/* SPDX-License-Identifier: MIT */

/*
 * A cache fills once; a leak grows for as long as the plug-in runs. What is live at the end tells
 * when it came, and so, without the order of events:
 *
 *   parts of the time   |  1  |  2  |  3  |  4  |  5  |  6  |  7  |  8  |
 *   a cache             |  40 |   2 |     |     |     |     |     |     |   steady
 *   a leak              |  12 |  11 |  13 |  12 |  12 |  11 |  12 |  12 |   grows by time
 *
 * The time is the plug-in's, from when it was met until it was shut down or the recording ended.
 * A leak grows by time if at least LEAK_GROWTH_PARTS of its LEAK_PARTS have something left, and by
 * instance if two or more instances that are over (model_is_over()) left something. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_LEAK_GROWTH_H
#define NPNTRACE_VIEWER_LEAK_GROWTH_H

#include "viewer/leaks.h"

#define LEAK_GROWTH_PARTS 6u

/* The part of a plug-in's time (0: the host's) that a stamp is in. */
unsigned leak_growth_part(const struct model *model, uint32_t plugin, uint64_t stamp);

/* How long before the recording's end a stamp was, in ns. */
uint64_t leak_growth_age(const struct model *model, uint64_t stamp);

/* Sets what a leak's shares and parts tell. */
void leak_growth_find(const struct model *model, struct leak *leak);

enum leaks_order {
    LEAKS_BY_SUSPICION, /* what grows, what outlived its plug-in or instance, what else is live;
                           each by bytes, objects behind */
    LEAKS_BY_BYTES,
    LEAKS_BY_BLOCKS, /* and objects */
    LEAKS_BY_FIRST,  /* the oldest first */
    LEAKS_BY_LAST,   /* the newest first */
    LEAKS_ORDERS
};

void leaks_sort(struct leaks *leaks, enum leaks_order order);

#endif
