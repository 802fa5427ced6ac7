/* viewer/record_whatif.c - the options of `npntrace record` that ask what would be if */
/* SPDX-License-Identifier: MIT */

#include "viewer/record_whatif.h"
#include "viewer/message.h"
#include "viewer/options.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SEED_LIMIT 1000000000u /* of seeds that are chosen: short enough to be typed */

enum { KEY_FAIL = 0x300, KEY_SEED, KEY_LIMIT, KEY_CHECK, KEY_EACH_LIMIT, KEY_TIMEOUT, KEY_JSON };

static const struct argp_option options[] = {
    {"fail-npn", KEY_FAIL, "N|RATE|each[:PLUGIN]", 0,
     "let NPN_MemAlloc return NULL: at the N-th call in a process, at a part of the calls (5% or "
     "0.05), or at each call in turn, running COMMAND once for every one; PLUGIN: a pattern of "
     "file names, only calls by these plug-ins count",
     1},
    {"fail-seed", KEY_SEED, "NUMBER", 0,
     "with a RATE: chooses the calls, the same ones for the same NUMBER", 1},
    {"limit", KEY_LIMIT, "PLUGIN:BYTES", 0,
     "let NPN_MemAlloc return NULL where a plug-in would have more live bytes, after an "
     "NPN_MemFlush; with K, M or G",
     1},
    {"check", KEY_CHECK, NULL, 0,
     "find writes behind NPN blocks and to freed ones: blocks are longer, and freed late", 1},
    {"each-limit", KEY_EACH_LIMIT, "N", 0,
     "with --fail-npn=each: N calls alone, of each stack the first (default: 200); 0: all", 1},
    {"each-timeout", KEY_TIMEOUT, "SECONDS", 0,
     "with --fail-npn=each: end a run that takes longer (default: 60); 0: never", 1},
    {"json", KEY_JSON, NULL, 0, "with --fail-npn=each: print JSON for machines instead of text", 1},
    {0}};

static error_t parse_each(struct record_whatif *whatif, const char *rest, const char *text,
                          struct argp_state *state)
{
    if (*rest == ':' && rest[1] != '\0')
        whatif->plugin = rest + 1;
    else if (*rest != '\0')
        return options_wrong(state, "--fail-npn=%s: give each or each:PLUGIN", text);
    whatif->each = true;
    return 0;
}

static error_t parse_fail(struct record_whatif *whatif, const char *text, struct argp_state *state)
{
    static const char each[] = "each";

    whatif->fail = NULL;
    whatif->each = false;
    if (strncmp(text, each, strlen(each)) == 0)
        return parse_each(whatif, text + strlen(each), text, state);
    if (!whatif_parse_fail(text, &whatif->parsed_fail))
        return options_wrong(state,
                             "--fail-npn=%s: give the number of a call, a rate like 5%% or 0.05, "
                             "or each, and after a colon which plug-in's",
                             text);
    whatif->fail = text;
    return 0;
}

static error_t parse_limit(struct record_whatif *whatif, const char *text, struct argp_state *state)
{
    struct whatif_limit limit;

    if (!whatif_parse_limit(text, &limit))
        return options_wrong(state, "--limit=%s: give a plug-in and a number of bytes, as in "
                             "libnpfoo.so:2M", text);
    whatif->limit = text;
    return 0;
}

static error_t parse_number(uint64_t *ret_number, const char *option, const char *text,
                            struct argp_state *state)
{
    if (!whatif_parse_number(text, ret_number))
        return options_wrong(state, "--%s=%s: give a number", option, text);
    return 0;
}

static error_t check_together(const struct record_whatif *whatif, struct argp_state *state)
{
    if (whatif->only_each && !whatif->each)
        return options_wrong(state, "--each-limit, --each-timeout and --json are for "
                                    "--fail-npn=each");
    if (whatif->seed != NULL && (whatif->fail == NULL || whatif->parsed_fail.number != 0))
        return options_wrong(state, "--fail-seed=%s: it chooses calls for a rate, as in "
                             "--fail-npn=5%%", whatif->seed);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct record_whatif *whatif = state->input;
    uint64_t number;

    whatif->only_each |= key == KEY_EACH_LIMIT || key == KEY_TIMEOUT || key == KEY_JSON;
    switch (key) {
    case KEY_FAIL: return parse_fail(whatif, argument, state);
    case KEY_SEED:
        whatif->seed = argument;
        return parse_number(&number, "fail-seed", argument, state);
    case KEY_LIMIT: return parse_limit(whatif, argument, state);
    case KEY_CHECK: whatif->check = true; return 0;
    case KEY_EACH_LIMIT: return parse_number(&whatif->each_limit, "each-limit", argument, state);
    case KEY_TIMEOUT:
        return parse_number(&whatif->each_timeout_s, "each-timeout", argument, state);
    case KEY_JSON: whatif->json = true; return 0;
    case ARGP_KEY_END: return check_together(whatif, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp record_whatif_argp = {.options = options, .parser = parse};

static bool set(const char *name, const char *value)
{
    if (value == NULL || setenv(name, value, 1) == 0)
        return true;
    message("cannot set '%s' for the command: %s", name, strerror(errno));
    return false;
}

static char *chosen_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        return xalloc_string("1");
    return xalloc_format("%" PRIu64, seed % SEED_LIMIT);
}

/* A seed that was chosen is said whatever happens: nothing else tells which calls failed. */
static bool apply_seed(const struct record_whatif *whatif)
{
    if (whatif->fail == NULL || whatif->parsed_fail.parts == 0)
        return true;
    char *seed = whatif->seed != NULL ? xalloc_string(whatif->seed) : chosen_seed();
    bool good = set(WHATIF_SEED_ENVIRONMENT, seed);
    if (good && whatif->seed == NULL)
        message("--fail-seed=%s lets the same calls of NPN_MemAlloc fail again", seed);
    free(seed);
    return good;
}

bool record_whatif_apply(const struct record_whatif *whatif)
{
    return set(WHATIF_FAIL_ENVIRONMENT, whatif->fail) &&
           set(WHATIF_LIMIT_ENVIRONMENT, whatif->limit) &&
           set(WHATIF_CHECK_ENVIRONMENT, whatif->check ? "1" : NULL) && apply_seed(whatif);
}

bool record_whatif_apply_call(const struct record_whatif *whatif, uint64_t call)
{
    if (call == 0)
        return unsetenv(WHATIF_FAIL_ENVIRONMENT) == 0;
    char *fail = whatif->plugin != NULL ? xalloc_format("%" PRIu64 ":%s", call, whatif->plugin)
                                        : xalloc_format("%" PRIu64, call);
    bool good = set(WHATIF_FAIL_ENVIRONMENT, fail);
    free(fail);
    return good;
}
