/* viewer/each_out.c - what became of a host whose allocations failed in turn */
/* SPDX-License-Identifier: MIT */

#include "viewer/each.h"
#include "viewer/json_out.h"
#include "viewer/paragraph.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- JSON -------------------------------------------------------------------------------- */

static const char *const outcome_names[] = {
    [EACH_SAME] = "same",
    [EACH_STATUS] = "other-status",
    [EACH_SIGNAL] = "signal",
    [EACH_TIMEOUT] = "timeout",
    [EACH_NOT_RUN] = "not-run",
};

static void set_end(json_t *json, bool signalled, int value)
{
    json_object_set_new(json, signalled ? "exit_signal" : "exit_status", json_integer(value));
}

static json_t *json_of_findings(const struct each_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->new_finding_count; i++)
        json_array_append_new(list, json_string(run->new_findings[i].finding));
    return list;
}

static json_t *json_of_run(const struct each_result *result, const struct each_run *run)
{
    json_t *json = json_object(), *leaks = json_null();
    bool same = run->outcome == EACH_SAME;

    json_object_set_new(json, "call", json_out_number(run->call));
    json_object_set_new(json, "outcome", json_string(outcome_names[run->outcome]));
    if (same || run->outcome == EACH_STATUS || run->outcome == EACH_SIGNAL)
        set_end(json,
                run->outcome == EACH_SIGNAL ||
                    (same && WIFSIGNALED(result->baseline.wait_status)),
                run->value);
    json_object_set_new(json, "reached", json_boolean(run->facts.injected));
    json_object_set_new(json, "plugin", json_out_text(run->facts.plugin));
    json_object_set_new(json, "stack",
                        run->facts.stack != NULL ? json_incref(run->facts.stack) : json_null());
    if (same && !each_baseline_is_killed(result)) {
        leaks = json_object();
        json_object_set_new(leaks, "blocks", json_out_number(run->new_leak_blocks));
        json_object_set_new(leaks, "bytes", json_out_number(run->new_leak_bytes));
    }
    json_object_set_new(json, "new_leaks", leaks);
    json_object_set_new(json, "new_findings", json_of_findings(run));
    return json;
}

static json_t *json_of_command(char *const *command)
{
    json_t *list = json_array();

    for (; *command != NULL; command++)
        json_array_append_new(list, json_out_text(*command));
    return list;
}

static void print_json(const struct each *each, const struct each_result *result)
{
    json_t *json = json_object(), *baseline = json_object();
    bool signalled = WIFSIGNALED(result->baseline.wait_status);

    set_end(baseline, signalled,
            signalled ? WTERMSIG(result->baseline.wait_status)
                      : WEXITSTATUS(result->baseline.wait_status));
    json_object_set_new(json, "format", json_string("npntrace-each-1"));
    json_object_set_new(json, "command", json_of_command(each->command));
    json_object_set_new(json, "plugin", json_out_text(each->whatif->plugin));
    json_object_set_new(json, "calls", json_out_number(result->calls));
    json_object_set_new(json, "tried", json_out_number(result->run_count));
    json_object_set_new(json, "untried_stacks",
                        result->choice.stacks_known ? json_out_number(result->choice.stacks_left)
                                                    : json_null());
    json_object_set_new(json, "stopped", json_boolean(result->stopped));
    json_object_set_new(json, "different", json_out_number(result->different));
    json_object_set_new(json, "incomplete", json_boolean(result->baseline_facts.is_incomplete));
    json_object_set_new(json, "baseline", baseline);
    json_out_list_begin(json, "runs");
    for (size_t i = 0; i < result->run_count; i++)
        json_out_list_add(json_of_run(result, &result->runs[i]), i == 0);
    json_out_list_end();
}

/* ---- text -------------------------------------------------------------------------------- */

