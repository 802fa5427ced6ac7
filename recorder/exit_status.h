/* recorder/exit_status.h - how a process ended that is not our child */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_RECORDER_EXIT_STATUS_H
#define NPNTRACE_RECORDER_EXIT_STATUS_H

#include <stdint.h>

#include "format/trace.h"

/*
 * Asks the kernel (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15 and newer). 0; -EAGAIN: the
 * process has ended but its parent has not waited for it yet; -ENOSYS: this kernel does not tell.
 */
int exit_status_of(int pidfd, enum trace_exit *ret_kind, uint32_t *ret_value);

/* From a status as waitpid(2) gives it. */
void exit_status_decode(int wait_status, enum trace_exit *ret_kind, uint32_t *ret_value);

#endif
