/* viewer/stacks.c - stacks by what they went through, not by the addresses they had */
/* SPDX-License-Identifier: MIT */

#include "viewer/stacks.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct seen_node { /* a node that was mapped */
    uint32_t id;
    uint32_t frame;
    uint64_t epoch;
    UT_hash_handle hh;
};

struct frame_key {
    uint32_t parent;
    uint32_t module;
    uint64_t flags;
    uint64_t address;
};

struct seen_frame {
    struct frame_key key;
    uint32_t id;
    UT_hash_handle hh;
};

struct seen_file { /* the first module of a path and build-id */
    char *key;
    uint32_t module;
    UT_hash_handle hh;
};

struct stacks {
    const struct model *model;
    uint32_t *same_module; /* by module: the first one of the same file */
    size_t module_count;
    struct stacks_frame *frames;
    size_t frame_count, frame_capacity;
    struct seen_node *nodes;
    struct seen_frame *index;
    struct ring_node *path; /* nodes from the one asked for outwards */
    uint32_t *path_ids;
    size_t path_capacity, ids_capacity;
};

static char *file_key(const struct recording_module *module, size_t *ret_bytes)
{
    size_t path_bytes = strlen(module->path);
    char *key = xalloc_zeroed(module->build_id_bytes + path_bytes + 1, 1);

    memcpy(key, module->build_id, module->build_id_bytes);
    memcpy(key + module->build_id_bytes, module->path, path_bytes);
    *ret_bytes = module->build_id_bytes + path_bytes;
    return key;
}

static void find_same_modules(struct stacks *stacks, const struct recording *recording)
{
    struct seen_file *files = NULL, *file, *next;

    free(stacks->same_module);
    stacks->module_count = recording->module_count;
    stacks->same_module = xalloc_zeroed(recording->module_count, sizeof(*stacks->same_module));
    for (size_t i = 0; i < recording->module_count; i++) {
        size_t bytes;
        char *key = file_key(&recording->modules[i], &bytes);
        HASH_FIND(hh, files, key, bytes, file);
        if (file == NULL) {
            file = xalloc_zeroed(1, sizeof(*file));
            file->key = key;
            file->module = (uint32_t)i;
            HASH_ADD_KEYPTR(hh, files, file->key, bytes, file);
        } else {
            free(key);
        }
        stacks->same_module[i] = file->module;
    }
    HASH_ITER(hh, files, file, next)
    {
        HASH_DEL(files, file);
        free(file->key);
        free(file);
    }
}

struct stacks *stacks_new(const struct model *model)
{
    struct stacks *stacks = xalloc_zeroed(1, sizeof(*stacks));

    stacks->model = model;
    stacks->frames = xalloc_grown(NULL, 0, &stacks->frame_capacity, sizeof(*stacks->frames));
    stacks->frames[0] = (struct stacks_frame){.module = STACKS_NO_MODULE};
    stacks->frame_count = 1;
    find_same_modules(stacks, model->recording);
    return stacks;
}

void stacks_follow(struct stacks *stacks)
{
    if (stacks->module_count != stacks->model->recording->module_count)
        find_same_modules(stacks, stacks->model->recording);
}

void stacks_free(struct stacks *stacks)
{
    struct seen_node *node, *next_node;
    struct seen_frame *frame, *next_frame;

    if (stacks == NULL)
        return;
    HASH_ITER(hh, stacks->nodes, node, next_node)
    {
        HASH_DEL(stacks->nodes, node);
        free(node);
    }
    HASH_ITER(hh, stacks->index, frame, next_frame)
    {
        HASH_DEL(stacks->index, frame);
        free(frame);
    }
    free(stacks->same_module);
    free(stacks->frames);
    free(stacks->path);
    free(stacks->path_ids);
    free(stacks);
}

const struct stacks_frame *stacks_frame(const struct stacks *stacks, uint32_t id)
{
    return &stacks->frames[id];
}

uint64_t stacks_lookup_address(const struct stacks_frame *frame)
{
    return (frame->flags & RING_NODE_EXACT_PC) != 0 || frame->address == 0 ? frame->address
                                                                           : frame->address - 1;
}

static uint32_t intern(struct stacks *stacks, const struct frame_key *key)
{
    struct seen_frame *seen;

    HASH_FIND(hh, stacks->index, key, sizeof(*key), seen);
    if (seen != NULL)
        return seen->id;
    stacks->frames = xalloc_grown(stacks->frames, stacks->frame_count, &stacks->frame_capacity,
                                  sizeof(*stacks->frames));
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->key = *key;
    seen->id = (uint32_t)stacks->frame_count++;
    stacks->frames[seen->id] = (struct stacks_frame){
        .parent = key->parent,
        .module = key->module,
        .flags = (uint32_t)key->flags,
        .depth = stacks->frames[key->parent].depth + 1,
        .address = key->address,
    };
    HASH_ADD(hh, stacks->index, key, sizeof(seen->key), seen);
    return seen->id;
}

