/* viewer/report_text.h - the report as text */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_REPORT_TEXT_H
#define NPNTRACE_VIEWER_REPORT_TEXT_H

#include "viewer/session.h"

/* Verdict, host, losses, a table of plug-ins and instances, call stacks, the next command. One
 * thread. */
void report_text_print(const struct session *session);

#endif
