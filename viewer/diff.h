/* viewer/diff.h - what is different between two recordings */
/* SPDX-License-Identifier: MIT */

/*
 * Two recordings have nothing in common but names: addresses differ from run to run, and of a
 * module that was rebuilt the offsets and lines as well. So plug-ins are the same if their files
 * are called the same, and stacks if they went through the same functions, inlined or not:
 *
 *   A   grow (inlined)  append  NPP_Write  |  libhost.so+0x5a1f20 ...
 *   B   grow  append.part.0     NPP_Write  |  libhost.so+0x5b2000 ...
 *       `------ the place: equal ------'
 *
 * As in `leaks`, it is the place in the plug-in that counts (stacks_place()), or the whole stack
 * where that is asked for. Frames without a name are the same if their module has the same build-id
 * in both recordings and the offsets agree; of a module that was rebuilt all nameless frames in a
 * row are one.
 *
 * Memory that plug-ins allocated is taken from their stacks, what browsers gave them and objects
 * from what is left (viewer/leaks.h).
 *
 * The peak of a place is the most that was live of all its stacks at one time, which their own
 * peaks do not tell: the heap events are read once more for it (viewer/profile.h). Of plug-ins that
 * are called the same the peaks are added up, which is no more than a bound.
 *
 * Threads: one. Memory: by distinct stacks; until diff_free().
 */
#ifndef NPNTRACE_VIEWER_DIFF_H
#define NPNTRACE_VIEWER_DIFF_H

#include "viewer/leaks.h"
#include "viewer/session.h"

enum diff_side { DIFF_A, DIFF_B, DIFF_SIDES };

enum diff_measure {
    DIFF_LIVE_BYTES, /* at the end */
    DIFF_LIVE_BLOCKS,
    DIFF_BYTES, /* allocated */
    DIFF_ALLOCS,
    DIFF_PEAK_BYTES, /* of stacks: on the heap alone, where it is wanted */
    DIFF_MEASURES
};

struct diff_amounts {
    uint64_t values[DIFF_MEASURES];
    uint64_t objects; /* held at the end */
};

/* One plug-in's memory of one kind, or, with a way or stack, what came by one place. */
struct diff_row {
    char *plugin; /* file name; NULL: the host */
    enum leak_domain domain;
    uint32_t way; /* as in struct leak */
    bool present[DIFF_SIDES];
    bool peak_is_bound[DIFF_SIDES]; /* a sum of peaks that need not have been at one time */
    uint32_t stacks[DIFF_SIDES];    /* of each session's; 0: not known, or not there */
    struct diff_amounts amounts[DIFF_SIDES];
};

struct diff {
    struct session *sessions; /* A's, then B's */
    struct diff_row *plugins; /* by name and domain */
    size_t plugin_count, plugin_capacity;
    struct diff_row *rows; /* what grew most first, by the measure; what shrank most last */
    size_t row_count, row_capacity;
    char **notes; /* sentences on what is to be borne in mind */
    size_t note_count, note_capacity;
};

struct diff_wanted { /* plug-ins are each session's to choose */
    bool host;       /* its own heap as well */
    bool whole_stacks;
    bool peaks; /* of stacks */
    enum diff_measure measure;
};

/* Compares. NULL: it can be; else the reason why not, which the caller frees. */
char *diff_make(struct diff *diff, struct session sessions[DIFF_SIDES],
                const struct diff_wanted *wanted);
void diff_free(struct diff *diff);

/* False: a peak of which a bound is known on one side or both. */
bool diff_is_comparable(const struct diff_row *row, enum diff_measure measure);

/* How much more there is in B: negative if less, 0 if they cannot be compared. Saturates. */
int64_t diff_change(const struct diff_row *row, enum diff_measure measure);
int64_t diff_change_of_objects(const struct diff_row *row);

/* 1: it grew by the measure, or by objects if that did not change; -1: it shrank; 0: neither. */
int diff_direction(const struct diff_row *row, enum diff_measure measure);

extern const char *const diff_measure_names[DIFF_MEASURES];

#endif
