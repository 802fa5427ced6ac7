/* viewer/names.c - names for the frames of a recording's stacks */
/* SPDX-License-Identifier: MIT */

#include "viewer/names.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

struct names {
    const struct recording *recording;
    struct symbols *symbols;         /* NULL: without */
    struct symbols_module **modules; /* those that were asked for here */
    bool places_are_named;           /* somebody expects more than what is stored */
};

struct names *names_new(const struct recording *recording, bool without_symbols)
{
    struct names *names = xalloc_zeroed(1, sizeof(*names));

    names->recording = recording;
    names->modules = xalloc_zeroed(recording->module_count, sizeof(*names->modules));
    if (!without_symbols)
        names->symbols = symbols_new();
    names_look_in(names, NULL);
    return names;
}

void names_look_in(struct names *names, const struct symbols_places *places)
{
    if (names->symbols == NULL)
        return;
    names->places_are_named = symbols_places_are_named(places);
    symbols_look_in(names->symbols, places, names->recording->bundle);
}

void names_free(struct names *names)
{
    if (names == NULL)
        return;
    symbols_free(names->symbols);
    free(names->modules);
    free(names);
}

static struct symbols_module *module_of(struct names *names, uint32_t index)
{
    const struct recording_module *module = &names->recording->modules[index];

    if (names->modules[index] == NULL)
        names->modules[index] =
            symbols_module(names->symbols, module->path, module->build_id, module->build_id_bytes);
    return names->modules[index];
}

bool names_module_state(const struct names *names, uint32_t module, enum symbols_state *ret_state)
{
    if (names->modules[module] == NULL)
        return false;
    *ret_state = symbols_module_state(names->modules[module]);
    return true;
}

static const char *text_or_null(const struct recording *recording, uint32_t string)
{
    const char *text = recording_string(recording, string);
    return text[0] != '\0' ? text : NULL;
}

/* Each writes the lines of one frame. 0: no names. -1: stop. 1: done. */
static int each_stored(struct names *names, const struct recording_symbol *symbol,
                       struct names_line line, names_each *each, void *context)
{
    for (size_t i = 0; i < symbol->frame_count; i++) {
        const struct trace_symbol_frame *frame = &symbol->frames[i];
        line.function = text_or_null(names->recording, frame->function);
        line.file = text_or_null(names->recording, frame->file);
        line.line = frame->line;
        line.inlined = frame->inlined != 0;
        if (!each(context, &line))
            return -1;
    }
    return symbol->frame_count != 0;
}

static int each_looked_up(struct names *names, const struct stacks_frame *frame,
                          struct names_line line, names_each *each, void *context)
{
    const struct symbols_frame *frames;
    size_t count =
        symbols_lookup(module_of(names, frame->module), stacks_lookup_address(frame), &frames);

    for (size_t i = 0; i < count; i++) {
        line.function = frames[i].function;
        line.file = frames[i].file;
        line.line = frames[i].line;
        line.inlined = frames[i].inlined;
        if (!each(context, &line))
            return -1;
    }
    return count != 0;
}

/* Is more to be had in the files here than what is stored? */
static bool is_worth_looking_up(struct names *names, const struct recording_symbol *stored,
                                const struct stacks_frame *frame)
{
    const struct symbols_frame *frames;

    if (stored == NULL || stored->frame_count == 0)
        return true;
    if (!names->places_are_named || stored->frames[0].file != 0)
        return false;
    struct symbols_module *module = module_of(names, frame->module);
    return symbols_module_state(module) == SYMBOLS_GOOD &&
           symbols_lookup(module, stacks_lookup_address(frame), &frames) != 0 &&
           frames[0].file != NULL;
}

static bool each_line(struct names *names, const struct stacks_frame *frame, names_each *each,
                      void *context)
{
    const struct recording *recording = names->recording;
    const struct recording_symbol *stored = NULL;
    struct names_line line = {
        .offset = frame->address,
        .guessed = (frame->flags & RING_NODE_GUESSED) != 0,
        .truncated = (frame->flags & RING_NODE_TRUNCATED) != 0,
    };
    int done = 0;

    if (frame->module != STACKS_NO_MODULE)
        line.module = recording->modules[frame->module].path;
    if (names->symbols != NULL && frame->module != STACKS_NO_MODULE) {
        stored = recording_symbol(recording, frame->module, stacks_lookup_address(frame));
        done = is_worth_looking_up(names, stored, frame)
                   ? each_looked_up(names, frame, line, each, context)
                   : each_stored(names, stored, line, each, context);
    }
    return done == 0 ? each(context, &line) : done > 0;
}

void names_stack(struct names *names, const struct stacks *stacks, uint32_t stack, names_each *each,
                 void *context)
{
    while (stack != 0) {
        struct stacks_frame frame = *stacks_frame(stacks, stack);
        if (!each_line(names, &frame, each, context))
            return;
        stack = frame.parent;
    }
}

enum symbols_state names_module_sources(struct names *names, uint32_t module,
                                        symbols_each_source *each, void *context)
{
    return symbols_module_sources(module_of(names, module), each, context);
}
