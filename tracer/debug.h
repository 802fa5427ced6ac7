/* tracer/debug.h - a line on standard error, only when NPNTRACE_DEBUG asks for it */
/* SPDX-License-Identifier: MIT */

/*
 * The host's standard output and error can be protocols. So nothing is written unless
 * NPNTRACE_DEBUG is set and not empty, and never to descriptor 1. Any thread; async-signal-safe but
 * for getenv.
 */
#ifndef NPNTRACE_TRACER_DEBUG_H
#define NPNTRACE_TRACER_DEBUG_H

#include <stdint.h>

/* "npntrace: <what>" and, for error < 0, the errno's number. */
void debug_say(const char *what, int error);

/* A line with two frames beside each other. */
void debug_pair(uint64_t pc, uint32_t flags, uint64_t other_pc, uint32_t other_flags);

#endif
