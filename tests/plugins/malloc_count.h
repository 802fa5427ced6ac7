/* tests/plugins/malloc_count.h: a preloaded library that counts the calls of the malloc family. */
/* SPDX-License-Identifier: MIT */

/*
 * For tests that show that a layer between host and plug-in allocates nothing by itself. Hosts look
 * malloc_count up by name. Any thread; the count is of all threads.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_MALLOC_COUNT_H
#define NPNTRACE_TESTS_PLUGINS_MALLOC_COUNT_H

unsigned long malloc_count(void);

typedef unsigned long (*malloc_count_func)(void);

#endif
