/* viewer/leak_rules.h - which leaks count, and when that fails a script */
/* SPDX-License-Identifier: MIT */

/*
 * The options --suppressions, --no-builtin-suppressions, --only-plugin, --gen-suppressions,
 * --fail-on-leak and --fail-on-finding, as a child of a verb's argp whose input is a struct
 * leak_rules with `shared` set. Files are read by leak_rules_begin(). Threads: one. Memory: until
 * leak_rules_free().
 */
#ifndef NPNTRACE_VIEWER_LEAK_RULES_H
#define NPNTRACE_VIEWER_LEAK_RULES_H

#include "viewer/leak_filter.h"
#include "viewer/session.h"

enum leak_rules_lines { LEAK_RULES_NO_LINES, LEAK_RULES_LINES, LEAK_RULES_LIMITED_LINES };

struct leak_rules { /* all-zero but `shared`: the defaults */
    struct options *shared;
    const char **files;
    size_t file_count, file_capacity;
    bool without_builtin;
    bool own_code;
    enum leak_rules_lines generate;
    bool fail_on_leak;
    uint64_t fail_above_bytes; /* 0: any leak */
    bool fail_on_finding;
    struct suppressions suppressions;
    struct leak_filter *filter; /* from leak_rules_begin() on */
};

extern const struct argp leak_rules_argp;

/* Reads the suppressions. False after a message. */
bool leak_rules_begin(struct leak_rules *rules, struct names *names);

/* What the verb ends with. */
int leak_rules_status(const struct leak_rules *rules, const struct session *session,
                      const struct leaks *leaks);

void leak_rules_free(struct leak_rules *rules);

#endif
