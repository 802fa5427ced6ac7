/* viewer/info.h - what is in a recording */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_INFO_H
#define NPNTRACE_VIEWER_INFO_H

#include "viewer/session.h"

/* Both print on stdout. One thread. */
void info_print_text(const struct session *session);
void info_print_json(const struct session *session);

#endif
