/* viewer/verb_diff.c - npntrace diff: what grew from one recording to another */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/diff_json.h"
#include "viewer/diff_text.h"
#include "viewer/message.h"
#include "viewer/size_text.h"
#include "viewer/verb.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BY = 0x200, KEY_FAIL, KEY_FAIL_STACK, KEY_HOST, KEY_MEASURE };

struct threshold {
    bool set;
    bool is_percent;
    uint64_t above; /* bytes or a number, as the measure is */
};

struct diff_options {
    struct options shared;
    struct diff_wanted wanted;
    struct threshold plugin, stack;
    const char *files[DIFF_SIDES];
    size_t file_count;
};

static const struct argp_option own_options[] = {
    {"by", KEY_BY, "place|stack", 0,
     "compare the places in the plug-ins, by whichever callers (the default), or whole call stacks",
     0},
    {"fail-if-grown", KEY_FAIL, "AMOUNT", OPTION_ARG_OPTIONAL,
     "end with status 1 if a plug-in has more in B, or more by over AMOUNT (4096, 64K, 5%)", 0},
    {"fail-if-stack-grown", KEY_FAIL_STACK, "AMOUNT", OPTION_ARG_OPTIONAL,
     "the same for each place or call stack", 0},
    {"host", KEY_HOST, NULL, 0, "compare what the hosts allocated for themselves as well", 0},
    {"measure", KEY_MEASURE, "WHAT", 0,
     "live-bytes (the default), live-blocks, bytes (allocated), allocs, peak-bytes", 0},
    {0},
};

static error_t parse_by(struct diff_options *options, const char *text)
{
    static const char *const names[] = {"place", "stack"};
    int by = choose_by_name("key of --by", text, names, 2);

    options->wanted.whole_stacks = by == 1;
    return by < 0 ? EINVAL : 0;
}

static error_t parse_measure(struct diff_options *options, const char *text)
{
    int measure = choose_by_name("measure", text, diff_measure_names, DIFF_MEASURES);

    if (measure < 0)
        return EINVAL;
    options->wanted.measure = (enum diff_measure)measure;
    return 0;
}

static error_t parse_threshold(struct threshold *threshold, const char *text,
                               struct argp_state *state)
{
    threshold->set = true;
    if (text == NULL || size_text_read(text, &threshold->above))
        return 0;
    size_t length = strlen(text);
    char *digits =
        length != 0 && text[length - 1] == '%' ? xalloc_substring(text, length - 1) : NULL;
    threshold->is_percent = digits != NULL && size_text_read_count(digits, &threshold->above) &&
                            threshold->above <= UINT32_MAX;
    free(digits);
    if (threshold->is_percent)
        return 0;
    return options_wrong(state, "%s: give how much more may be there, as 4096, 64K or 5%%", text);
}

static error_t take_file(struct diff_options *options, char *argument, struct argp_state *state)
{
    if (options->file_count == DIFF_SIDES)
        return options_wrong(state, "%s: only two recordings can be compared", argument);
    options->files[options->file_count++] = argument;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct diff_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case ARGP_KEY_ARG: return take_file(options, argument, state);
    case ARGP_KEY_END:
        if (options->file_count < DIFF_SIDES)
            return options_wrong(state, "give two recordings: the one before, and the one after");
        return 0;
    case KEY_BY: return parse_by(options, argument);
    case KEY_FAIL: return parse_threshold(&options->plugin, argument, state);
    case KEY_FAIL_STACK: return parse_threshold(&options->stack, argument, state);
    case KEY_HOST: options->wanted.host = true; return 0;
    case KEY_MEASURE: return parse_measure(options, argument);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "A B",
    .doc = "Show what grew and what shrank from recording A to recording B: of each plug-in, and "
           "by place or call stack. Plug-ins are the same by the names of their files, call stacks "
           "by the functions that they went through, whatever the addresses were."
           "\vExample:\n"
           "  npntrace record --heap=all -o a.npt python3 -c 'print(1)'\n"
           "  npntrace record --heap=all -o b.npt python3 -c 'import json'\n"
           "  npntrace diff --host a.npt b.npt",
    .children = children,
};

/* Percentages of nothing are none: any growth is beyond them. */
static bool is_beyond(const struct diff_row *row, const struct threshold *threshold,
                      enum diff_measure measure)
{
    int64_t change = diff_change(row, measure);
    uint64_t above = threshold->above;

    if (!threshold->set)
        return false;
    if (above == 0 && diff_change_of_objects(row) > 0)
        return true;
    if (threshold->is_percent)
        above = whole_of((double)row->amounts[DIFF_A].values[measure] * (double)above / 100);
    return change > 0 && (uint64_t)change > above;
}

static bool has_grown(const struct diff_row *rows, size_t count, const struct threshold *threshold,
                      enum diff_measure measure)
{
    for (size_t i = 0; i < count; i++)
        if (is_beyond(&rows[i], threshold, measure))
            return true;
    return false;
}

static int compare(struct session *sessions, const struct diff_options *options)
{
    enum diff_measure measure = options->wanted.measure;
    struct diff_wanted wanted = options->wanted;
    struct diff diff;

    wanted.peaks = options->shared.json || measure == DIFF_PEAK_BYTES;
    char *reason = diff_make(&diff, sessions, &wanted);

    if (reason != NULL) {
        message("%s", reason);
        free(reason);
        diff_free(&diff);
        return STATUS_TROUBLE;
    }
    if (!session_is_sound(&sessions[DIFF_A]) || !session_is_sound(&sessions[DIFF_B])) {
        diff_free(&diff);
        return STATUS_TROUBLE;
    }
    bool grown = has_grown(diff.plugins, diff.plugin_count, &options->plugin, measure) ||
                 has_grown(diff.rows, diff.row_count, &options->stack, measure);
    if (options->shared.json)
        diff_json_print(&diff, measure, grown);
    else
        diff_text_print(&diff, measure);
    diff_free(&diff);
    return grown ? STATUS_FOUND : STATUS_GOOD;
}

/* A plug-in that --plugin names need be in one of the two alone. */
static bool choose_plugins(struct session *sessions, const struct options *options)
{
    if (options->plugin_count == 0)
        return true;
    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++)
        memset(sessions[side].wanted, 0, sessions[side].recording->plugin_count + 1);
    for (size_t i = 0; i < options->plugin_count; i++) {
        bool found = false;
        for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++)
            found |= options_want_plugin(options->plugins[i], sessions[side].recording,
                                         sessions[side].wanted);
        if (!found) {
            message("no plug-in %s in %s or %s; \"npntrace info\" lists them", options->plugins[i],
                    sessions[DIFF_A].recording->path, sessions[DIFF_B].recording->path);
            return false;
        }
    }
    return true;
}

static int run(struct diff_options *options)
{
    struct session sessions[DIFF_SIDES];
    struct options each[DIFF_SIDES];
    int status = STATUS_TROUBLE, begun = 0;

    for (; begun < DIFF_SIDES; begun++) {
        each[begun] = options->shared;
        each[begun].file = options->files[begun];
        each[begun].plugin_count = 0;
        if (session_begin(&sessions[begun], &each[begun]) != STATUS_GOOD)
            break;
    }
    if (begun == DIFF_SIDES && choose_plugins(sessions, &options->shared))
        status = compare(sessions, options);
    while (begun-- > 0)
        session_end(&sessions[begun]);
    return status;
}

int verb_diff(int argc, char **argv)
{
    struct diff_options options = {0};

    options_parse(&argp, argc, argv, &options);
    int status = run(&options);
    options_free(&options.shared);
    return status;
}
