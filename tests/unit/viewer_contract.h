/* tests/unit/viewer_contract.h - a made recording in which everything changes hands */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_UNIT_VIEWER_CONTRACT_H
#define NPNTRACE_TESTS_UNIT_VIEWER_CONTRACT_H

#include "tests/unit/viewer_made.h"

#define CONTRACT_STRINGS 100     /* received, and never released */
#define CONTRACT_FINDINGS 6      /* in the recording */
#define CONTRACT_BLOCK 0x700000  /* live, and set as a result by a function that returned false */
#define CONTRACT_OBJECT 0x900000 /* held with two references beyond its instance */

/*
 * libnpfirst.so, with instances 1 (destroyed) and 2, receives 100 identifier strings for 1, 2 for
 * 2, and a result string that it releases; hands over one block that it allocated and one that it
 * received; creates the object for instance 1 and retains it once more; gets one for instance 2 and
 * releases it. libnpsecond.so, with instance 3, has one block. Instance 1 is on the page
 * http://example.org/.
 */
struct made *contract_example(void);

/* The same, which breaks off when the instance has been destroyed. */
struct made *contract_just_destroyed(void);

/* The same with this many strings. */
struct made *contract_of(unsigned strings);

/* The same, and then findings: see viewer_contract.c. */
struct made *contract_with_findings(void);
void contract_add_findings(struct made *made);

#endif
