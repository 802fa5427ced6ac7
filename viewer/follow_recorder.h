/* viewer/follow_recorder.h - the trace file that a recorder writes for a process */
/* SPDX-License-Identifier: MIT */

/* A part of viewer/follow_process.c: same thread, same memory. */
#ifndef NPNTRACE_VIEWER_FOLLOW_RECORDER_H
#define NPNTRACE_VIEWER_FOLLOW_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Is it a recorder, which has the memory file open? A traced process has it mapped only. */
bool follow_recorder_is(uint32_t pid, dev_t device, ino_t inode);

/* Looks for a process that has this memory file open, and among its files for the trace of pid. A
 * descriptor with its *ret_name, or -1. */
int follow_recorder_open(uint32_t pid, dev_t device, ino_t inode, char **ret_name);

#endif
