/* viewer/choose.h - one of a few words: keys, columns, formats */
/* SPDX-License-Identifier: MIT */

/*
 * Options whose argument is one of a list of words find it here, so that all of them answer a wrong
 * word alike, with the valid ones, nearest first:
 *
 *   npntrace: unknown column "byts": bytes, blocks, live, ...
 *
 * Nearest is by edit distance, ties in the order of the list. Threads: any. Memory: none is kept.
 */
#ifndef NPNTRACE_VIEWER_CHOOSE_H
#define NPNTRACE_VIEWER_CHOOSE_H

#include <stddef.h>

/* The index of text in names (NULL entries fit nothing), or -1 after a message on stderr; `what`
 * says what kind of word it is ("column"). */
int choose_by_name(const char *what, const char *text, const char *const *names, size_t count);

/* The same in a list of structures: `names` is the first one's name, `stride` their size. */
int choose_by_name_in(const char *what, const char *text, const char *const *names, size_t stride,
                      size_t count);

#endif
