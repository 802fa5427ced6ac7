/* tracer/tally.h - the counters of a plug-in, an instance, and all together */
/* SPDX-License-Identifier: MIT */

/*
 * The counters lie in the segment and are exact whatever becomes of the events. Each event counts
 * three times: for the plug-in, for its instance if known, and in the header's totals. Lock-free.
 */
#ifndef NPNTRACE_TRACER_TALLY_H
#define NPNTRACE_TRACER_TALLY_H

#include "tracer/live.h"

void tally_alloc(struct tracer *tracer, uint32_t plugin, uint32_t instance, uint32_t size_bytes);
void tally_failed_alloc(struct tracer *tracer, uint32_t plugin, uint32_t instance);
void tally_free(struct tracer *tracer, uint32_t plugin, uint32_t instance, bool known);
void tally_flush(struct tracer *tracer, uint32_t plugin, uint32_t instance);

/* The browser gave a block. */
void tally_received(struct tracer *tracer, uint32_t plugin, uint32_t instance);

enum tally_end { TALLY_RELEASED, TALLY_ELSEWHERE, TALLY_HANDED };

/* A block is no longer live, and so no longer its owner's. */
void tally_gone(struct tracer *tracer, const struct live_block *block, enum tally_end end);

#endif
