/* viewer/leaks_text.c - leaks as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks_text.h"
#include "viewer/findings.h"
#include "viewer/instance_text.h"
#include "viewer/leak_words.h"
#include "viewer/leaks_suppressed.h"
#include "viewer/paragraph.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAKS_SHOWN 20
#define FRAMES_SHOWN 12  /* on a terminal */
#define CALLERS_SHOWN 5  /* of those by which one place is come to in several ways */
#define NUMBER_COLUMNS 5 /* "  1. " */
#define SHARES_SHOWN 3   /* instances of one leak */

static void print_verdict(const struct session *session, const struct leaks *leaks)
{
    char *amount = leaks_suppressed_amount(leaks->blocks, leaks->bytes, leaks->objects);
    bool live = session->recording->live;
    bool partial = session->model->has_heap && !model_is_complete(session->model);
    struct text count = text_plural(leaks->count, live ? "place" : "leak");

    if (leaks->count == 0)
        paragraph_format(&session->terminal, TERMINAL_GOOD, 0, "%s%s.",
                         live ? "Nothing is live now" : "No leak",
                         partial ? ", by the events that are left" : "");
    else if (live)
        paragraph_format(&session->terminal, TERMINAL_TITLE, 0, "%s live now, from %s.", amount,
                         count.chars);
    else
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "%s: %s.", count.chars, amount);
    free(amount);
}

/* "1.2 KiB in 3 blocks of the heap", "100 identifier strings (NPN_UTF8FromIdentifier), 1.2 KiB", "2
 * objects held with 3 references (NPN_CreateObject)" */
static char *title_of(const struct leak *leak)
{
    char *what = leak_what(leak), *title;
    const char *way = leak_way_name(leak);

    if (leak->domain == LEAK_OBJECT)
        title =
            xalloc_format("%s held with %s (%s)", what, text_plural(leak->refs, "reference").chars,
                          way != NULL ? way : "unknown");
    else if (leak->domain == LEAK_NPN && leak->way != NPN_ORIGIN_ALLOC)
        title = leak->way == NPN_ORIGIN_VARIANT || way == NULL
                    ? xalloc_format("%s, %s", what, text_bytes(leak->bytes).chars)
                    : xalloc_format("%s (%.*s), %s", what, (int)strcspn(way, " "), way,
                                    text_bytes(leak->bytes).chars);
    else
        title = xalloc_format("%s in %s%s%s%s", text_bytes(leak->bytes).chars, what,
                              leak->domain == LEAK_HEAP ? " of the heap" : "",
                              leak->domain == LEAK_HEAP && way != NULL ? ", " : "",
                              leak->domain == LEAK_HEAP && way != NULL ? way : "");
    free(what);
    return title;
}

/* Whose it is, where several instances have a part. */
static void print_shares(const struct session *session, const struct leak *leak)
{
    size_t shown = 0;

    for (size_t i = 0; i < leak->share_count && shown < SHARES_SHOWN; i++) {
        if (leak->shares[i].instance == 0)
            continue;
        char *life = instance_text_life(session->recording, leak->shares[i].instance);
        printf("%*s", NUMBER_COLUMNS, "");
        paragraph_print(&session->terminal, TERMINAL_FAINT, NUMBER_COLUMNS, life);
        shown++;
        free(life);
    }
    size_t instances = leak->share_count - (leak->shares[0].instance == 0);
    if (instances <= SHARES_SHOWN)
        return;
    printf("%*s", NUMBER_COLUMNS, "");
    paragraph_format(&session->terminal, TERMINAL_FAINT, NUMBER_COLUMNS, "... and %s",
                     text_plural(instances - SHARES_SHOWN, "more instance").chars);
}

static void print_age(const struct session *session, const struct leak *leak)
{
    char *text = leak_age_text(session->model, leak);

    printf("%*s", NUMBER_COLUMNS, "");
    paragraph_print(&session->terminal, leak->growth != LEAK_STEADY ? TERMINAL_BAD : TERMINAL_FAINT,
                    NUMBER_COLUMNS, text);
    free(text);
}

static void print_line(const char *line)
{
    printf("%*s%s\n", NUMBER_COLUMNS, "", line);
}

static void print_stack(const struct session *session, uint32_t stack, size_t lines)
{
    stack_text_print(session->names, session->stacks, stack, &session->terminal, 7,
                     session->terminal.cut ? lines : 0);
}