static char *signal_text(int number)
{
    const char *name = sigabbrev_np(number);

    return name != NULL ? xalloc_format("killed by SIG%s", name)
                        : xalloc_format("killed by signal %d", number);
}

char *each_end_text(int wait_status)
{
    return WIFSIGNALED(wait_status) ? signal_text(WTERMSIG(wait_status))
                                    : xalloc_format("exit status %d", WEXITSTATUS(wait_status));
}

static char *outcome_text(const struct each *each, const struct each_run *run)
{
    switch (run->outcome) {
    case EACH_STATUS: return xalloc_format("exit status %d", run->value);
    case EACH_SIGNAL: return signal_text(run->value);
    case EACH_TIMEOUT:
        return xalloc_format("not ended after %" PRIu64 " s", each->whatif->each_timeout_s);
    case EACH_NOT_RUN: return xalloc_string("could not be run");
    default: return xalloc_string(run->facts.injected ? "same" : "same, call not reached");
    }
}

static char *leaks_text(const struct each_run *run, bool is_known)
{
    if (!is_known || run->new_leak_blocks == 0)
        return xalloc_string(is_known ? "-" : "?");
    return xalloc_format("%s, %s", text_plural(run->new_leak_blocks, "block").chars,
                         text_bytes(run->new_leak_bytes).chars);
}

/* JSON has all of them. */
static char *findings_text(const struct each_run *run)
{
    const struct each_fact *list = run->new_findings;

    switch (run->new_finding_count) {
    case 0: return xalloc_string("-");
    case 1: return xalloc_string(list[0].finding);
    case 2: return xalloc_format("%s, %s", list[0].finding, list[1].finding);
    default:
        return xalloc_format("%s, %s, %s more", list[0].finding, list[1].finding,
                             text_count(run->new_finding_count - 2).chars);
    }
}

/* Nothing in which the two differ would be seen in a row. */
static bool is_alike(const struct each_run *run, const struct each_run *next)
{
    const char *where = run->facts.where, *next_where = next->facts.where;

    return next->call == run->call + 1 && next->outcome == run->outcome &&
           next->value == run->value && next->facts.injected == run->facts.injected &&
           next->new_finding_count == 0 && run->new_finding_count == 0 &&
           next->new_leak_blocks == 0 && run->new_leak_blocks == 0 && where != NULL &&
           next_where != NULL && strcmp(where, next_where) == 0;
}

static void add_row(const struct each *each, const struct each_result *result, size_t first,
                    size_t last, struct table *table)
{
    const struct each_run *run = &result->runs[first];
    bool leaks_known = run->outcome == EACH_SAME && !each_baseline_is_killed(result);
    char *call = first == last ? xalloc_format("%" PRIu64, run->call)
                               : xalloc_format("%" PRIu64 "-%" PRIu64, run->call,
                                               result->runs[last].call);
    char *outcome = outcome_text(each, run), *leaks = leaks_text(run, leaks_known),
         *findings = findings_text(run);
    const char *cells[] = {run->facts.where != NULL ? run->facts.where : "?", call, outcome, leaks,
                           findings};

    table_add(table, run->outcome == EACH_SAME ? TERMINAL_NAME : TERMINAL_BAD, cells);
    free(call);
    free(outcome);
    free(leaks);
    free(findings);
}

static void print_table(const struct each *each, const struct each_result *result,
                        const struct terminal *terminal)
{
    static const struct table_column columns[] = {
        {"failed NPN_MemAlloc", false}, {"call", true},          {"the host ended", false},
        {"new leaks", false},           {"new findings", false},
    };
    struct table table;

    table_begin(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t first = 0, last; first < result->run_count; first = last + 1) {
        last = first;
        while (last + 1 < result->run_count &&
               is_alike(&result->runs[last], &result->runs[last + 1]))
            last++;
        add_row(each, result, first, last, &table);
    }
    table_print(&table, terminal);
    table_free(&table);
}

