/* tests/unit/contract_rig.h - plug-ins whose calls are made up, and what is found of them */
/* SPDX-License-Identifier: MIT */

/*
 * A tracer of its own, recording into a directory of the test's own, with the heap calls of
 * plug-ins. No memory is touched: blocks and objects are addresses. Each kind of call is made from
 * one place, so that the same calls have the same stack.
 */
#ifndef NPNTRACE_TESTS_UNIT_CONTRACT_RIG_H
#define NPNTRACE_TESTS_UNIT_CONTRACT_RIG_H

#include "format/finding.h"
#include "tests/unit/scratch.h"
#include "tracer/npn.h"

extern struct tracer *rig_tracer;
extern uint32_t rig_plugin; /* whose calls the following ones are */
extern uint32_t rig_one, rig_other;
extern uint16_t rig_flags; /* enum event_flag, of the calls */

/* For cmocka: begins and ends a group of tests. */
int rig_begin(void **state);
int rig_end(void **state);

/* An address that was not used before, far from those used by another number. */
void *rig_block(unsigned number);

void rig_alloc(void *block, uint32_t size);
void rig_free(void *block);
void rig_refused(void *block);
void rig_received(void *block, uint32_t size, enum npn_origin origin);
void rig_released(void *block);
void rig_handed(void *block, bool empty, enum npn_way way);
void rig_result_while_false(void *block);
void rig_flush(uint32_t returned);
void rig_malloc(void *block, enum event_function function);
void rig_heap_free(void *block, enum event_function function);
void rig_held(void *object, enum object_step step);
void rig_dropped(void *object, enum object_step step);
void rig_gone(void *object);

/* Findings in the table. */
uint32_t rig_findings(void);

/* The newest entry, which is of this kind and was found once, about this address, in a call of the
 * current plug-in; there are `count` entries. */
const struct ring_finding *rig_found(uint32_t count, enum finding_kind kind, const void *address);

/* The counters of a plug-in. */
const struct ring_counters *rig_counters(uint32_t plugin);

#endif
