/* viewer/timeline_text.h - memory over time in a terminal */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_TIMELINE_TEXT_H
#define NPNTRACE_VIEWER_TIMELINE_TEXT_H

#include "viewer/timeline_svg.h"

/*
 * Verdict, host, a chart of blocks for each plug-in, an axis of time and the next command. The
 * profile has as many samples as timeline_text_columns() says. One thread.
 */
void timeline_text_print(const struct session *session, const struct profile *profile,
                         enum timeline_measure measure);

/* Columns of a chart on this terminal; columns 0: as wide as it is. */
size_t timeline_text_columns(const struct terminal *terminal, size_t columns);

#endif
