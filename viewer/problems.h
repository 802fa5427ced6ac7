/* viewer/problems.h - what is wrong with a recording, collected while it is read */
/* SPDX-License-Identifier: MIT */

/*
 * Reading goes on after a problem as far as it can; the verbs decide what to do about the list:
 * stop at the first damage, or with --force say everything and go on. The first PROBLEMS_KEPT are
 * kept, the rest is counted; the same problem at the same place is one. Threads: one. Memory: the
 * list's own until problems_free().
 */
#ifndef NPNTRACE_VIEWER_PROBLEMS_H
#define NPNTRACE_VIEWER_PROBLEMS_H

#include <stddef.h>
#include <stdint.h>

#define PROBLEMS_KEPT 200
#define PROBLEM_NOWHERE UINT64_MAX

enum problem_kind {
    PROBLEM_NOTE,   /* worth saying, but what is read is right: the recorder was killed, ... */
    PROBLEM_DAMAGE, /* something cannot be believed: fails unless --force */
};

struct problem {
    enum problem_kind kind;
    uint64_t offset; /* in the file, PROBLEM_NOWHERE if it has no place */
    char text[160];
};

struct problems {
    struct problem *list;
    size_t count; /* in the list */
    size_t capacity;
    uint64_t damages; /* met, whether kept or not */
    uint64_t notes;
};

void problems_add(struct problems *problems, enum problem_kind kind, uint64_t offset,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The first damage, NULL if there is none. */
const struct problem *problems_first_damage(const struct problems *problems);

void problems_free(struct problems *problems);

#endif
