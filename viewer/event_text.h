/* viewer/event_text.h - what happened, as one would write the call */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_EVENT_TEXT_H
#define NPNTRACE_VIEWER_EVENT_TEXT_H

#include "format/event.h"

/* "NPN_MemAlloc(32) = 0x1000", "malloc(32) = NULL"; of a realloc each of its two events says its
 * part. The caller frees it. Threads: any. */
char *event_text_call(const struct event *event);

#endif
