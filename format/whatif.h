/* format/whatif.h - what may be asked of a host: failing allocations, a budget, red zones */
/* SPDX-License-Identifier: MIT */

/*
 * The words of `record --fail-npn` and `--limit` are those of NPNTRACE_FAIL_NPN and NPNTRACE_LIMIT:
 * the program reads them to say what is wrong with them, the library to do what they say.
 *
 *   fail    7   7:libnpfoo.so   5%   0.05:libnp*   the 7th call; one in twenty
 *   limit   libnpfoo.so:2M                         never more live bytes than that
 *
 * Nothing here allocates or depends on the locale. Any thread.
 */
#ifndef NPNTRACE_FORMAT_WHATIF_H
#define NPNTRACE_FORMAT_WHATIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHATIF_FAIL_ENVIRONMENT "NPNTRACE_FAIL_NPN"
#define WHATIF_SEED_ENVIRONMENT "NPNTRACE_FAIL_SEED"
#define WHATIF_LIMIT_ENVIRONMENT "NPNTRACE_LIMIT"
#define WHATIF_CHECK_ENVIRONMENT "NPNTRACE_CHECK"

#define WHATIF_PATTERN_BYTES 256u
#define WHATIF_WHOLE 1000000000u /* parts of a whole: a rate of 1 */

struct whatif_fail {
    uint64_t number; /* of the call that fails, from 1; 0: the rate says it */
    uint32_t parts;  /* of WHATIF_WHOLE calls that fail */
    char plugin[WHATIF_PATTERN_BYTES]; /* pattern of fnmatch(3) for the file's name; "": all */
};

struct whatif_limit {
    uint64_t bytes;
    char plugin[WHATIF_PATTERN_BYTES];
};

/* False: text is none of these; *ret is then undefined. */
bool whatif_parse_fail(const char *text, struct whatif_fail *ret_fail);
bool whatif_parse_limit(const char *text, struct whatif_limit *ret_limit);

/* Decimal digits alone, up to 2^64 - 1. */
bool whatif_parse_number(const char *text, uint64_t *ret_number);

/* Does the call with this number, from 1, fail? Depends on nothing but the arguments. */
bool whatif_fails(const struct whatif_fail *fail, uint64_t seed, uint64_t call);

#endif
