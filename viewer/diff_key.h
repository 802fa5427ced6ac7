/* viewer/diff_key.h - a text by which a stack is the same in another recording */
/* SPDX-License-Identifier: MIT */

/* See viewer/diff.h for what makes two stacks the same. Threads: one. */
#ifndef NPNTRACE_VIEWER_DIFF_KEY_H
#define NPNTRACE_VIEWER_DIFF_KEY_H

#include "viewer/leaks.h"
#include "viewer/session.h"

struct diff_key;

/* For stacks of a session that is compared with another recording. */
struct diff_key *diff_key_new(const struct session *session, const struct recording *other);
void diff_key_free(struct diff_key *key);

/* The caller frees the text. plugin NULL: the host. */
char *diff_key_of(struct diff_key *key, uint32_t stack, const char *plugin, enum leak_domain domain,
                  uint32_t way);

/* Bytes of a function's name without what compilers append to parts and copies of it:
 * "append.part.0", "grow(int) [clone .constprop.1]". */
size_t diff_key_function_length(const char *function);

#endif
