/* viewer/finding_words.h - a finding in words */
/* SPDX-License-Identifier: MIT */

/* Printable texts. Threads: one. */
#ifndef NPNTRACE_VIEWER_FINDING_WORDS_H
#define NPNTRACE_VIEWER_FINDING_WORDS_H

#include "viewer/findings.h"

/* What happened: "NPN_MemFree of the block 0x7f00 (32 bytes), which was released before". The
 * caller frees it. */
char *finding_words_what(const struct recording *recording, const struct found *found);

/* Where what is freed, kept or written came from: "NPN_MemAlloc", "NPN_CreateObject"; NULL if it is
 * no block or object, or if that is not known. */
const char *finding_words_origin(const struct found *found);

/* The function that was called, of kinds that have it; NULL. */
const char *finding_words_function(const struct found *found);

/* How a block came to the browser, of kinds that have it; NULL. */
const char *finding_words_way(const struct found *found);

/* What browsers make of it, where they differ; NULL. */
const char *finding_words_note(const struct found *found);

#endif
