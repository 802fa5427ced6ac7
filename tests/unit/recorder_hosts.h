/* tests/unit/recorder_hosts.h - commands for recorder-run to record */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_UNIT_RECORDER_HOSTS_H
#define NPNTRACE_TESTS_UNIT_RECORDER_HOSTS_H

#include <stdbool.h>

#include "tests/unit/fake_host.h"

#define HOST_LEAK_ALLOCS 100
#define HOST_LEAK_BLOCKS 3
#define HOST_LEAK_STATUS 7
#define HOST_LOUD_EVENTS 200000
#define HOST_ORPHAN_STATUS 5
#define HOST_HEAP_EVENTS 3000 /* of which each second has its stack before it */

/* Files in the current directory by which hosts tell how far they are. */
#define HOST_READY "host.ready"
#define HOST_SURVIVED "host.survived"
#define HOST_TALLY "host.tally"

/* Sets the environment so that recorder_run() finds something to preload. False: not possible. */
bool host_prepare(void);

/* Plays a scenario as the recorded process. */
__attribute__((noreturn)) void host_run(const char *scenario, char **argv);

#endif