static void print_verdict(const struct each_result *result, const struct terminal *terminal)
{
    char *end = each_end_text(result->baseline.wait_status);
    struct text runs = text_plural(result->run_count, "run");
    enum terminal_style good = result->stopped ? TERMINAL_PLAIN : TERMINAL_GOOD;

    if (result->run_count == 0)
        terminal_print(terminal, good, "No run with a failure ended; the one without did: %s.",
                       end);
    else if (result->different == 0 && result->run_count == 1)
        terminal_print(terminal, good,
                       "The one run with a failure ended as the one without: %s.", end);
    else if (result->different == 0)
        terminal_print(terminal, good, "All of %s ended as the one without failures: %s.",
                       runs.chars, end);
    else
        terminal_print(terminal, TERMINAL_BAD,
                       "%s of %s ended otherwise than the one without failures: %s.",
                       text_count(result->different).chars, runs.chars, end);
    putchar('\n');
    free(end);
}

static void print_untried(const struct each_result *result, const struct terminal *terminal)
{
    char *untried = xalloc_format("%s of %s", text_count(result->calls - result->run_count).chars,
                                  text_count(result->calls).chars);

    if (!result->choice.stacks_known)
        paragraph_format(terminal, TERMINAL_BAD, 0,
                         "Not tried: %s calls. --each-limit=0 tries all.", untried);
    else if (result->choice.stacks_left == 0)
        paragraph_format(terminal, TERMINAL_BAD, 0,
                         "Not tried: %s calls; of each call stack one was. --each-limit=0 tries "
                         "all.",
                         untried);
    else
        paragraph_format(terminal, TERMINAL_BAD, 0,
                         "Not tried: %s calls, no call at all of %s. --each-limit=0 tries all.",
                         untried,
                         text_plural(result->choice.stacks_left, "call stack").chars);
    free(untried);
}

static void print_missing(const struct each_result *result, const struct terminal *terminal)
{
    if (result->stopped)
        paragraph_format(terminal, TERMINAL_BAD, 0, "Stopped: %s of %s were tried.",
                         text_count(result->run_count).chars,
                         text_plural(result->calls, "call").chars);
    else if (result->run_count < result->calls)
        print_untried(result, terminal);
    if (each_baseline_is_killed(result))
        paragraph_print(terminal, TERMINAL_BAD, 0,
                        "The run without failures was killed, too: what became of the others says "
                        "little.");
    if (result->baseline_facts.is_incomplete)
        paragraph_print(terminal, TERMINAL_BAD, 0,
                        "Events were lost in the run without failures: there may be more calls.");
}

/* The first run that ended otherwise, to be looked at. */
static void print_next(const struct each *each, const struct each_result *result)
{
    const struct each_run *run = result->runs;

    if (result->different == 0)
        return;
    while (run->outcome == EACH_SAME)
        run++;
    printf("\nNext: npntrace record --fail-npn=%" PRIu64, run->call);
    if (each->whatif->plugin != NULL) {
        char *plugin = text_quoted(each->whatif->plugin);
        printf(":%s", plugin);
        free(plugin);
    }
    if (each->whatif->limit != NULL) {
        char *limit = text_quoted(each->whatif->limit);
        printf(" --limit=%s", limit);
        free(limit);
    }
    printf("%s --", each->whatif->check ? " --check" : "");
    for (char *const *word = each->command; *word != NULL; word++) {
        char *quoted = text_quoted(*word);
        printf(" %s", quoted);
        free(quoted);
    }
    putchar('\n');
}

void each_print(const struct each *each, const struct each_result *result)
{
    struct terminal terminal = terminal_of_stdout(TERMINAL_AUTO);

    if (each->whatif->json) {
        print_json(each, result);
        return;
    }
    print_verdict(result, &terminal);
    print_missing(result, &terminal);
    if (result->run_count != 0) {
        putchar('\n');
        print_table(each, result, &terminal);
    }
    print_next(each, result);
}
