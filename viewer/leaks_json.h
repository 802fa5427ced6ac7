/* viewer/leaks_json.h - leaks as JSON */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_LEAKS_JSON_H
#define NPNTRACE_VIEWER_LEAKS_JSON_H

#include "viewer/leak_filter.h"
#include "viewer/session.h"

/* The format npntrace-leaks-1; filter: what was left out. One thread. */
void leaks_json_print(const struct session *session, const struct leaks *leaks,
                      const struct leak_filter *filter);

#endif
