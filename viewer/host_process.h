/* viewer/host_process.h - does the process that a recording names still run? */
/* SPDX-License-Identifier: MIT */

/*
 * A pid alone names nobody: pids are reused. A process is the recorded one if its start time
 * (field 22 of /proc/PID/stat) and the machine's boot id are the recorded ones. Threads: any.
 */
#ifndef NPNTRACE_VIEWER_HOST_PROCESS_H
#define NPNTRACE_VIEWER_HOST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* True if it runs here and now. A zombie does not run. */
bool host_process_runs(uint32_t pid, uint64_t start_ticks, const char *boot_id);

/* True if the machine has not been restarted since. */
bool host_process_same_boot(const char *boot_id);

#endif
