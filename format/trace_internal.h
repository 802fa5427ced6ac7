/* format/trace_internal.h - pieces shared by the files that encode blocks */
/* SPDX-License-Identifier: MIT */

/* For format/trace_*.c alone; contracts as in format/trace.h. */
#ifndef NPNTRACE_FORMAT_TRACE_INTERNAL_H
#define NPNTRACE_FORMAT_TRACE_INTERNAL_H

#include "format/trace.h"

void trace_put_counters(struct trace_buffer *out, const struct trace_counters *counters);
struct trace_counters trace_get_counters(struct trace_cursor *in);

/* A length byte and as many bytes as it says, at most RING_BUILD_ID_BYTES. */
void trace_put_build_id(struct trace_buffer *out, const uint8_t *build_id, uint32_t bytes);
uint32_t trace_get_build_id(struct trace_cursor *in, uint8_t build_id[RING_BUILD_ID_BYTES]);

/* A column: its length in bytes, then its contents. Empties the column. */
void trace_put_column(struct trace_buffer *out, struct trace_buffer *column);

/* A cursor over the next column of in; its faults have offsets inside the column. *ret_base: where
 * it begins in the block. */
struct trace_cursor trace_get_column(struct trace_cursor *in, size_t *ret_base);

/* After the last entry: 0, or -EBADMSG with the first fault of the block, of its frame or else of
 * any column, in offsets of the block. */
int trace_end_columns(struct trace_cursor *in, struct trace_cursor *columns, const size_t *bases,
                      size_t count, struct trace_fault *ret_fault);

#endif
