/* format/trace_contract.h - what stands in OBJECTS and FINDINGS blocks */
/* SPDX-License-Identifier: MIT */

/*
 * A part of format/trace.h, with its rules: encoders take an array and its count; decoders call
 * `each` per entry and stop when it returns other than 0, passing that on. Both blocks are written
 * when the recording ends, before STATE, as LIVE is.
 */
#ifndef NPNTRACE_FORMAT_TRACE_CONTRACT_H
#define NPNTRACE_FORMAT_TRACE_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

#include "format/trace_bytes.h"

/* What a plug-in held of an NPObject when the recording ended: struct ring_object. Ascending
 * addresses, then plug-ins. */
struct trace_object {
    uint64_t address;
    uint64_t stamp;
    uint32_t node;
    uint32_t last_node;
    uint32_t instance;
    uint16_t plugin;
    uint16_t step; /* enum object_step, OBJECT_SHARED */
    uint32_t refs;
    uint32_t most_refs;
};
typedef int trace_object_each(void *context, const struct trace_object *object);

void trace_objects_encode(const struct trace_object *objects, size_t count,
                          struct trace_buffer *out);
int trace_objects_decode(const void *bytes, size_t length, trace_object_each *each, void *context,
                         struct trace_fault *ret_fault);

/* struct ring_finding as plain numbers. In the order of first_stamp. */
struct trace_finding {
    uint16_t kind; /* enum finding_kind; a newer one may be unknown */
    uint16_t plugin;
    uint32_t instance;
    uint32_t node;
    uint32_t owner_node;
    uint16_t owner_plugin;
    uint16_t owner_flags;
    uint32_t owner_instance;
    uint32_t released_node;
    uint32_t detail;
    uint64_t address;
    uint64_t size;
    uint64_t owner_stamp;
    uint64_t first_stamp;
    uint64_t last_stamp;
    uint64_t count;
};
typedef int trace_finding_each(void *context, const struct trace_finding *finding);

void trace_findings_encode(const struct trace_finding *findings, size_t count,
                           struct trace_buffer *out);
int trace_findings_decode(const void *bytes, size_t length, trace_finding_each *each,
                          void *context, struct trace_fault *ret_fault);

#endif
