/* tests/heap/say.h - a subject states each of its heap calls, without making others */
/* SPDX-License-Identifier: MIT */

/*
 * One line on standard output for each call, in the order of the calls of a thread:
 *
 *   heap: TID FUNCTION alloc ADDRESS SIZE errno=N
 *   heap: TID FUNCTION failed SIZE errno=N
 *   heap: TID FUNCTION free ADDRESS errno=N
 *
 * errno is what it is when this is said: after the call, as a rule. The functions keep it.
 */
#ifndef NPNTRACE_TESTS_HEAP_SAY_H
#define NPNTRACE_TESTS_HEAP_SAY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* block NULL: it failed. */
void say_alloc(const char *function, const void *block, size_t size);
void say_free(const char *function, const void *block);

/* Any line of its own. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
