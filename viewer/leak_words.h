/* viewer/leak_words.h - a leak in words */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_LEAK_WORDS_H
#define NPNTRACE_VIEWER_LEAK_WORDS_H

#include "viewer/leaks.h"

const char *leak_domain_name(enum leak_domain domain);      /* "npn", "heap", "object" */
const char *leak_kind_name(enum leak_kind kind);            /* "live-at-exit": for machines */
const char *leak_kind_text(enum leak_kind kind, bool live); /* for people */

/* The call by which it came to the plug-in: "NPN_MemAlloc", "NPN_UTF8FromIdentifier",
 * "NPN_RetainObject"; of the host's heap how it was handed over; NULL for other heap memory. */
const char *leak_way_name(const struct leak *leak);

const char *leak_growth_name(enum leak_growth growth); /* "by-instance"; NULL: it does not grow */

/* "Growing: 3 instances that are gone left some. 0.9 s to 2.1 s old.": the caller frees it. */
char *leak_age_text(const struct model *model, const struct leak *leak);

/* A sentence about whose fault it is; NULL: the plug-in's, as ever. */
const char *leak_remark(const struct leak *leak);

/* "3 blocks", "100 identifier strings", "2 objects": the caller frees it. */
char *leak_what(const struct leak *leak);

#endif
