/* viewer/findings_text.c - findings as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings_text.h"
#include "viewer/finding_words.h"
#include "viewer/instance_text.h"
#include "viewer/paragraph.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define FINDINGS_SHOWN 20
#define FRAMES_SHOWN 10  /* of the stack where it happened, on a terminal */
#define FRAMES_BEFORE 5  /* of those that led to it */
#define NUMBER_COLUMNS 5 /* "  1. " */
#define STACK_COLUMNS 7

/* Plug-ins that did something, and the first of them. */
static size_t culprits_of(const struct recording *recording, const struct findings *findings,
                          uint32_t *ret_first)
{
    bool *seen = xalloc_zeroed(recording->plugin_count + 1, sizeof(*seen));
    size_t culprits = 0;

    *ret_first = findings->count != 0 ? findings->list[0].finding.plugin : 0;
    for (size_t i = 0; i < findings->count; i++) {
        uint16_t plugin = findings->list[i].finding.plugin;
        culprits += !seen[plugin];
        seen[plugin] = true;
    }
    free(seen);
    return culprits;
}

char *findings_text_verdict(const struct recording *recording, const struct findings *findings)
{
    uint32_t first;
    size_t culprits = culprits_of(recording, findings, &first);
    struct text count = text_plural(findings->count, "finding");

    if (findings->count == 0)
        return xalloc_string(recording->has_contract ? "No finding" : "No finding so far");
    if (culprits > 1)
        return xalloc_format("%s in %s", count.chars, text_plural(culprits, "plug-in").chars);
    char *name = verdict_plugin_name(recording, first);
    char *text = xalloc_format("%s in %s", count.chars, name);
    free(name);
    return text;
}

static void print_stack(const struct session *session, uint32_t node, size_t frames)
{
    stack_text_print(session->names, session->stacks, stacks_of(session->stacks, node),
                     &session->terminal, STACK_COLUMNS, session->terminal.cut ? frames : 0);
}

static void print_line(const struct session *session, enum terminal_style style, const char *text)
{
    printf("%*s", NUMBER_COLUMNS, "");
    paragraph_print(&session->terminal, style, NUMBER_COLUMNS, text);
}

static void print_title(const struct session *session, const struct found *found, size_t number)
{
    const struct recording *recording = session->recording;
    const struct trace_finding *finding = &found->finding;
    char *who = instance_text_who(recording, finding->plugin, finding->instance);
    char *when = instance_text_when(recording, finding->first_stamp, finding->last_stamp);

    printf("\n%3zu. ", number);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS, "%s%s%s: %s, after %s",
                     findings_title(found->kind), finding->count > 1 ? ", " : "",
                     finding->count > 1 ? text_plural(finding->count, "time").chars : "", who,
                     when);
    free(who);
    free(when);
}

static void print_what(const struct session *session, const struct found *found)
{
    bool several = found->finding.count > 1 && found->kind != FINDINGS_OBJECT_KEPT;
    char *what = finding_words_what(session->recording, found);
    char *sentence = xalloc_format("%s%s.", several ? "The first time: " : "", what);
    const char *note = finding_words_note(found);

    print_line(session, TERMINAL_PLAIN, sentence);
    free(sentence);
    sentence = xalloc_format("The rule: %s", findings_rule(found->kind));
    print_line(session, TERMINAL_PLAIN, sentence);
    if (note != NULL)
        print_line(session, TERMINAL_PLAIN, note);
    free(sentence);
    free(what);
}

