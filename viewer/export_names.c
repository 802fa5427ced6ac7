/* viewer/export_names.c - the frames of stacks as exported files name them: by number */
/* SPDX-License-Identifier: MIT */

#include "viewer/export_names.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct known_function {
    char *key; /* name, file and module, each with its NUL */
    size_t key_bytes;
    uint32_t id;
    UT_hash_handle hh;
};

struct frame_key {
    uint64_t address;
    uint32_t function;
    uint32_t line;
    uint64_t inlined;
};

struct known_frame {
    struct frame_key key;
    uint32_t id;
    UT_hash_handle hh;
};

struct span { /* of `lines`: the frames at one frame of struct stacks */
    uint32_t first;
    uint32_t count; /* 0: not named yet */
};

struct export_names {
    struct session *session;
    struct known_function *known_functions;
    struct export_function *functions;
    size_t function_count, function_capacity;
    struct known_frame *known_frames;
    struct export_frame *frames;
    size_t frame_count, frame_capacity;
    struct span *spans; /* by frame of struct stacks */
    size_t span_count;
    uint32_t *lines;
    size_t line_count, line_capacity;
    uint32_t *stack; /* the one asked for last */
    size_t stack_capacity;
};

struct export_names *export_names_new(struct session *session)
{
    struct export_names *names = xalloc_zeroed(1, sizeof(*names));

    names->session = session;
    names->functions = xalloc_grown(NULL, 0, &names->function_capacity, sizeof(*names->functions));
    names->functions[0] = (struct export_function){"", "", ""};
    names->frames = xalloc_grown(NULL, 0, &names->frame_capacity, sizeof(*names->frames));
    names->frames[0] = (struct export_frame){0};
    names->function_count = names->frame_count = 1;
    return names;
}

void export_names_free(struct export_names *names)
{
    struct known_function *function, *next_function;
    struct known_frame *frame, *next_frame;

    if (names == NULL)
        return;
    HASH_ITER(hh, names->known_functions, function, next_function)
    {
        HASH_DEL(names->known_functions, function);
        free(function->key);
        free(function);
    }
    HASH_ITER(hh, names->known_frames, frame, next_frame)
    {
        HASH_DEL(names->known_frames, frame);
        free(frame);
    }
    free(names->functions);
    free(names->frames);
    free(names->spans);
    free(names->lines);
    free(names->stack);
    free(names);
}

/* Three texts in one block of memory, which makes them a key. */
static char *joined(const char *name, const char *file, const char *module, size_t *ret_bytes)
{
    size_t name_bytes = strlen(name) + 1, file_bytes = strlen(file) + 1;
    size_t module_bytes = strlen(module) + 1;
    char *key = xalloc_zeroed(name_bytes + file_bytes + module_bytes, 1);

    memcpy(key, name, name_bytes);
    memcpy(key + name_bytes, file, file_bytes);
    memcpy(key + name_bytes + file_bytes, module, module_bytes);
    *ret_bytes = name_bytes + file_bytes + module_bytes;
    return key;
}

static uint32_t function_of(struct export_names *names, const char *name, const char *file,
                            const char *module)
{
    struct known_function *known;
    size_t bytes;
    char *key = joined(name, file, module, &bytes);

    HASH_FIND(hh, names->known_functions, key, bytes, known);
    if (known != NULL) {
        free(key);
        return known->id;
    }
    known = xalloc_zeroed(1, sizeof(*known));
    known->key = key;
    known->key_bytes = bytes;
    known->id = (uint32_t)names->function_count;
    HASH_ADD_KEYPTR(hh, names->known_functions, known->key, bytes, known);
    names->functions = xalloc_grown(names->functions, names->function_count,
                                    &names->function_capacity, sizeof(*names->functions));
    const char *own_file = key + strlen(key) + 1;
    names->functions[names->function_count++] =
        (struct export_function){key, own_file, own_file + strlen(own_file) + 1};
    return known->id;
}

