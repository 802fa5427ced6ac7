/* tests/bench/npn.h: a plug-in that allocates with NPN_MemAlloc, and its host. */
/* SPDX-License-Identifier: MIT */

/*
 * The walks of tests/bench/walks.h with the browser's memory functions. The host, in the workload
 * program, gives a table whose memalloc and memfree are malloc and free; the plug-in runs the walks
 * with what it finds in the table that it was given, inside NPP_New. Everything is the caller's
 * thread.
 */

#ifndef NPNTRACE_TESTS_BENCH_NPN_H
#define NPNTRACE_TESTS_BENCH_NPN_H

#include "tests/bench/walks.h"

/* What the host hands to NPP_New as `saved`. */
struct npn_order {
    struct walks_settings settings; /* the plug-in puts its allocate and release there */
    struct walks_result result;
    int error; /* 0 or -errno */
};

/* Loads a plug-in, has it run the walks, unloads it. 0 or -errno; says on standard error why a
 * plug-in could not be loaded. */
int npn_host_run(const char *path, const struct walks_settings *settings,
                 struct walks_result *ret_result);

#endif
