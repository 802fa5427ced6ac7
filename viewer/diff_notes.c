/* viewer/diff_notes.c - whether two recordings can be compared, and with which reserve */
/* SPDX-License-Identifier: MIT */

#include "viewer/diff_notes.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

static const char *const side_names[DIFF_SIDES] = {"A", "B"};

/* "libnpfoo.so, libnpbar.so" of what is wanted; "no plug-in". The caller frees it. */
static char *list_plugins(const struct session *session)
{
    const struct recording *recording = session->recording;
    char *list = xalloc_string("");

    for (size_t id = 1; id <= recording->plugin_count; id++) {
        if (!session->wanted[id])
            continue;
        char *name = text_printable(recording_base_name(recording->plugins[id - 1].path));
        char *longer = xalloc_format("%s%s%s", list, list[0] != '\0' ? ", " : "", name);
        free(list);
        free(name);
        list = longer;
    }
    if (list[0] != '\0')
        return list;
    free(list);
    return xalloc_string("no plug-in");
}

static bool has_plugin(const struct session *session, const char *name)
{
    const struct recording *recording = session->recording;

    for (size_t id = 1; id <= recording->plugin_count; id++)
        if (session->wanted[id] &&
            strcmp(recording_base_name(recording->plugins[id - 1].path), name) == 0)
            return true;
    return false;
}

static bool have_common(const struct session sessions[DIFF_SIDES])
{
    const struct recording *recording = sessions[DIFF_A].recording;

    for (size_t id = 1; id <= recording->plugin_count; id++)
        if (sessions[DIFF_A].wanted[id] &&
            has_plugin(&sessions[DIFF_B], recording_base_name(recording->plugins[id - 1].path)))
            return true;
    return false;
}

/* Code that runs without a browser has NPN memory, but is no plug-in. */
static bool has_nameless(const struct session *session)
{
    return session->wanted[0] && !model_is_idle(&session->model->sums->plugins[0]);
}

static bool has_all_heap(const struct session *session)
{
    return session->recording->process.heap == RING_HEAP_ALL;
}

static const char *heap_text(const struct session *session)
{
    switch (session->recording->process.heap) {
    case RING_HEAP_ALL: return "the heap of the whole program";
    case RING_HEAP_PLUGINS: return "the heap of its plug-ins alone";
    default: return "no heap";
    }
}

char *diff_notes_reason(const struct session sessions[DIFF_SIDES], const struct diff_wanted *wanted)
{
    const struct session *a = &sessions[DIFF_A], *b = &sessions[DIFF_B];

    if (wanted->host) {
        if (has_all_heap(a) && has_all_heap(b))
            return NULL;
        return xalloc_format("their hosts cannot be compared: %s has %s, %s has %s; record both "
                             "with --heap=all",
                             a->recording->path, heap_text(a), b->recording->path, heap_text(b));
    }
    if (have_common(sessions) || (has_nameless(a) && has_nameless(b)))
        return NULL;
    char *in_a = list_plugins(a), *in_b = list_plugins(b);
    char *reason = xalloc_format(
        "they cannot be compared: no plug-in is in both; %s has %s, %s has %s%s",
        a->recording->path, in_a, b->recording->path, in_b,
        has_all_heap(a) && has_all_heap(b) ? "; --host compares what the hosts allocated" : "");
    free(in_a);
    free(in_b);
    return reason;
}

static void take_note(struct diff *diff, char *note)
{
    diff->notes = xalloc_grown(diff->notes, diff->note_count, &diff->note_capacity, sizeof(char *));
    diff->notes[diff->note_count++] = note;
}

static void note_losses(struct diff *diff)
{
    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++) {
        char *lost = verdict_losses(diff->sessions[side].model);
        if (lost != NULL)
            take_note(diff, xalloc_format("%s has lost: %s", side_names[side], lost));
        free(lost);
    }
}

