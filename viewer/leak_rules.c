/* viewer/leak_rules.c - which leaks count, and when that fails a script */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_rules.h"
#include "viewer/choose.h"
#include "viewer/findings.h"
#include "viewer/message.h"
#include "viewer/size_text.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <stdlib.h>

enum {
    KEY_SUPPRESSIONS = 0x300,
    KEY_NO_BUILTIN,
    KEY_ONLY_PLUGIN,
    KEY_GENERATE,
    KEY_FAIL_ON_LEAK,
    KEY_FAIL_ON_FINDING
};

static const struct argp_option rules_options[] = {
    {"fail-on-finding", KEY_FAIL_ON_FINDING, NULL, 0,
     "end with status 1 if there is a finding (see npntrace findings)", 0},
    {"fail-on-leak", KEY_FAIL_ON_LEAK, "BYTES", OPTION_ARG_OPTIONAL,
     "end with status 1 if there is a leak, or more than so many bytes leaked (4096, 64K, 1M)", 0},
    {"gen-suppressions", KEY_GENERATE, "limited", OPTION_ARG_OPTIONAL,
     "print a line for a file of suppressions for each leak, and nothing else; limited: each with "
     "max= what is there now",
     0},
    {"no-builtin-suppressions", KEY_NO_BUILTIN, NULL, 0,
     "list what the C library, the loader, GLib and Qt keep for as long as they are loaded", 0},
    {"only-plugin", KEY_ONLY_PLUGIN, "NAME", OPTION_ARG_OPTIONAL,
     "only what plug-ins' own code asked for, not what other libraries did; with NAME, of this "
     "plug-in alone",
     0},
    {"suppressions", KEY_SUPPRESSIONS, "FILE", 0,
     "leave out what the lines of FILE fit (leak:PATTERN, max=N); may be given again", 0},
    {0},
};

static void add_file(struct leak_rules *rules, const char *name)
{
    rules->files =
        xalloc_grown(rules->files, rules->file_count, &rules->file_capacity, sizeof(*rules->files));
    rules->files[rules->file_count++] = name;
}

static error_t parse_generate(struct leak_rules *rules, const char *argument)
{
    static const char *const names[] = {"limited"};

    rules->generate = LEAK_RULES_LINES;
    if (argument == NULL)
        return 0;
    rules->generate = LEAK_RULES_LIMITED_LINES;
    return choose_by_name("kind of suppressions", argument, names, 1) < 0 ? EINVAL : 0;
}

static error_t parse_fail(struct leak_rules *rules, const char *argument, struct argp_state *state)
{
    rules->fail_on_leak = true;
    if (argument == NULL || size_text_read(argument, &rules->fail_above_bytes))
        return 0;
    return options_wrong(state, "--fail-on-leak=%s: give a number of bytes, as 4096, 64K or 1.5M",
                         argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct leak_rules *rules = state->input;

    switch (key) {
    case KEY_SUPPRESSIONS: add_file(rules, argument); return 0;
    case KEY_NO_BUILTIN: rules->without_builtin = true; return 0;
    case KEY_ONLY_PLUGIN:
        rules->own_code = true;
        if (argument != NULL)
            options_add_plugin(rules->shared, argument);
        return 0;
    case KEY_GENERATE: return parse_generate(rules, argument);
    case KEY_FAIL_ON_LEAK: return parse_fail(rules, argument, state);
    case KEY_FAIL_ON_FINDING: rules->fail_on_finding = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp leak_rules_argp = {.options = rules_options, .parser = parse};

bool leak_rules_begin(struct leak_rules *rules, struct names *names)
{
    for (size_t i = 0; i < rules->file_count; i++)
        if (!suppressions_read(&rules->suppressions, rules->files[i]))
            return false;
    if (rules->suppressions.count != 0 && rules->shared->without_symbols)
        message("--no-symbols: suppressions fit modules alone, no functions or source files");
    if (!rules->without_builtin)
        suppressions_add_builtin(&rules->suppressions);
    rules->filter = xalloc_zeroed(1, sizeof(*rules->filter));
    rules->filter->suppressions = &rules->suppressions;
    rules->filter->names = names;
    rules->filter->own_code = rules->own_code;
    return true;
}

static bool leaks_too_much(const struct leak_rules *rules, const struct leaks *leaks)
{
    if (!rules->fail_on_leak)
        return false;
    return rules->fail_above_bytes != 0 ? leaks->bytes > rules->fail_above_bytes
                                        : leaks->count != 0;
}

int leak_rules_status(const struct leak_rules *rules, const struct session *session,
                      const struct leaks *leaks)
{
    int status = leaks_too_much(rules, leaks) ? STATUS_FOUND : STATUS_GOOD;

    if (!rules->fail_on_finding)
        return status;
    struct findings findings = findings_find(session->model, session->wanted);
    int found = findings_status(session->recording, &findings);
    findings_free(&findings);
    return found > status ? found : status;
}

void leak_rules_free(struct leak_rules *rules)
{
    if (rules->filter != NULL)
        leak_filter_free(rules->filter);
    free(rules->filter);
    free(rules->files);
    suppressions_free(&rules->suppressions);
}
