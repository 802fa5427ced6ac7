/* viewer/report_profile.h - report's other answers: by key, as a tree, at the peak, filtered */
/* SPDX-License-Identifier: MIT */

/*
 * The plain report is made of the model; as soon as one of these options or of those of
 * viewer/filter.h is given, a profile is made and printed in its place:
 *
 *   npntrace report --by=function --sort=at-peak --from=50%
 *   npntrace report --tree=bottom-up --match='^NPP_'
 *
 * Threads: one. Memory: until report_profile_free(). An all-zero structure asks for nothing.
 */
#ifndef NPNTRACE_VIEWER_REPORT_PROFILE_H
#define NPNTRACE_VIEWER_REPORT_PROFILE_H

#include "viewer/profile_groups.h"
#include "viewer/profile_tree.h"

struct report_profile {
    struct filter filter;
    bool has_key;
    enum profile_key key;
    bool has_tree;
    enum profile_direction tree;
    bool peak, temporary;
    const char *sort; /* as given */
    bool has_depth;
    size_t depth; /* 0: no limit */
    /* Made of these. */
    enum profile_column column;
};

/* An argp child; its input is a struct report_profile. It has filter_argp as a child. */
extern const struct argp report_profile_argp;
void report_profile_free(struct report_profile *asked);

/* False: the plain report is what was asked for. */
bool report_profile_is_wanted(const struct report_profile *asked);

/* Reads the events and prints. False: damage was found, and said. */
bool report_profile_print(struct session *session, const struct report_profile *asked);

/* The same as the value of "profile" in JSON. */
json_t *report_profile_json(struct session *session, const struct report_profile *asked);

/* For the two: a group's or a node's name for people, which the caller frees. */
char *report_profile_name(const struct session *session, const struct profile_groups *groups,
                          const struct profile_group *group);
char *report_profile_node_name(const struct profile_node *node);

/* Of both kinds of memory something was live at some time: each has a peak of its own. */
static inline bool report_profile_has_both_peaks(const struct profile *profile)
{
    return profile->peaks[LEAK_NPN].bytes != 0 && profile->peaks[LEAK_HEAP].bytes != 0;
}

/* The levels of a tree and frames of a stack to print: what was asked for, or this. */
size_t report_profile_depth(const struct report_profile *asked, size_t otherwise);

#endif
