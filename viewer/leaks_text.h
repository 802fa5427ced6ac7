/* viewer/leaks_text.h - leaks as text */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_LEAKS_TEXT_H
#define NPNTRACE_VIEWER_LEAKS_TEXT_H

#include "viewer/leak_filter.h"
#include "viewer/session.h"

/* A sentence, then each leak; with_host: they were asked for with the host's own. */
void leaks_text_print(const struct session *session, const struct leaks *leaks,
                      const struct leak_filter *filter, bool with_host);

#endif
