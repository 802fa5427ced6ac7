/* viewer/filter.h - which allocations a question is about */
/* SPDX-License-Identifier: MIT */

/*
 * A filter selects allocations, by when, by whom, how big and from where; blocks, frees, peaks and
 * lifetimes follow from them. A block that was allocated before the range of time is not in it,
 * even if it was freed within; what was freed after the range is live at its end.
 *
 * Several options of different kinds must all hold. Of --module, --function, --file and --match one
 * frame of the stack must satisfy all kinds that were given; several of one kind, any of them. So a
 * stack is decided once, and its frames share what their callers were found to be.
 *
 * --plugin is one of the shared options: plug-ins are those of session.wanted.
 *
 *   static const struct argp_child children[] = {
 *       {&options_shared_argp, 0, NULL, 0}, {&filter_argp, 0, "Which allocations:", 6}, {0}};
 *
 * with state->child_inputs[1] = &filter at ARGP_KEY_INIT. Threads: one. Memory: until
 * filter_free(). An all-zero filter selects everything.
 */
#ifndef NPNTRACE_VIEWER_FILTER_H
#define NPNTRACE_VIEWER_FILTER_H

#include "viewer/charge.h"
#include "viewer/session.h"

#include <argp.h>
#include <regex.h>

enum filter_unit { FILTER_UNSET, FILTER_NS, FILTER_PERCENT };

/* Since the start of the recording. */
struct filter_time {
    enum filter_unit unit;
    uint64_t ns;
    double percent; /* of the recording's duration */
};

struct filter_words { /* globs */
    const char **list;
    size_t count, capacity;
};

struct filter_numbers {
    uint64_t *list;
    size_t count, capacity;
};

enum filter_memory { FILTER_MEMORY_ALL, FILTER_MEMORY_NPN, FILTER_MEMORY_HEAP };

struct filter {
    struct filter_time from, to;
    struct filter_numbers instances; /* serials */
    struct filter_numbers tids;
    bool has_sizes;
    uint64_t least_bytes, most_bytes; /* inclusive */
    struct filter_words modules, functions, files;
    regex_t *matches; /* on functions' names */
    size_t match_count, match_capacity;
    enum filter_memory memory;
    enum charge charge;
};

extern const struct argp filter_argp;

/* NULL is a filter that selects everything, here and below. */
void filter_free(struct filter *filter);

/* Nothing is asked but, perhaps, plug-ins: all numbers are those of the plain report. The charging
 * rule does not count. */
bool filter_is_empty(const struct filter *filter);

bool filter_has_stacks(const struct filter *filter);

/* Absolute stamps, inclusive. Without --from 0, without --to UINT64_MAX. */
struct filter_range {
    uint64_t from, to;
};
struct filter_range filter_range(const struct filter *filter, const struct recording *recording);

bool filter_takes_instance(const struct filter *filter, uint32_t instance);
bool filter_takes_thread(const struct filter *filter, uint32_t tid);
bool filter_takes_size(const struct filter *filter, uint64_t size_bytes);

/* What was found of frames already. All-zero is empty. */
struct filter_seen {
    uint8_t *frames; /* by frame of stacks: 0 not known, 1 no, 2 yes: itself or a caller of it */
    size_t capacity;
};
bool filter_takes_stack(const struct filter *filter, const struct session *session,
                        struct filter_seen *seen, uint32_t stack);
void filter_seen_free(struct filter_seen *seen);

#endif
