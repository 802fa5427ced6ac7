/* viewer/event_out.h - one event as a line of text or of JSON */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_EVENT_OUT_H
#define NPNTRACE_VIEWER_EVENT_OUT_H

#include "viewer/session.h"

/* One line each, on stdout. Threads: one. */
void event_out_text(struct session *session, const struct recorded_event *recorded);
void event_out_json(struct session *session, const struct recorded_event *recorded);

#endif
