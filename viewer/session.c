/* viewer/session.c - what a reading verb works with, from its options to its model */
/* SPDX-License-Identifier: MIT */

#include "viewer/session.h"
#include "viewer/message.h"
#include "viewer/paragraph.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/verdict.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_sound(const struct recording *recording)
{
    return recording->force || problems_first_damage(&recording->problems) == NULL;
}

static int begin(struct session *session, struct options *options, bool quietly)
{
    *session = (struct session){.options = options, .terminal = terminal_of_stdout(options->color)};
    session->recording = options_open(options);
    if (session->recording == NULL)
        return STATUS_TROUBLE;
    if (is_sound(session->recording))
        session->model = options->heap_is_apart ? model_build_without_heap(session->recording)
                                                : model_build(session->recording);
    session->damages = session->recording->problems.damages;
    if (!quietly && !message_problems(session->recording))
        goto fail;
    session->wanted = options_wanted_plugins(options, session->recording);
    if (session->wanted == NULL)
        goto fail;
    session->stacks = stacks_new(session->model);
    symbols_places_show_downloads();
    session->names = names_new(session->recording, options->without_symbols);
    names_look_in(session->names, &options->places);
    return STATUS_GOOD;

fail:
    session_end(session);
    return STATUS_TROUBLE;
}

int session_begin(struct session *session, struct options *options)
{
    return begin(session, options, false);
}

int session_begin_quietly(struct session *session, struct options *options)
{
    return begin(session, options, true);
}

void session_end(struct session *session)
{
    names_free(session->names);
    stacks_free(session->stacks);
    model_free(session->model);
    free(session->wanted);
    recording_close(session->recording);
    *session = (struct session){0};
}

void session_leave_heap(struct options *options)
{
    options->heap_is_apart = !options->force;
}

bool session_is_sound(const struct session *session)
{
    if (!session->options->heap_is_apart ||
        session->recording->problems.damages == session->damages)
        return true;
    return message_problems(session->recording);
}

size_t session_limit(const struct session *session, size_t otherwise)
{
    uint64_t limit = session->options->limit;

    if (!session->options->has_limit)
        return otherwise;
    return limit == 0 || limit > SIZE_MAX ? SIZE_MAX : (size_t)limit;
}

static char *module_name(const struct session *session, uint32_t module)
{
    const char *path = session->recording->modules[module].path;
    return text_printable(path[0] != '\0' ? path : "(unnamed module)");
}

/* The tracer's own and the kernel's have no file to be found. */
static bool is_worth_saying(const struct recording_module *module)
{
    return (module->flags & (RING_MODULE_TRACER | RING_MODULE_VDSO)) == 0;
}

void session_print_nameless(const struct session *session)
{
    enum symbols_state state;
    bool first = true;

    for (uint32_t i = 0; i < session->recording->module_count; i++) {
        if (!names_module_state(session->names, i, &state) || state == SYMBOLS_GOOD ||
            !is_worth_saying(&session->recording->modules[i]))
            continue;
        char *name = module_name(session, i);
        if (first)
            putchar('\n');
        first = false;
        paragraph_format(&session->terminal, TERMINAL_FAINT, 0, "%s: %s.", name,
                         symbols_state_text(state));
        free(name);
    }
}

void session_warn_nameless(const struct session *session)
{
    enum symbols_state state;

    for (uint32_t i = 0; i < session->recording->module_count; i++) {
        if (!names_module_state(session->names, i, &state) || state != SYMBOLS_DIFFERENT)
            continue;
        char *name = module_name(session, i);
        message("%s: %s", name, symbols_state_text(state));
        free(name);
    }
}

void session_warn_losses(const struct session *session)
{
    char *lost = verdict_losses(session->model);

    if (lost != NULL)
        message("%s: lost: %s", session->recording->path, lost);
    free(lost);
}

void session_print_next(const struct session *session, const char *command)
{
    char *file = options_file_argument(session->options);

    terminal_print(&session->terminal, TERMINAL_FAINT, "Next: ");
    printf("npntrace %s%s\n", command, file);
    free(file);
}