/* What a process that ends would still have freed is live in one that did not. */
static void note_endings(struct diff *diff)
{
    const struct recording_process *a = &diff->sessions[DIFF_A].recording->process,
                                   *b = &diff->sessions[DIFF_B].recording->process;

    if (a->ending == b->ending &&
        (a->ending != RECORDING_SIGNALLED || a->exit_value == b->exit_value))
        return;
    char *of_a = verdict_ending(diff->sessions[DIFF_A].recording),
         *of_b = verdict_ending(diff->sessions[DIFF_B].recording);
    take_note(diff, xalloc_format("They ended differently, which changes what is live: A %s, B %s.",
                                  of_a, of_b));
    free(of_a);
    free(of_b);
}

static void note_whatif(struct diff *diff)
{
    if (diff->sessions[DIFF_A].recording->process.whatif !=
        diff->sessions[DIFF_B].recording->process.whatif)
        take_note(diff, xalloc_string("What was done to the plug-ins on demand (record --help) is "
                                      "not the same in both."));
}

static void note_stacks(struct diff *diff)
{
    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++)
        if (diff->sessions[side].model->stacks_are_partial)
            take_note(diff, xalloc_format("%s: calls and bytes of call stacks are only those of "
                                          "the events that are left; what is live is complete.",
                                          side_names[side]));
}

/* Plug-ins of one recording alone are listed; a whole difference may be no more than that. */
static void note_missing(struct diff *diff, enum diff_side side)
{
    const struct session *session = &diff->sessions[side],
                         *other = &diff->sessions[side == DIFF_A ? DIFF_B : DIFF_A];

    for (size_t id = 1; id <= session->recording->plugin_count; id++) {
        const char *name = recording_base_name(session->recording->plugins[id - 1].path);
        if (!session->wanted[id] || has_plugin(other, name))
            continue;
        char *printable = text_printable(name);
        take_note(diff, xalloc_format("%s is in %s alone.", printable, side_names[side]));
        free(printable);
    }
}

static size_t count_before(const struct session *session, size_t id, const char *name)
{
    size_t count = 0;

    for (size_t i = 1; i < id; i++)
        count += session->wanted[i] &&
                 strcmp(recording_base_name(session->recording->plugins[i - 1].path), name) == 0;
    return count;
}

/* Files of one name count as one plug-in, which need not have their peaks at one time. */
static void note_same_names(struct diff *diff, enum diff_side side)
{
    const struct session *session = &diff->sessions[side];

    for (size_t id = 1; id <= session->recording->plugin_count; id++) {
        const char *name = recording_base_name(session->recording->plugins[id - 1].path);
        if (!session->wanted[id] || count_before(session, id, name) != 1)
            continue;
        char *printable = text_printable(name);
        take_note(diff, xalloc_format("Several files in %s are called %s: they are taken together, "
                                      "and the sum of their peaks is no more than a bound, which "
                                      "is not compared.",
                                      side_names[side], printable));
        free(printable);
    }
}

bool diff_notes_add(struct diff *diff, const struct diff_wanted *wanted)
{
    const struct session *a = &diff->sessions[DIFF_A], *b = &diff->sessions[DIFF_B];
    uint32_t heap_a = a->recording->process.heap, heap_b = b->recording->process.heap;
    bool with_heap = a->model->has_heap && b->model->has_heap;

    note_losses(diff);
    note_endings(diff);
    note_whatif(diff);
    note_stacks(diff);
    note_missing(diff, DIFF_A);
    note_missing(diff, DIFF_B);
    note_same_names(diff, DIFF_A);
    note_same_names(diff, DIFF_B);
    if (heap_a != heap_b && !wanted->host) {
        take_note(diff, xalloc_format("A has %s, B has %s: %s.", heap_text(a), heap_text(b),
                                      with_heap ? "plug-ins are compared, hosts are not"
                                                : "only NPN memory is compared"));
    }
    return with_heap;
}
