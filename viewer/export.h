/* viewer/export.h - a recording in the format of another program */
/* SPDX-License-Identifier: MIT */

/*
 * Each format is one file with one function, listed in the table of export_formats.c:
 *
 *   profile --+--> folded, callgrind, speedscope, pprof   stacks with numbers
 *             +--> massif, openmetrics                    numbers over time
 *             +--> csv, sqlite                            all of it, as tables
 *   events ------> heaptrack, ctf                         one after another
 *
 * Stacks begin, outermost, with a frame that is no function: whose memory it is and of which
 * domain, "libnpfoo.so [NPN]". NPN memory comes from the host's heap as a rule, so sums over both
 * domains may have a block twice; --memory chooses one. All numbers of a format are those of the
 * profile, and so those of `npntrace report` with the same filter.
 *
 * Threads: one. Memory: as the profile's. Errors: a function returns 0, or -1 after a message.
 * Errors of job->out are the caller's to find.
 */
#ifndef NPNTRACE_VIEWER_EXPORT_H
#define NPNTRACE_VIEWER_EXPORT_H

#include <stdio.h>

#include "viewer/export_names.h"
#include "viewer/profile.h"

enum export_value {
    EXPORT_BYTES,
    EXPORT_ALLOCS,
    EXPORT_FREES,
    EXPORT_LIVE_BYTES,
    EXPORT_LIVE_BLOCKS,
    EXPORT_PEAK_BYTES,
    EXPORT_PEAK_BLOCKS,
    EXPORT_TEMPORARY,
    EXPORT_VALUES
};

/* One of a row's numbers. */
struct export_value_kind {
    const char *name;  /* of --value, and for columns: "live-bytes" */
    const char *title; /* for people */
    size_t offset;     /* in struct profile_row */
    bool is_bytes;
};
extern const struct export_value_kind export_values[EXPORT_VALUES];

struct export_job {
    struct session *session;
    const struct filter *filter;
    const struct profile *profile; /* NULL for a format that does not need it */
    struct export_names *names;
    enum export_value value; /* for formats that have only one, or one before the others */
    size_t samples;          /* of the timeline */
    FILE *out;               /* NULL: the format makes `path` itself */
    const char *path;
};

enum export_needs {
    EXPORT_NEEDS_PROFILE = 1, /* NULL otherwise */
    EXPORT_NEEDS_SAMPLES = 2, /* of the timeline */
    EXPORT_BINARY = 4,        /* not for a terminal */
    EXPORT_MAKES_FILE = 8,    /* -o is needed: it is no stream */
    EXPORT_MAKES_DIRECTORY = 16,
};

struct export_format {
    const char *name;
    const char *summary;
    unsigned needs; /* enum export_needs bits */
    int (*write)(struct export_job *job);
};
extern const struct export_format export_formats[];
extern const size_t export_format_count;

static inline uint64_t export_number(const struct profile_row *row, enum export_value value)
{
    return *(const uint64_t *)((const char *)row + export_values[value].offset);
}

/* "npn", "heap". */
const char *export_memory_name(enum leak_domain domain);

/* "libnpfoo.so", "host", "unknown": a new text. */
char *export_plugin_name(const struct export_job *job, enum leak_domain domain, uint32_t plugin);

/* The frame that stands outside of all others: "libnpfoo.so [NPN]". */
uint32_t export_owner(struct export_job *job, enum leak_domain domain, uint32_t plugin);

/* The profile's rows with instances added up, most bytes first: the caller's to free(). peak_bytes
 * are sums, and so bounds. */
struct profile_row *export_rows(const struct export_job *job, size_t *ret_count);

/* Sums over all rows. */
struct profile_row export_total(const struct export_job *job);

/* The host's command, printable: a new text. */
char *export_command(const struct export_job *job);

int export_folded(struct export_job *job);
int export_csv(struct export_job *job);
int export_callgrind(struct export_job *job);
int export_massif(struct export_job *job);
int export_speedscope(struct export_job *job);
int export_pprof(struct export_job *job);
int export_openmetrics(struct export_job *job);
int export_sqlite(struct export_job *job);
int export_heaptrack(struct export_job *job);
int export_ctf(struct export_job *job);

#endif
