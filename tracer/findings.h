/* tracer/findings.h - puts a finding into the recording */
/* SPDX-License-Identifier: MIT */

/*
 * RING_FINDINGS holds each finding once, by kind, plug-in and stacks, with a count: a table, which
 * nothing overwrites. Under the table lock. Any thread; errno may change.
 */
#ifndef NPNTRACE_TRACER_FINDINGS_H
#define NPNTRACE_TRACER_FINDINGS_H

#include "format/finding.h"
#include "tracer/npn.h"
#include "tracer/operation.h"

struct finding {
    enum finding_kind kind;
    uint32_t detail;
    uint64_t address;
    uint64_t size;
    struct live_block owner; /* the block, or all 0 */
    uint32_t released_node;
};

/* By the caller, at its stack. */
void finding_report(const struct npn_caller *caller, const struct finding *finding);

/* From a handler of a fault: the caller's frame is one that was interrupted, or made up. */
void finding_report_fault(const struct npn_caller *caller, const struct finding *finding);

/* The same inside an operation that is under way, whose stack is known. */
void finding_put(const struct operation *operation, uint32_t plugin, uint32_t instance,
                 uint32_t node, uint64_t stamp, const struct finding *finding);

/* False: evidence may be missing (a fork, a side table that was full): no finding about blocks. */
bool finding_is_certain(struct tracer *tracer);

#endif
