/* viewer/report_stacks.h - the call stacks of a report */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_REPORT_STACKS_H
#define NPNTRACE_VIEWER_REPORT_STACKS_H

#include "viewer/session.h"

/* The stacks that allocated most NPN memory, then those that allocated most heap memory, on stdout.
 * One thread. */
void report_stacks_print(const struct session *session);

#endif
