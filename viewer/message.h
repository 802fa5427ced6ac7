/* viewer/message.h - what the program says on stderr */
/* SPDX-License-Identifier: MIT */

/*
 * One line each: `npntrace: FILE: what is wrong (at offset N)[; what to do]`. Names are made
 * printable. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_MESSAGE_H
#define NPNTRACE_VIEWER_MESSAGE_H

#include "viewer/recording.h"

void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A problem of the recording in file; advice is NULL or what to do. */
void message_problem(const char *file, const struct problem *problem, const char *advice);

/* Says what is wrong with a recording that was read: with --force everything, else the first
 * damage. True if the verb may go on. */
bool message_problems(const struct recording *recording);

#endif
