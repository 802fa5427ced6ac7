/* viewer/profile.h - one answer that many verbs print: who allocated what, where, when */
/* SPDX-License-Identifier: MIT */

/*
 *   recording --(filter)--> profile --> report, tree, timeline, export, flame, html
 *
 * A profile is made of the events, read once more in the order of their stamps: heap events paired
 * as viewer/heap_sums.h says, NPN events by what they tell of their block. Its rows are all
 * selected allocations by owner and stack; sums of rows are the numbers of everything else. Without
 * a filter the numbers are those of the plain report, but for two: peaks are in the order of the
 * stamps, where the plain report has those that the process itself counted, and "temporary" goes by
 * thread.
 *
 * The moment of the peak is the first at which most bytes of selected blocks were live: of both
 * domains together, and of each. What each row had then is kept while reading, at the first change
 * of a row after it.
 *
 * Where events are missing (partial), numbers are of what is left; blocks that the process listed
 * as live at the end are live in them, allocated or not.
 *
 * NPN memory comes from the host's heap as a rule: with the host's heap recorded as well, one block
 * may be in both domains. Sums over both are what the rows say, no more; what has an index of
 * domains has each.
 *
 * Threads: one. Memory: by live blocks, rows and samples; until profile_free().
 */
#ifndef NPNTRACE_VIEWER_PROFILE_H
#define NPNTRACE_VIEWER_PROFILE_H

#include "viewer/filter.h"
#include "viewer/leaks.h"
#include "viewer/session.h"

#define PROFILE_CLASSES 65
#define PROFILE_DOMAINS 2 /* LEAK_NPN, LEAK_HEAP */

struct profile_row { /* one owner, one stack */
    enum leak_domain domain;
    uint32_t plugin;   /* id; 0: of the heap the host, else unknown */
    uint32_t instance; /* serial; 0: none known */
    uint32_t stack;    /* of struct stacks */
    uint32_t charged;  /* the frame of it that the charging rule chose; 0: none */
    uint32_t number;   /* by which changes name it */
    uint32_t group;    /* as profile_build_grouped() was told, else 0 */
    uint64_t allocs, bytes;
    uint64_t frees;                         /* of these blocks, by anybody, within the range */
    uint64_t live_blocks, live_bytes;       /* at the end of the range */
    uint64_t at_peak_blocks, at_peak_bytes; /* at profile.peak_stamp, or that of peaks[domain] */
    uint64_t peak_bytes;                    /* the most of this row */
    uint64_t temporary;                     /* freed before the same thread allocated again */
    uint64_t first_stamp, last_stamp;       /* of its allocations; 0: none was seen */
};

struct profile_sample { /* at the end of an interval */
    uint64_t stamp;
    uint64_t live_blocks, live_bytes;
    uint64_t peak_bytes;           /* the most within the interval */
    uint64_t allocs, bytes, frees; /* within the interval */
};

struct profile_track {
    uint32_t plugin; /* id; 0: the host's own heap */
    struct profile_sample *samples;
};

/* What happened to a row within an interval, if anything did. */
struct profile_change {
    uint32_t number; /* of the row */
    uint32_t sample;
    uint64_t allocs, bytes, temporary;
    int64_t live_blocks, live_bytes; /* by how much they changed */
};

struct profile_thread { /* one thread, one domain */
    uint32_t tid;
    enum leak_domain domain;
    uint64_t allocs, bytes; /* selected allocations */
    uint64_t frees;         /* of any selected block, by this thread */
};

struct profile_peak {
    uint64_t stamp, bytes, blocks;
};

struct profile {
    struct profile_row *rows; /* most bytes first; ties: more allocations, then by identity */
    size_t row_count;
    struct trace_counters totals; /* of both domains; peak_bytes is that of their sum */
    struct trace_counters domains[PROFILE_DOMAINS];
    uint64_t *plugin_peaks;   /* by id: the most bytes of its rows; 0: rows of no plug-in */
    uint64_t *instance_peaks; /* by serial */
    uint64_t *group_peaks;    /* by group: the most bytes of its rows */
    size_t group_count;
    uint64_t first_stamp,
        last_stamp; /* the range of time: that of the recording or of the filter */
    uint64_t peak_stamp, peak_bytes, peak_blocks; /* of both domains together */
    struct profile_peak peaks[PROFILE_DOMAINS];   /* of each, with a moment of its own */
    struct profile_track *tracks; /* of plug-ins with allocations, by id; the host's first */
    size_t track_count, sample_count;
    uint64_t interval_ns;
    uint64_t sizes[PROFILE_DOMAINS][PROFILE_CLASSES]; /* allocations by bits of their size, 0: 0 */
    uint64_t size_bytes[PROFILE_DOMAINS][PROFILE_CLASSES];
    uint64_t lifetimes[PROFILE_DOMAINS][PROFILE_CLASSES]; /* of freed blocks, by bits of ns */
    uint64_t lifetime_bytes[PROFILE_DOMAINS][PROFILE_CLASSES];
    struct profile_thread *threads; /* most bytes first */
    size_t thread_count;
    struct profile_change *changes; /* by sample; NULL unless they were asked for */
    size_t change_count;
    uint32_t number_end; /* rows' numbers are below it */
    bool partial;        /* events are missing: numbers are of what is left */
};

/*
 * Reads the events. samples: intervals of the timeline, 0: no tracks. In totals and domains,
 * allocs, bytes, live and peaks are sums of rows; frees are calls by the plug-ins that are wanted,
 * as in the plain report. With a filter, or when blocks are charged by another rule, they are the
 * calls that freed selected blocks, whoever made them.
 */
struct profile *profile_build(struct session *session, const struct filter *filter, size_t samples);

/* The same, with changes of rows, as long as there are no more than `most`; else there are none. */
struct profile *profile_build_changes(struct session *session, const struct filter *filter,
                                      size_t samples, size_t most);

/* The same for what never adds the domains up: what a row had at the peak is of the moment at which
 * most of its own domain was live. With rows in groups (NULL: without), numbered from 0 on without
 * great holes, so that the peak of each group is known. group_of is called once for each row, when
 * it is first met: what it has by then are its owner, stack and charged frame. */
struct profile_grouping {
    uint32_t (*group_of)(void *context, const struct profile_row *row);
    void *context;
};
struct profile *profile_build_grouped(struct session *session, const struct filter *filter,
                                      size_t samples, const struct profile_grouping *grouping);

/* Called for each selected block as it is allocated and as it is live no more. Of the row only
 * domain, plugin, instance and stack are final. NULL: not called. */
struct profile_watch {
    void (*begin)(void *context, const struct profile_row *row, uint64_t size_bytes,
                  uint64_t stamp);
    void (*end)(void *context, const struct profile_row *row, uint64_t size_bytes, uint64_t stamp);
    void *context;
};
struct profile *profile_build_watched(struct session *session, const struct filter *filter,
                                      size_t samples, const struct profile_watch *watch);
void profile_free(struct profile *profile); /* NULL is fine */

/* 1 + the number of the highest bit, 0 for 0. */
static inline unsigned profile_class(uint64_t number)
{
    return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number);
}

#endif
