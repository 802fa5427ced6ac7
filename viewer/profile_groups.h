/* viewer/profile_groups.h - the rows of a profile by plug-in, function, line, ... */
/* SPDX-License-Identifier: MIT */

/*
 * A group is of one domain: NPN and heap memory are never added up, since a block may be in both.
 * It is what rows have in common; threads and classes of size or lifetime are no groups of rows,
 * but are listed alike, with fewer columns. Module, function and line are those of the frame that
 * the charging rule chose, and of what was inlined there.
 *
 * Threads: one. Memory: until profile_groups_free().
 */
#ifndef NPNTRACE_VIEWER_PROFILE_GROUPS_H
#define NPNTRACE_VIEWER_PROFILE_GROUPS_H

#include "viewer/profile_columns.h"

enum profile_key {
    PROFILE_BY_PLUGIN,
    PROFILE_BY_INSTANCE,
    PROFILE_BY_MODULE,
    PROFILE_BY_FUNCTION,
    PROFILE_BY_LINE,
    PROFILE_BY_THREAD,
    PROFILE_BY_SIZE,
    PROFILE_BY_LIFETIME,
    PROFILE_BY_STACK,
    PROFILE_KEYS
};
extern const char *const profile_key_names[PROFILE_KEYS];

struct profile_group {
    struct profile_numbers numbers;
    enum leak_domain domain;
    uint32_t plugin;   /* PLUGIN, INSTANCE, STACK */
    uint32_t instance; /* INSTANCE */
    uint32_t stack;    /* STACK; else one of those that are in it */
    uint32_t tid;      /* THREAD */
    unsigned class;    /* SIZE, LIFETIME */
    /* MODULE, FUNCTION, LINE; NULL: unknown */
    const char *function, *module, *file;
    uint32_t line;
    uint64_t offset; /* of what has no function */
};

struct profile_groups {
    struct profile *profile;
    enum profile_key key;
    unsigned columns; /* bits of those that groups of this key have */
    struct profile_group *list;
    size_t count;
};

/* Reads the events. */
struct profile_groups profile_groups_build(struct session *session, const struct filter *filter,
                                           enum profile_key key);

/* The columns that groups of a key have. */
unsigned profile_key_columns(enum profile_key key);

void profile_groups_sort(struct profile_groups *groups, enum profile_column column);
void profile_groups_free(struct profile_groups *groups);

/* What a class holds: [*ret_least, *ret_most]. */
void profile_class_range(unsigned class, uint64_t *ret_least, uint64_t *ret_most);

#endif
