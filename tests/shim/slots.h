/* tests/shim/slots.h: what the host and the plug-in of the slots test agree on. */
/* SPDX-License-Identifier: MIT */

/*
 * Every function of the browser's table is called with ten words, of which it takes as many as it
 * has parameters, each as wide as it is declared; two more in the registers for floating point.
 * The words are addresses of zeros, at a place that is the same in every run, and so is what is
 * printed. The host sets errno, and so does the plug-in before.
 */

#ifndef NPNTRACE_TESTS_SHIM_SLOTS_H
#define NPNTRACE_TESTS_SHIM_SLOTS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shim/npapi.h"
#include "shim/table_slots.h"

#define SLOTS_MEMORY UINT64_C(0x51a1b1c18000)
#define SLOTS_BYTES 0x10000

enum { SLOTS_WORDS = 10, SLOTS_ERRNO_PLUGIN = 1000, SLOTS_ERRNO_HOST = 2000 };

/* The n-th word of a call, and what the host answers in the round of non-zero answers. */
#define SLOTS_WORD(n) (SLOTS_MEMORY + 0x1108 * (uint64_t)(n))
#define SLOTS_ANSWER (SLOTS_MEMORY + 0xf118)

/* $NPNSLOTS: `zero` or `filled`, what the host answers. */
static inline uint64_t slots_answer(void)
{
    const char *round = getenv("NPNSLOTS");
    return round != NULL && strcmp(round, "filled") == 0 ? SLOTS_ANSWER : 0;
}

#endif
