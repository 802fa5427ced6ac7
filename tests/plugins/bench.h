/* tests/plugins/bench.h: how a test bench runs plug-in code without a browser. */
/* SPDX-License-Identifier: MIT */

/*
 * For plug-in code that calls NPN_MemAlloc and its like by name and leaves it to the test bench to
 * provide them. One thread.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_BENCH_H
#define NPNTRACE_TESTS_PLUGINS_BENCH_H

/* Runs the steps of a program (tests/plugins/sample.h) that have no phase. */
__attribute__((visibility("default"))) void bench_run(const char *program);

typedef void (*bench_run_func)(const char *program);

#endif