/* What led to the place, by the commonest way. */
static void print_callers(const struct session *session, const struct leak *leak)
{
    const struct stacks *stacks = session->stacks;
    uint32_t frame = leak->stacks->stack;

    for (uint32_t i = stacks_frame(stacks, leak->place)->depth; i > 0 && frame != 0; i--)
        frame = stacks_frame(stacks, frame)->parent;
    char *line = xalloc_format("%s of calls led there; the commonest:",
                               text_plural(leak->stack_count, "chain").chars);
    print_line(line);
    print_stack(session, frame, CALLERS_SHOWN);
    free(line);
}

static void print_stacks(const struct session *session, const struct leak *leak)
{
    bool one = leak->stack_count == 1;
    uint32_t stack = one ? leak->stacks->stack : leak->place;
    uint32_t last = one ? leak->stacks->last_stack : leak->last_place;

    print_stack(session, stack, FRAMES_SHOWN);
    if (!one && leak->place != leak->stacks->stack)
        print_callers(session, leak);
    if (leak->domain != LEAK_OBJECT || last == stack)
        return;
    print_line("The last reference was taken:");
    print_stack(session, last, FRAMES_SHOWN);
}

static void print_leak(const struct session *session, const struct leak *leak, size_t number)
{
    const struct recording *recording = session->recording;
    char *name = verdict_caller_name(recording, leak->plugin, leak->domain == LEAK_HEAP);
    char *when = instance_text_when(recording, leak->first_stamp, leak->last_stamp);
    char *title = title_of(leak);

    printf("\n%3zu. ", number);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS, "%s, %s: %s, after %s",
                     title, leak_kind_text(leak->kind, recording->live), name, when);
    print_shares(session, leak);
    if (leak_remark(leak) != NULL) {
        printf("%*s", NUMBER_COLUMNS, "");
        paragraph_print(&session->terminal, TERMINAL_PLAIN, NUMBER_COLUMNS, leak_remark(leak));
    }
    print_age(session, leak);
    print_stacks(session, leak);
    free(title);
    free(name);
    free(when);
}

/* The host's own memory is nobody's leak, but no secret either. True if there is some. */
static bool print_not_listed(const struct session *session, const struct leaks *leaks)
{
    if (leaks->handed != 0)
        paragraph_format(&session->terminal, TERMINAL_PLAIN, 0,
                         "The host's own leak: %s, %s that plug-ins handed over to it and that it "
                         "never freed.",
                         text_plural(leaks->handed, "block").chars,
                         text_bytes(leaks->handed_bytes).chars);
    const struct trace_counters *host = &session->model->heap.plugins[0];

    if (host->live_blocks == 0 || session->options->plugin_count != 0)
        return false;
    paragraph_format(&session->terminal, TERMINAL_PLAIN, 0,
                     "Not listed: %s, %s of the heap that the host allocated for itself.",
                     text_plural(host->live_blocks, "block").chars,
                     text_bytes(host->live_bytes).chars);
    return true;
}

static void print_next(const struct session *session, const struct leaks *leaks, bool not_listed)
{
    char *command;

    putchar('\n');
    if (findings_count(session->model) != 0) {
        session_print_next(session, "findings");
        return;
    }
    if (leaks->count == 0 || leaks->list[0].plugin == 0) {
        session_print_next(session, not_listed ? "leaks --host" : "report");
        return;
    }
    const char *path = session->recording->plugins[leaks->list[0].plugin - 1].path;
    char *name = text_quoted(recording_base_name(path));
    command = xalloc_format("events --plugin=%s", name);
    session_print_next(session, command);
    free(command);
    free(name);
}

void leaks_text_print(const struct session *session, const struct leaks *leaks,
                      const struct leak_filter *filter, bool with_host)
{
    size_t limit = session_limit(session, LEAKS_SHOWN);
    char *host = verdict_host(session->recording), *lost = verdict_losses(session->model);
    char *whatif = whatif_sentence(session->recording);

    print_verdict(session, leaks);
    if (whatif != NULL)
        paragraph_print(&session->terminal, TERMINAL_BAD, 0, whatif);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (lost != NULL)
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "Lost: %s", lost);
    leaks_suppressed_print(session, filter);
    bool not_listed = !with_host && print_not_listed(session, leaks);
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        print_leak(session, &leaks->list[i], i + 1);
    if (leaks->count > limit)
        printf("\n... and %s more; --limit=0 shows all\n", text_count(leaks->count - limit).chars);
    session_print_nameless(session);
    print_next(session, leaks, not_listed);
    free(whatif);
    free(host);
    free(lost);
}
