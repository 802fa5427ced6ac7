/* tracer/contract.h - what must be remembered to tell one misuse from another */
/* SPDX-License-Identifier: MIT */

/*
 * Private memory of the process, bounded, lock-free; what is not there any more leads to a less
 * precise finding, never to a wrong one:
 *
 *   released blocks   by address, with the stack of their release and how; forgotten when the
 *                     address is issued again, or another takes the place. Issued by malloc, that
 *                     is seen where heap calls are traced; where they are not, a plug-in that
 *                     passes malloc's block to NPN_MemFree may be told of a double free
 *   host's own        pointers that stay the browser's: the user agent
 *   lent              arguments of the entries that a thread is inside of, which are the browser's
 *                     too: named by the wrapper's frame, looked at when a free is in doubt
 */
#ifndef NPNTRACE_TRACER_CONTRACT_H
#define NPNTRACE_TRACER_CONTRACT_H

#include "tracer/live.h"

struct contract;
struct thread;

struct released_block {
    struct live_block block;
    uint32_t node;   /* of the release */
    uint16_t plugin; /* that released it */
    uint8_t type;    /* enum event_type: EVENT_NPN_FREE, EVENT_NPN_RELEASED, EVENT_NPN_HANDED;
                        EVENT_HEAP_FREE: by free() */
    uint8_t way;     /* enum npn_way */
};

/* What is remembered, in a tracer that starts. NULL: no memory; then nothing is. */
struct contract *contract_map(void);

/* The address will be released or issued soon: fetches its place into the cache. */
void contract_expect(struct tracer *tracer, uint64_t address);

/* Before anybody can be given the address again. */
void contract_released(struct tracer *tracer, const struct released_block *released);
bool contract_was_released(struct tracer *tracer, uint64_t address,
                           struct released_block *ret_released);
/* After the address was given out, and before the plug-in has it. */
void contract_issued(struct tracer *tracer, uint64_t address);

/* From now on the browser may take over blocks unseen, because a class cannot be observed, or a
 * result was left where some browsers release it: a block in the side table may be gone. Where heap
 * calls are recorded, the host's frees are looked at from now on. */
void contract_hand_over_unseen(struct tracer *tracer);
bool contract_sees_hand_over(struct tracer *tracer);

/* From now on there are NPN blocks that nobody saw come: no finding about blocks is certain. */
void contract_blocks_unseen(struct tracer *tracer);

/* Pointers to what is lent: one every so many bytes. */
struct contract_list {
    const void *first;
    uint32_t count;
    uint32_t stride_bytes;
};

#define CONTRACT_LENT_POINTERS 4
#define CONTRACT_LENT_LISTS 2

struct contract_lent {
    const void *pointer[CONTRACT_LENT_POINTERS];
    struct contract_list list[CONTRACT_LENT_LISTS];
};

/* What the entry lends; it lies on the frame of the wrapper that npn_entry_push() was given. */
void contract_lend(uint32_t token, const struct contract_lent *lent);

/* By an entry that this thread is inside of. Slow. */
bool contract_is_lent(struct thread *thread, uint64_t stack_pointer, uint64_t address);

void contract_host_owns(struct tracer *tracer, const void *pointer);
bool contract_is_host_owned(struct tracer *tracer, uint64_t address);

#endif
