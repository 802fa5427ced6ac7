/* viewer/instance_text.h - an instance in words */
/* SPDX-License-Identifier: MIT */

/* Each function returns a printable text that the caller frees. Threads: one. */
#ifndef NPNTRACE_VIEWER_INSTANCE_TEXT_H
#define NPNTRACE_VIEWER_INSTANCE_TEXT_H

#include "viewer/recording.h"

/* "libnpfoo.so #2 application/x-foo"; without an instance (0): the plug-in alone. */
char *instance_text_who(const struct recording *recording, uint32_t plugin, uint32_t serial);

/* "instance #2, application/x-foo on http://example.org/, created after 3 ms, destroyed after 2.31
 * s" */
char *instance_text_life(const struct recording *recording, uint32_t serial);

/* Since recording began: "6 ms", "6 ms to 2.31 s". */
char *instance_text_when(const struct recording *recording, uint64_t first_stamp,
                         uint64_t last_stamp);

#endif