static uint32_t frame_of(struct export_names *names, const struct frame_key *key)
{
    struct known_frame *known;

    HASH_FIND(hh, names->known_frames, key, sizeof(*key), known);
    if (known != NULL)
        return known->id;
    known = xalloc_zeroed(1, sizeof(*known));
    known->key = *key;
    known->id = (uint32_t)names->frame_count;
    HASH_ADD(hh, names->known_frames, key, sizeof(known->key), known);
    names->frames = xalloc_grown(names->frames, names->frame_count, &names->frame_capacity,
                                 sizeof(*names->frames));
    names->frames[names->frame_count++] = (struct export_frame){.function = key->function,
                                                                .line = key->line,
                                                                .address = key->address,
                                                                .inlined = key->inlined != 0};
    return known->id;
}

static char *name_of(const struct names_line *line, const char *module)
{
    if (line->function != NULL)
        return text_printable(line->function);
    if (line->module == NULL)
        return xalloc_format("0x%" PRIx64, line->offset);
    return xalloc_format("%s+0x%" PRIx64,
                         module[0] != '\0' ? recording_base_name(module) : "(unnamed)",
                         line->offset);
}

static bool add_line(void *context, const struct names_line *line)
{
    struct export_names *names = context;
    char *module = text_printable(line->module != NULL ? line->module : "");
    char *file = text_printable(line->file != NULL ? line->file : "");
    char *name = name_of(line, module);
    struct frame_key key = {.address = line->offset,
                            .function = function_of(names, name, file, module),
                            .line = line->line,
                            .inlined = line->inlined};

    names->lines =
        xalloc_grown(names->lines, names->line_count, &names->line_capacity, sizeof(*names->lines));
    names->lines[names->line_count++] = frame_of(names, &key);
    free(name);
    free(file);
    free(module);
    return line->inlined; /* what follows is of the next frame of the stack */
}

/* The frames at one frame of struct stacks. */
static struct span span_of(struct export_names *names, uint32_t at)
{
    if (at >= names->span_count) {
        size_t count = at + (size_t)at / 2 + 64;
        names->spans = xalloc_resized(names->spans, count, sizeof(*names->spans));
        memset(names->spans + names->span_count, 0,
               (count - names->span_count) * sizeof(*names->spans));
        names->span_count = count;
    }
    struct span *span = &names->spans[at];
    if (span->count == 0) {
        span->first = (uint32_t)names->line_count;
        names_stack(names->session->names, names->session->stacks, at, add_line, names);
        span->count = (uint32_t)names->line_count - span->first;
    }
    return *span;
}

size_t export_names_stack(struct export_names *names, uint32_t stack, const uint32_t **ret_frames)
{
    size_t count = 0;

    while (stack != 0) {
        struct span span = span_of(names, stack);
        for (uint32_t i = 0; i < span.count; i++) {
            names->stack =
                xalloc_grown(names->stack, count, &names->stack_capacity, sizeof(*names->stack));
            names->stack[count++] = names->lines[span.first + i];
        }
        stack = stacks_frame(names->session->stacks, stack)->parent;
    }
    *ret_frames = names->stack;
    return count;
}

uint32_t export_names_plain(struct export_names *names, const char *name)
{
    char *shown = text_printable(name);
    struct frame_key key = {.function = function_of(names, shown, "", "")};

    free(shown);
    return frame_of(names, &key);
}

const struct export_frame *export_names_frame(const struct export_names *names, uint32_t frame)
{
    return &names->frames[frame];
}

const struct export_function *export_names_function(const struct export_names *names,
                                                    uint32_t function)
{
    return &names->functions[function];
}

uint32_t export_names_frames(const struct export_names *names)
{
    return (uint32_t)names->frame_count - 1;
}

uint32_t export_names_functions(const struct export_names *names)
{
    return (uint32_t)names->function_count - 1;
}
