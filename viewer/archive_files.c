/* viewer/archive_files.c - the files that the names of a recording's stacks come from */
/* SPDX-License-Identifier: MIT */

#include "viewer/archive_files.h"
#include "viewer/bundle.h"
#include "viewer/own_nodes.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

/* Which modules occur in stacks, by index. Those of a stack that leads to a marked frame are marked
 * already. */
struct marks {
    bool *modules;
    bool *frames; /* by id */
    size_t capacity;
};

static void mark_stack(struct session *session, struct marks *marks, uint32_t frame)
{
    while (frame != 0) {
        if (frame >= marks->capacity) {
            size_t old = marks->capacity;
            marks->capacity = 2 * (size_t)frame + 64;
            marks->frames = xalloc_resized(marks->frames, marks->capacity, sizeof(bool));
            for (size_t i = old; i < marks->capacity; i++)
                marks->frames[i] = false;
        }
        if (marks->frames[frame])
            return;
        marks->frames[frame] = true;
        const struct stacks_frame *at = stacks_frame(session->stacks, frame);
        if (at->module != STACKS_NO_MODULE)
            marks->modules[at->module] = true;
        frame = at->parent;
    }
}

static bool *modules_of_stacks(struct session *session)
{
    const struct recording *recording = session->recording;
    struct marks marks = {.modules = xalloc_zeroed(recording->module_count, sizeof(bool))};

    for (uint64_t node = 1; node < recording->node_count; node++)
        mark_stack(session, &marks, stacks_of(session->stacks, (uint32_t)node));
    for (uint32_t i = 0; i < recording->own_nodes.count; i++)
        mark_stack(session, &marks, stacks_of(session->stacks, OWN_NODES_FIRST + i));
    free(marks.frames);
    return marks.modules;
}

struct adding {
    struct bundle_write *write;
    const char *path; /* of the module, as it was recorded */
    bool failed, debugged;
};

static void add_source(void *context, const char *name, const uint8_t *build_id,
                       size_t build_id_bytes, bool debug)
{
    struct adding *adding = context;
    char *entry =
        debug ? bundle_debug_entry(build_id, build_id_bytes) : bundle_file_entry(adding->path);

    if (!bundle_write_add(adding->write, entry, name, false))
        adding->failed = true;
    adding->debugged |= debug;
    free(entry);
}

static bool is_with_a_file(const struct recording_module *module)
{
    return (module->flags & (RING_MODULE_TRACER | RING_MODULE_VDSO)) == 0 && module->path[0] == '/';
}

static void add_module(struct session *session, struct archive_files *files,
                       struct bundle_write *write, uint32_t index)
{
    const struct recording_module *module = &session->recording->modules[index];
    struct adding adding = {.write = write, .path = module->path};
    enum symbols_state state = names_module_sources(session->names, index, add_source, &adding);

    files->modules++;
    files->good += !adding.failed && (state == SYMBOLS_GOOD || state == SYMBOLS_UNVERIFIED);
    files->debugged += adding.debugged;
    if (!adding.failed && (state == SYMBOLS_GOOD || state == SYMBOLS_UNVERIFIED))
        return;
    files->missing[files->missing_count++] = (struct archive_missing){index, state};
}

struct archive_files archive_files_add(struct session *session, struct bundle_write *write)
{
    const struct recording *recording = session->recording;
    struct archive_files files = {
        .missing = xalloc_zeroed(recording->module_count, sizeof(*files.missing))};
    bool *marked = modules_of_stacks(session);

    for (uint32_t i = 0; i < recording->module_count; i++)
        if (marked[i] && is_with_a_file(&recording->modules[i]))
            add_module(session, &files, write, i);
    free(marked);
    return files;
}

void archive_files_free(struct archive_files *files)
{
    free(files->missing);
    *files = (struct archive_files){0};
}
