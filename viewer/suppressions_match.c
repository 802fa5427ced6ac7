/* viewer/suppressions_match.c - does a pattern of a suppression fit a text? */
/* SPDX-License-Identifier: MIT */

#include "viewer/suppressions.h"

#include <string.h>

/* The part of a pattern up to its end or the next *. */
static size_t piece_length(const char *pattern, const char *end)
{
    const char *star = memchr(pattern, '*', (size_t)(end - pattern));

    return (size_t)((star != NULL ? star : end) - pattern);
}

/* Where the piece first stands in a text; NULL: nowhere. */
static const char *find_piece(const char *text, size_t text_bytes, const char *piece, size_t bytes)
{
    return bytes == 0 ? text : memmem(text, text_bytes, piece, bytes);
}

/* Each piece is taken where it first fits, the last of a tied pattern where the text ends: no other
 * choice can succeed where this one fails. */
bool suppressions_match(const char *pattern, const char *text)
{
    const char *end = pattern + strlen(pattern), *text_end = text + strlen(text);
    bool tied_begin = *pattern == '^', tied_end = end > pattern + tied_begin && end[-1] == '$';

    pattern += tied_begin;
    end -= tied_end;
    for (bool first = true;; first = false) {
        size_t bytes = piece_length(pattern, end), left = (size_t)(text_end - text);
        bool last = pattern + bytes == end, at_begin = first && tied_begin;
        if (bytes > left)
            return false;
        const char *at = at_begin           ? text
                         : last && tied_end ? text_end - bytes
                                            : find_piece(text, left, pattern, bytes);
        if (at == NULL || memcmp(at, pattern, bytes) != 0)
            return false;
        text = at + bytes;
        if (last)
            return !tied_end || text == text_end;
        pattern += bytes + 1;
    }
}
