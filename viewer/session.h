/* viewer/session.h - what a reading verb works with, from its options to its model */
/* SPDX-License-Identifier: MIT */

/* Threads: one. Memory: until session_end(). */
#ifndef NPNTRACE_VIEWER_SESSION_H
#define NPNTRACE_VIEWER_SESSION_H

#include "viewer/model.h"
#include "viewer/names.h"
#include "viewer/options.h"
#include "viewer/stacks.h"
#include "viewer/terminal.h"

struct session {
    struct options *options;
    struct recording *recording;
    struct model *model; /* NULL if it was not asked for */
    struct stacks *stacks;
    struct names *names;
    bool *wanted; /* plug-ins, by id */
    struct terminal terminal;
    uint64_t damages; /* that were known when it began */
};

/* Opens the recording and counts. STATUS_GOOD, or STATUS_TROUBLE after a message, with nothing to
 * end. */
int session_begin(struct session *session, struct options *options);

/* The same for a verb that says itself what is wrong: damage is not mentioned and does not stop it.
 */
int session_begin_quietly(struct session *session, struct options *options);
void session_end(struct session *session);

/* Before session_begin(), for verbs that need of the heap what a profile has: it reads heap events
 * itself, and with a filter few of them. Not with --force, where what a profile tells as missing is
 * what the model met as damaged. */
void session_leave_heap(struct options *options);

/* For verbs that read heap events after session_begin() had its say: nothing more was found
 * damaged, or it is to be read around. False after a message: what was read is not to be printed.
 */
bool session_is_sound(const struct session *session);

/* The limit that was asked for, or this one. SIZE_MAX: none. */
size_t session_limit(const struct session *session, size_t otherwise);

/* Says of which modules in the stacks that were printed the names are missing, and why. */
void session_print_nameless(const struct session *session);

/* The same on stderr, for JSON: only where the file here is not the recorded one. */
void session_warn_nameless(const struct session *session);

/* What was lost, on stderr, for output that has no room for it. */
void session_warn_losses(const struct session *session);

/* Prints "Next: npntrace COMMAND FILE". */
void session_print_next(const struct session *session, const char *command);

#endif
