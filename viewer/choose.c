/* viewer/choose.c - one of a few words: keys, columns, formats */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/message.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 40 /* characters of a word that count */

struct candidate {
    const char *name;
    unsigned distance;
    size_t place;
};

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Characters to insert, delete or replace: a row of the table at a time. */
static unsigned edit_distance(const char *from, const char *to)
{
    size_t from_length = strnlen(from, LONGEST), to_length = strnlen(to, LONGEST);
    unsigned row[LONGEST + 1];

    for (unsigned j = 0; j <= to_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= from_length; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= to_length; j++) {
            unsigned above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (from[i - 1] != to[j - 1]));
            diagonal = above;
        }
    }
    return row[to_length];
}

static int by_distance(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static const char *name_at(const char *const *names, size_t stride, size_t place)
{
    const char *name;

    memcpy(&name, (const char *)names + place * stride, sizeof(name));
    return name;
}

static char *listed(struct candidate *candidates, size_t count)
{
    char *list = xalloc_string("");

    qsort(candidates, count, sizeof(*candidates), by_distance);
    for (size_t i = 0; i < count; i++) {
        char *longer = xalloc_format("%s%s%s", list, i == 0 ? "" : ", ", candidates[i].name);
        free(list);
        list = longer;
    }
    return list;
}

int choose_by_name_in(const char *what, const char *text, const char *const *names, size_t stride,
                      size_t count)
{
    struct candidate *candidates = xalloc_zeroed(count, sizeof(*candidates));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(names, stride, i);
        if (name == NULL)
            continue;
        if (strcmp(name, text) == 0) {
            free(candidates);
            return (int)i;
        }
        candidates[used++] = (struct candidate){name, edit_distance(text, name), i};
    }
    char *list = listed(candidates, used), *word = text_printable(text);
    message("unknown %s \"%s\": %s", what, word, list);
    free(word);
    free(list);
    free(candidates);
    return -1;
}

int choose_by_name(const char *what, const char *text, const char *const *names, size_t count)
{
    return choose_by_name_in(what, text, names, sizeof(*names), count);
}
