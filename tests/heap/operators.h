/* tests/heap/operators.h - calls of every operator new and delete, and exceptions */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_HEAP_OPERATORS_H
#define NPNTRACE_TESTS_HEAP_OPERATORS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Calls each operator, and states the calls. */
void operators_run(void);

/* Throws and catches, bad_alloc too. Returns 3. */
int operators_throw(void);

/* Allocates by the library's own NPN_MemAlloc, in a program that is no plug-in's host. */
void operators_provided(void);

/* Some calls in a std::thread, which libstdc++ starts. */
void operators_in_thread(void);

#ifdef __cplusplus
}
#endif

#endif
