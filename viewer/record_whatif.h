/* viewer/record_whatif.h - the options of `npntrace record` that ask what would be if */
/* SPDX-License-Identifier: MIT */

/*
 * A child of the verb's argp whose input is a struct record_whatif. What they say reaches the host
 * through the environment (format/whatif.h); what they do not say is as the user's environment has
 * it. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_RECORD_WHATIF_H
#define NPNTRACE_VIEWER_RECORD_WHATIF_H

#include "format/whatif.h"

#include <argp.h>

struct record_whatif {
    const char *fail; /* as given; NULL: no call is to fail, or each is */
    struct whatif_fail parsed_fail;
    const char *seed; /* as given, NULL: any */
    const char *limit;
    bool check;
    bool each;           /* --fail-npn=each */
    const char *plugin;  /* its pattern, NULL: every plug-in */
    uint64_t each_limit; /* 0: none */
    uint64_t each_timeout_s;
    bool json;
    bool only_each; /* an option was given that needs `each` */
};

#define RECORD_WHATIF_DEFAULTS                                                                     \
    {                                                                                              \
        .each_limit = 200, .each_timeout_s = 60                                                    \
    }

extern const struct argp record_whatif_argp;

/* Sets the environment for the host, and says on stderr which seed was chosen. False after a
 * message. */
bool record_whatif_apply(const struct record_whatif *whatif);

/* For `each`: call number 0 is none. */
bool record_whatif_apply_call(const struct record_whatif *whatif, uint64_t call);

#endif
