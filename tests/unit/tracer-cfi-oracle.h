/* tests/unit/tracer-cfi-oracle.h - one step of libunwind's, over memory that is made up */
/* SPDX-License-Identifier: MIT */

/*
 * libunwind's remote interface is given registers and a memory in which every address holds a word
 * of its own, so that two places are told apart by what is read there. What cfi_rule() says is
 * carried out over the same memory; the two must arrive at the same caller.
 */
#ifndef NPNTRACE_TESTS_UNIT_TRACER_CFI_ORACLE_H
#define NPNTRACE_TESTS_UNIT_TRACER_CFI_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "tracer/cfi_parts.h"

#define ORACLE_SP 0x200000010000ull /* nothing is mapped at these */
#define ORACLE_FP 0x300000020000ull

struct oracle_frame {
    uint64_t sp;
    uint64_t fp;
    uint64_t pc;
};

enum oracle_outcome {
    ORACLE_STEPPED,
    ORACLE_END,
    ORACLE_UNCOVERED, /* no call-frame information there */
    ORACLE_REFUSED    /* libunwind cannot */
};

/* False: there is no memory. */
bool oracle_open(void);

/* From {ORACLE_SP, ORACLE_FP, pc} to the caller. */
enum oracle_outcome oracle_step(const struct cfi_tables *tables, uint64_t pc,
                                struct oracle_frame *ret_caller);

/* The same by a rule. ORACLE_REFUSED: RULE_COMPLEX. */
enum oracle_outcome oracle_apply(struct rule rule, struct oracle_frame *ret_caller);

/* A rule of one of the simple classes leads to this caller, by a search through all of them. */
bool oracle_is_simple(const struct oracle_frame *caller);

#endif
