/* viewer/follow_process.h - the recording that a running process is being recorded into */
/* SPDX-License-Identifier: MIT */

/*
 * The process tells by what it has mapped:
 *
 *   .../npntrace.HOST.PID.ring      the flight recorder's file, perhaps by its number ("/#123")
 *   /memfd:npntrace                 a recorder's ring: some process has it open, and beside it the
 *                                   trace file that it writes for this process
 *
 * Nothing is done to the process: /proc is read, which takes no more than the right to read the
 * recording itself. A process that is not traced may have children that are, as a wrapper has.
 * Threads: one.
 */
#ifndef NPNTRACE_VIEWER_FOLLOW_PROCESS_H
#define NPNTRACE_VIEWER_FOLLOW_PROCESS_H

#include <stdint.h>

/* A descriptor of the recording, which is the caller's; *ret_name is its name, to be freed. -1
 * after a message. */
int follow_process_open(uint32_t pid, char **ret_name);

#endif
