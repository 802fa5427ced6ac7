/* viewer/info_facts.h - names of what a recording's header says */
/* SPDX-License-Identifier: MIT */

/* Constant words, the same in text and JSON; "unknown" for what does not exist. Threads: any. */
#ifndef NPNTRACE_VIEWER_INFO_FACTS_H
#define NPNTRACE_VIEWER_INFO_FACTS_H

#include "viewer/recording.h"

const char *info_kind(enum recording_kind kind);       /* "ring", "trace" */
const char *info_policy(uint32_t policy);              /* "block", "drop", "overwrite" */
const char *info_clock(uint32_t clock);                /* "monotonic", "tsc" */
const char *info_unwinder(uint32_t unwinder);          /* "none", "libunwind", "rules" */
const char *info_heap(uint32_t heap);                  /* "off", "plugins", "all" */
const char *info_ending(enum recording_ending ending); /* "running", "exited", ... */
const char *info_stop_reason(uint32_t reason);         /* "none", "recorder-gone" */

/* Names of the set bits of a word, one after the other: *at begins at 0; NULL when there are no
 * more. */
const char *info_origin(uint32_t origin,
                        unsigned *at); /* "flight", "record", "forked", "private" */
const char *info_plugin_flag(uint32_t flags, unsigned *at); /* "by-caller", "provided", "nested" */

/* The module has an allocator of its own, whose calls the tracer cannot get between. */
bool info_hides_allocator(const struct recording_module *module);

#endif
