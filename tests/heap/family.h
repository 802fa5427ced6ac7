/* tests/heap/family.h - calls of every function of the malloc family */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_HEAP_FAMILY_H
#define NPNTRACE_TESTS_HEAP_FAMILY_H

/* Calls each function, successes and failures, and states the calls. */
void family_run(void);

/* Calls malloc and free through pointers in initialised data. */
void family_by_pointers(void);

/* A few calls of a thread. */
void family_few(unsigned count);

#endif