/* Both sides: whose the block was, if it was known. */
static void print_owner(const struct session *session, const struct found *found)
{
    const struct recording *recording = session->recording;
    const struct trace_finding *finding = &found->finding;
    const char *origin = finding_words_origin(found);
    bool is_result = origin != NULL && EVENT_ORIGIN(finding->owner_flags) == NPN_ORIGIN_VARIANT;

    if (finding->owner_stamp == 0 && finding->owner_node == RING_NODE_NONE)
        return;
    char *who = finding->owner_plugin != 0
                    ? instance_text_who(recording, finding->owner_plugin, finding->owner_instance)
                    : xalloc_string(found->function != 0 ? "(host)" : "(unknown)");
    char *line = xalloc_format(
        "It came %s%s%sto %s, after %s:",
        origin == NULL ? ""
        : is_result    ? "as "
                       : "from ",
        origin != NULL ? origin : "", origin != NULL ? ", " : "", who,
        text_duration(recording_since_start_ns(recording, finding->owner_stamp)).chars);
    print_line(session, TERMINAL_FAINT, line);
    print_stack(session, finding->owner_node, FRAMES_BEFORE);
    free(line);
    free(who);
}

/* What the first stack is that of. Nobody sees a wild write: what is known is where it was found,
 * or what went before. */
static const char *stack_title(const struct found *found)
{
    switch (found->kind) {
    case FINDINGS_OBJECT_KEPT: return "The last reference was taken:";
    case FINDING_RESULT_NOT_ALLOC:
    case FINDING_RESULT_WHILE_FALSE: return "The browser's call that returned it:";
    case FINDING_OVERRUN: return "It was found:";
    case FINDING_WRITE_AFTER_FREE: return "It had been released:";
    default: return "Where it happened:";
    }
}

static void print_finding(const struct session *session, const struct found *found, size_t number)
{
    const struct trace_finding *finding = &found->finding;
    bool kept = found->kind == FINDINGS_OBJECT_KEPT;

    print_title(session, found, number);
    print_what(session, found);
    if (finding->instance != 0) {
        char *life = instance_text_life(session->recording, finding->instance);
        print_line(session, TERMINAL_FAINT, life);
        free(life);
    }
    if (!kept || finding->node != finding->owner_node) {
        print_line(session, TERMINAL_FAINT, stack_title(found));
        print_stack(session, finding->node, FRAMES_SHOWN);
    }
    print_owner(session, found);
    if (finding->released_node != RING_NODE_NONE && found->kind != FINDING_WRITE_AFTER_FREE) {
        print_line(session, TERMINAL_FAINT,
                   found->kind == FINDING_HANDED_THEN_FREED
                       ? "The browser's call that it was given to:"
                       : "It was released before:");
        print_stack(session, finding->released_node, FRAMES_BEFORE);
    }
}

static void print_next(const struct session *session, const struct findings *findings)
{
    putchar('\n');
    if (findings->count == 0) {
        session_print_next(session, verdict_has_live(session->model) ? "leaks" : "report");
        return;
    }
    char *name = verdict_plugin_name(session->recording, findings->list[0].finding.plugin);
    char *quoted = text_quoted(name), *command = xalloc_format("events --plugin=%s", quoted);
    session_print_next(session, findings->list[0].finding.plugin != 0 ? command : "events");
    free(command);
    free(quoted);
    free(name);
}

static void print_head(const struct session *session, const struct findings *findings)
{
    const struct recording *recording = session->recording;
    char *verdict = findings_text_verdict(recording, findings);
    char *host = verdict_host(recording), *missing = findings_missing(recording);
    char *whatif = whatif_sentence(recording);

    terminal_print(&session->terminal, findings->count == 0 ? TERMINAL_GOOD : TERMINAL_BAD, "%s.",
                   verdict);
    putchar('\n');
    if (whatif != NULL)
        paragraph_print(&session->terminal, TERMINAL_BAD, 0, whatif);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (missing != NULL)
        paragraph_print(&session->terminal, TERMINAL_BAD, 0, missing);
    free(verdict);
    free(host);
    free(missing);
    free(whatif);
}

void findings_text_print(const struct session *session, const struct findings *findings)
{
    size_t limit = session_limit(session, FINDINGS_SHOWN);

    print_head(session, findings);
    for (size_t i = 0; i < findings->count && i < limit; i++)
        print_finding(session, &findings->list[i], i + 1);
    if (findings->count > limit)
        printf("\n... and %s more; --limit=0 shows all\n",
               text_count(findings->count - limit).chars);
    session_print_nameless(session);
    print_next(session, findings);
}
