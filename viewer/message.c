/* viewer/message.c - what the program says on stderr */
/* SPDX-License-Identifier: MIT */

#include "viewer/message.h"
#include "viewer/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void message(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("npntrace: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void message_problem(const char *file, const struct problem *problem, const char *advice)
{
    char *name = text_printable(file), *text = text_printable(problem->text);
    char where[40] = "";

    if (problem->offset != PROBLEM_NOWHERE)
        snprintf(where, sizeof(where), " (at offset %" PRIu64 ")", problem->offset);
    message("%s: %s%s%s%s%s", name, problem->kind == PROBLEM_NOTE ? "note: " : "", text, where,
            advice != NULL ? "; " : "", advice != NULL ? advice : "");
    free(name);
    free(text);
}

bool message_problems(const struct recording *recording)
{
    const struct problems *problems = &recording->problems;
    const struct problem *damage = problems_first_damage(problems);
    uint64_t unsaid = problems->damages + problems->notes - problems->count;

    if (damage != NULL && !recording->force) {
        message_problem(recording->path, damage, "--force reads what is readable");
        return false;
    }
    for (size_t i = 0; i < problems->count; i++)
        message_problem(recording->path, &problems->list[i], NULL);
    if (unsaid != 0)
        message("%s: and %" PRIu64 " more problems", recording->path, unsaid);
    return true;
}
