/* tests/selfcheck/shapes.h - a program whose call stacks are hard to unwind */
/* SPDX-License-Identifier: MIT */

/*
 * shapes CASE...
 *
 * Each case arrives at malloc in its own way, often, with stacks that resemble the ones before
 * them. A case returns what it is proud of: a number that the test wants to be large.
 */
#ifndef NPNTRACE_TESTS_SELFCHECK_SHAPES_H
#define NPNTRACE_TESTS_SELFCHECK_SHAPES_H

#include <stddef.h>

/* A block that is freed at once, or a few calls later. */
void shapes_allocate(size_t size);

typedef unsigned shapes_case(void);

shapes_case shapes_shift, shapes_shift_saved; /* shapes_shift.c */
shapes_case shapes_realigned, shapes_jumps, shapes_recursion, shapes_callbacks; /* shapes_calls.c */
shapes_case shapes_coroutines, shapes_alternate, shapes_faults, shapes_threads;  /* _stacks.c */

#endif
