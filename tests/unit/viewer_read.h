/* tests/unit/viewer_read.h - a made recording, opened and counted */
/* SPDX-License-Identifier: MIT */

/*
 * A reading is what the verbs work with, of a recording made by hand (tests/unit/viewer_made.h).
 * All are written to one file without a name, one after the other. What fails is the test that
 * asked.
 */
#ifndef NPNTRACE_TESTS_UNIT_VIEWER_READ_H
#define NPNTRACE_TESTS_UNIT_VIEWER_READ_H

#include "tests/unit/viewer_made.h"
#include "viewer/leaks.h"
#include "viewer/model.h"

enum reading_kind {
    READING_RING,
    READING_TRACE,
    READING_UNFINISHED, /* a trace whose recorder was killed */
    READING_KINDS
};

struct reading {
    struct recording *recording;
    struct model *model;
    struct stacks *stacks;
    struct leaks leaks; /* empty until reading_leaks() */
};

/* Writes a made recording as this kind of file and reads it. */
struct reading reading_open(const struct made *made, enum reading_kind kind);

/* The same, and frees what was made. */
struct reading reading_take(struct made *made, enum reading_kind kind);

/* Empties the file, for a test that writes it itself. */
int reading_file(void);

/* The file as it is. */
int reading_descriptor(void);

/* Reads what is in the file; with force, however damaged. */
struct reading reading_again(bool force);
void reading_close(struct reading *reading);

/* Leaks of all plug-ins; with_host: its own heap as well. */
const struct leaks *reading_leaks(struct reading *reading, bool with_host);

/* There is one leak, with this stack. */
void reading_assert_stack(struct reading *reading, uint64_t innermost, uint64_t caller);

/* Nothing is damaged, and events, counters and live blocks agree. */
void reading_assert_sound(struct reading *reading);

/* All events come in the order of their stamps: how many, of the heap and others. */
void reading_assert_ascending(struct reading *reading, uint64_t heap, uint64_t others);

/* Of a group of tests. */
int reading_set_up(void **state);
int reading_tear_down(void **state);

#endif