/* The frame of one node whose parent's is known. */
static uint32_t frame_of(struct stacks *stacks, const struct ring_node *node, uint32_t parent,
                         uint64_t epoch)
{
    const struct recording *recording = stacks->model->recording;
    struct frame_key key = {
        .parent = parent, .module = STACKS_NO_MODULE, .flags = node->flags, .address = node->pc};
    /* A return address may be the first byte behind its module. */
    uint64_t within =
        (node->flags & RING_NODE_EXACT_PC) != 0 || node->pc == 0 ? node->pc : node->pc - 1;
    ptrdiff_t module = recording_module_at(recording, within, epoch);

    if (module >= 0) {
        if ((recording->modules[module].flags & RING_MODULE_TRACER) != 0)
            return parent;
        key.module = stacks->same_module[module];
        key.address = node->pc - recording->modules[module].bias;
    }
    if (stacks->frames[parent].depth >= STACKS_MAX_DEPTH)
        return parent;
    return intern(stacks, &key);
}

static void remember(struct stacks *stacks, uint32_t id, uint32_t frame, uint64_t epoch)
{
    struct seen_node *seen = xalloc_zeroed(1, sizeof(*seen));

    seen->id = id;
    seen->frame = frame;
    seen->epoch = epoch;
    HASH_ADD(hh, stacks->nodes, id, sizeof(seen->id), seen);
}

/* Goes outwards to the first node that is known already, then inwards again. */
uint32_t stacks_of(struct stacks *stacks, uint32_t id)
{
    struct seen_node *seen = NULL;
    struct ring_node node;
    size_t count = 0;
    uint32_t frame = 0;
    uint64_t epoch = UINT64_MAX;

    for (;;) {
        HASH_FIND(hh, stacks->nodes, &id, sizeof(id), seen);
        if (seen != NULL || !recording_node(stacks->model->recording, id, &node))
            break;
        stacks->path =
            xalloc_grown(stacks->path, count, &stacks->path_capacity, sizeof(*stacks->path));
        stacks->path_ids =
            xalloc_grown(stacks->path_ids, count, &stacks->ids_capacity, sizeof(*stacks->path_ids));
        stacks->path[count] = node;
        stacks->path_ids[count++] = id;
        id = node.parent;
    }
    if (seen != NULL) {
        frame = seen->frame;
        epoch = seen->epoch;
    }
    while (count-- > 0) {
        if ((stacks->path[count].flags & RING_NODE_ROOT) != 0)
            epoch = stacks->path[count].pc;
        else
            frame = frame_of(stacks, &stacks->path[count], frame, epoch);
        remember(stacks, stacks->path_ids[count], frame, epoch);
    }
    return frame;
}

bool stacks_is_own(const struct stacks *stacks, uint32_t frame, uint32_t plugin)
{
    const struct recording *recording = stacks->model->recording;
    uint32_t module = stacks->frames[frame].module;

    return plugin != 0 && module != STACKS_NO_MODULE &&
           strcmp(recording_base_name(recording->modules[module].path),
                  recording_base_name(recording->plugins[plugin - 1].path)) == 0;
}

/* The outermost of the first frames in a row that are the plug-in's; 0: there are none. */
static uint32_t outermost_own(const struct stacks *stacks, uint32_t stack, uint32_t plugin)
{
    uint32_t last = 0;

    for (uint32_t at = stack; at != 0; at = stacks->frames[at].parent) {
        if (stacks_is_own(stacks, at, plugin))
            last = at;
        else if (last != 0)
            break;
    }
    return last;
}

/* The frames are made again, with nothing outside the last of them. */
uint32_t stacks_place(struct stacks *stacks, uint32_t stack, uint32_t plugin)
{
    uint32_t last = outermost_own(stacks, stack, plugin), place = 0;
    uint32_t outside = last != 0 ? stacks->frames[last].parent : 0;
    size_t count = stacks->frames[stack].depth - stacks->frames[outside].depth;

    if (outside == 0)
        return stack;
    uint32_t *path = xalloc_zeroed(count, sizeof(*path));
    for (size_t i = 0; i < count; i++, stack = stacks->frames[stack].parent)
        path[i] = stack;
    while (count-- > 0) {
        const struct stacks_frame *frame = &stacks->frames[path[count]];
        place = intern(stacks, &(struct frame_key){.parent = place,
                                                   .module = frame->module,
                                                   .flags = frame->flags,
                                                   .address = frame->address});
    }
    free(path);
    return place;
}
