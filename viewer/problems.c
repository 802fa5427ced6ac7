/* viewer/problems.c - what is wrong with a recording, collected while it is read */
/* SPDX-License-Identifier: MIT */

#include "viewer/problems.h"
#include "viewer/xalloc.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events are read more than once. */
static bool is_known(const struct problems *problems, const struct problem *new)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->list[i].offset == new->offset &&
            strcmp(problems->list[i].text, new->text) == 0)
            return true;
    return false;
}

void problems_add(struct problems *problems, enum problem_kind kind, uint64_t offset,
                  const char *format, ...)
{
    struct problem new = {.kind = kind, .offset = offset};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(new.text, sizeof(new.text), format, arguments);
    va_end(arguments);
    if (is_known(problems, &new))
        return;
    problems->damages += kind == PROBLEM_DAMAGE;
    problems->notes += kind == PROBLEM_NOTE;
    if (problems->count == PROBLEMS_KEPT)
        return;
    problems->list =
        xalloc_grown(problems->list, problems->count, &problems->capacity, sizeof(*problems->list));
    problems->list[problems->count++] = new;
}

const struct problem *problems_first_damage(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->list[i].kind == PROBLEM_DAMAGE)
            return &problems->list[i];
    return NULL;
}

void problems_free(struct problems *problems)
{
    free(problems->list);
    *problems = (struct problems){0};
}
