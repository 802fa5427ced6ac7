/* recorder/drain_merge.h - the streams of all threads become one, in the order of time */
/* SPDX-License-Identifier: MIT */

/* A part of recorder/drain.c: same thread, same memory, same errors. */
#ifndef NPNTRACE_RECORDER_DRAIN_MERGE_H
#define NPNTRACE_RECORDER_DRAIN_MERGE_H

#include "recorder/drain_copy.h"

/* Merges copied events up to the stamp `horizon` into blocks. 0 or -ENOMEM. */
int drain_merge_streams(struct drain *drain, uint64_t horizon);

#endif
