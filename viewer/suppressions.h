/* viewer/suppressions.h - leaks that are known, as LeakSanitizer's suppression files name them */
/* SPDX-License-Identifier: MIT */

/*
 *      # lines like these; blanks around them do not matter
 *      leak:grow_cache
 *      leak:^libnpfoo_*$ max=10
 *      leak:third_party/zip.c max-bytes=64K
 *
 * A pattern fits a call stack if it fits the function, the source file, the module or
 * "module+0x1f20" of one of its frames. It may stand anywhere in those; ^ at its beginning and $ at
 * its end tie it to theirs, * is any text. max and max-bytes, which LeakSanitizer does not know,
 * are for growth: when more blocks and objects, or more bytes, fit than that, none of them is
 * suppressed.
 *
 * A text is trusted in nothing; memory goes with its size. Threads: one. Memory: until
 * suppressions_free(). Errors: a line that means nothing ends the reading, and the place is told.
 */
#ifndef NPNTRACE_VIEWER_SUPPRESSIONS_H
#define NPNTRACE_VIEWER_SUPPRESSIONS_H

#include "viewer/builtin_suppressions.h"
#include "viewer/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPPRESSIONS_MAX_BYTES (UINT64_C(1) << 20) /* of a file */

/* What has come by one of them. */
struct suppressed {
    uint64_t stacks; /* of one instance each */
    uint64_t blocks;
    uint64_t bytes;
    uint64_t objects;
};

struct suppression {
    char *pattern;      /* NULL: built in */
    const char *source; /* where it stands: a file's name */
    size_t line;
    uint64_t max_blocks; /* blocks and objects; UINT64_MAX: any number */
    uint64_t max_bytes;
    const struct builtin_suppression *builtin; /* NULL: of a file */
    struct suppressed hits;
};

struct suppressions {         /* all-zero is empty */
    struct suppression *list; /* of files, in their order; then those that are built in */
    size_t count, capacity;
    size_t builtin_first; /* index of the first of the latter, if there are any */
    bool has_builtin;
    char **sources;
    size_t source_count, source_capacity;
};

struct suppressions_error {
    size_t line, column; /* from 1 on; columns are bytes */
    char text[96];
};

/* Adds those of a text, which `source` names. 0, or -EINVAL with *ret_error set: what stood before
 * the error was added. */
int suppressions_parse(struct suppressions *suppressions, const char *source, const char *text,
                       size_t bytes, struct suppressions_error *ret_error);

/* Adds those of a file. False after a message. */
bool suppressions_read(struct suppressions *suppressions, const char *path);

/* Adds those that are built in; nothing can be added behind them. */
void suppressions_add_builtin(struct suppressions *suppressions);

void suppressions_free(struct suppressions *suppressions);

/* Does a pattern fit a text? */
bool suppressions_match(const char *pattern, const char *text);

/* The first of the files' that fits this line of a stack; SIZE_MAX: none does. */
size_t suppressions_find(const struct suppressions *suppressions, const struct names_line *line);

/* More has come by it than it allows, and so it suppresses nothing. */
bool suppression_is_exceeded(const struct suppression *suppression);

/* "leak:grow_cache max=10 (leaks.supp:3)", "built in: the loader"; the caller frees it. */
char *suppression_text(const struct suppression *suppression);

#endif
