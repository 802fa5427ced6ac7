/* recorder/drain_batch.h - the events that were taken and not yet written */
/* SPDX-License-Identifier: MIT */

/* A part of recorder/drain.c: same thread, same memory, same errors. */
#ifndef NPNTRACE_RECORDER_DRAIN_BATCH_H
#define NPNTRACE_RECORDER_DRAIN_BATCH_H

#include "recorder/drain.h"

struct drain_event {
    uint64_t key; /* where it belongs in time; never less than its predecessor's in the chunk */
    size_t first_frame;
    struct trace_event trace;
};

/*
 * Decodes words of a chunk into the batch. Returns how many events they held (EVENT_STACKs
 * included); *ret_words is how many of the words were events.
 */
uint32_t drain_batch_add(struct drain *drain, const uint64_t *words, size_t count,
                         uint64_t base_stamp, uint32_t tid, size_t *ret_words);

#endif
