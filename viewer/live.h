/* viewer/live.h - what plug-ins hold and do now, from one look to the next */
/* SPDX-License-Identifier: MIT */

/*
 *   follow_read() ---> numbers so far ---> rows: numbers, what grew, how fast
 *                      the last look's -/
 *
 * A row is a plug-in, an instance or a call stack, and either NPN or heap memory: the two have
 * peaks of their own, so they are not added up. Rates are over the time since the look before;
 * growth is since the first look, or since the plug-in, instance or stack appeared.
 *
 * Rows of stacks: equal stacks are one (viewer/stacks.h). Their peaks are not known.
 *
 * Threads: one. Memory: by plug-ins, instances, live blocks and distinct stacks; until
 * live_close().
 */
#ifndef NPNTRACE_VIEWER_LIVE_H
#define NPNTRACE_VIEWER_LIVE_H

#include "viewer/follow.h"
#include "viewer/names.h"
#include "viewer/options.h"
#include "viewer/stacks.h"

enum live_kind { LIVE_TOTAL, LIVE_PLUGIN, LIVE_INSTANCE, LIVE_STACK };

struct live_row {
    enum live_kind kind;
    bool is_heap;
    bool is_over;      /* an instance that was destroyed, a plug-in that was shut down */
    bool has_rate;     /* false at the first look, and after one that failed */
    bool lacks_peak;   /* LIVE_TOTAL only: it is not known */
    uint32_t plugin;   /* id; 0: none known, of the heap the host */
    uint32_t instance; /* serial, LIVE_INSTANCE only */
    uint32_t group;    /* LIVE_STACK only: for live_stack() */
    uint64_t allocs, bytes, frees; /* so far */
    uint64_t live_blocks, live_bytes;
    uint64_t peak_bytes; /* stacks: 0 */
    int64_t growth_bytes;
    double allocs_per_s, bytes_per_s;
};

/* What rates and growth are counted from. */
struct live_past {
    uint64_t allocs, bytes;
    uint64_t first_live;
    bool is_known;
};

struct live_pasts {
    struct live_past *list;
    size_t count;
};

struct live_group; /* live_stacks.c */

struct live {
    struct follow *follow;
    const struct options *options; /* --plugin, --no-symbols */
    uint64_t before_stamp;         /* of the look before the last one; 0: none */
    double seconds;                /* between the two; 0: none */
    struct live_row totals[2];     /* [is_heap]; with --plugin of those, else of all and the host */
    struct live_row *rows;         /* plug-ins by id, each with its instances behind it */
    size_t row_count, row_capacity;
    struct live_row *stack_rows;
    size_t stack_row_count, stack_row_capacity;
    struct live_past total_pasts[2];
    struct live_pasts plugin_pasts[2], instance_pasts[2];
    struct stacks *stacks;
    struct names *names;       /* of the pinned recording; NULL: not made yet */
    size_t names_modules;      /* that it knows */
    struct live_group *groups; /* index 0 is unused */
    size_t group_count, group_capacity;
    struct live_group_index *group_index;
    uint32_t *group_of[2]; /* by sum, [is_heap] */
    size_t group_of_count[2];
};

/* Takes the follow over, which has been read. */
struct live *live_begin(struct follow *follow, const struct options *options);

/* Looks again: reads what is new, then makes the rows. False: see follow_read(); rows stay. */
bool live_look(struct live *live, struct problem *ret_problem);

/* The stack of a row, in live->stacks. */
uint32_t live_stack(const struct live *live, const struct live_row *row);

/* One line for a stack's row: the function that asked, of the plug-in's own if there is one. Kept
 * by live. */
const char *live_stack_text(struct live *live, const struct live_row *row);

/* Names for live->stacks, made when they are first asked for. */
struct names *live_names(struct live *live);

void live_close(struct live *live); /* NULL is fine */

/* Is this plug-in, by id, to be shown? */
bool live_wants(const struct live *live, uint32_t plugin);

/* The same of all of them, by id, 0: the host. The caller frees it. */
bool *live_wanted(const struct live *live);

/* For live.c and live_stacks.c. */
struct live_row *live_add_row(struct live_row **rows, size_t *count, size_t *capacity);
void live_rate(const struct live *live, struct live_row *row, struct live_past *past);
void live_stacks_look(struct live *live);
void live_stacks_free(struct live *live);

#endif
