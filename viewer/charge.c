/* viewer/charge.c - to whom and to which frame an allocation is charged */
/* SPDX-License-Identifier: MIT */

#include "viewer/charge.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define NONE UINT32_MAX /* no frame fits */

struct charge_owner {
    uint32_t plugin; /* the first one of this name */
    UT_hash_handle hh;
};

struct charge_mark {
    uint32_t plugin;
    uint32_t frame; /* the innermost one in the plug-in's file; 0: there is none */
};

/* ---- plug-ins by the names of their files --------------------------------------------------- */

static void name_owners(struct charge_seen *seen, const struct recording *recording)
{
    seen->owners = xalloc_zeroed(recording->plugin_count, sizeof(*seen->owners));
    for (uint32_t id = 1; id <= recording->plugin_count; id++) {
        const char *name = recording_base_name(recording->plugins[id - 1].path);
        struct charge_owner *owner;
        HASH_FIND_STR(seen->by_name, name, owner);
        if (owner != NULL)
            continue;
        owner = &seen->owners[id - 1];
        owner->plugin = id;
        HASH_ADD_KEYPTR(hh, seen->by_name, name, strlen(name), owner);
    }
}

/* The first plug-in in whose file a frame is; 0: none. See stacks_is_own(). */
static uint32_t owner_of(struct charge_seen *seen, const struct recording *recording,
                         const struct stacks_frame *frame)
{
    struct charge_owner *owner;

    if (frame->module == STACKS_NO_MODULE)
        return 0;
    if (seen->owners == NULL)
        name_owners(seen, recording);
    const char *name = recording_base_name(recording->modules[frame->module].path);
    HASH_FIND_STR(seen->by_name, name, owner);
    return owner != NULL ? owner->plugin : 0;
}

/* ---- frames --------------------------------------------------------------------------------- */

static bool begins_with(const char *path, const char *start)
{
    return strncmp(path, start, strlen(start)) == 0;
}

static bool is_system(const struct recording *recording, const struct stacks_frame *frame)
{
    if (frame->module == STACKS_NO_MODULE)
        return true;
    const struct recording_module *module = &recording->modules[frame->module];
    return module->path[0] == '\0' || (module->flags & RING_MODULE_VDSO) != 0 ||
           begins_with(module->path, "/lib") || begins_with(module->path, "/usr/lib");
}

static struct charge_mark *mark_of(struct charge_seen *seen, uint32_t frame)
{
    while (frame >= seen->recorded_capacity) {
        size_t before = seen->recorded_capacity;
        seen->recorded =
            xalloc_grown(seen->recorded, before, &seen->recorded_capacity, sizeof(*seen->recorded));
        memset(seen->recorded + before, 0,
               (seen->recorded_capacity - before) * sizeof(*seen->recorded));
    }
    return &seen->recorded[frame];
}

static struct charged charge_recorded(const struct stacks *stacks, struct charge_seen *seen,
                                      uint32_t plugin, uint32_t stack)
{
    uint32_t found = 0, end = 0;

    if (plugin == 0)
        return (struct charged){stack, plugin};
    for (uint32_t at = stack; at != 0; at = stacks_frame(stacks, at)->parent) {
        const struct charge_mark *mark = mark_of(seen, at);
        end = at;
        found = mark->plugin == plugin ? mark->frame : stacks_is_own(stacks, at, plugin) ? at : 0;
        if (mark->plugin == plugin || found != 0)
            break;
    }
    for (uint32_t at = stack; at != 0; at = at != end ? stacks_frame(stacks, at)->parent : 0)
        *mark_of(seen, at) = (struct charge_mark){plugin, found};
    return (struct charged){found != 0 ? found : stack, plugin};
}

static uint32_t *found_of(struct charge_seen *seen, uint32_t frame)
{
    while (frame >= seen->capacity) {
        size_t before = seen->capacity;
        seen->found = xalloc_grown(seen->found, before, &seen->capacity, sizeof(*seen->found));
        memset(seen->found + before, 0, (seen->capacity - before) * sizeof(*seen->found));
    }
    return &seen->found[frame];
}

/* The frame that the rule chooses, or NONE. Goes outwards to what is known, or for two of the rules
 * to the first frame that fits; then once more, to remember. */
static uint32_t find(const struct recording *recording, const struct stacks *stacks,
                     struct charge_seen *seen, enum charge charge, uint32_t stack)
{
    uint32_t fitting = NONE, known = 0, end = 0;

    for (uint32_t at = stack; at != 0; at = stacks_frame(stacks, at)->parent) {
        const struct stacks_frame *frame = stacks_frame(stacks, at);
        known = *found_of(seen, at);
        end = at;
        if (known != 0)
            break;
        if (owner_of(seen, recording, frame) == 0 &&
            (charge != CHARGE_NON_SYSTEM || is_system(recording, frame)))
            continue;
        fitting = at;
        if (charge != CHARGE_OUTERMOST)
            break;
    }
    uint32_t answer = known != 0 && known != NONE ? known : fitting, now = answer;
    for (uint32_t at = stack; at != 0; at = stacks_frame(stacks, at)->parent) {
        if (*found_of(seen, at) != 0)
            break;
        *found_of(seen, at) = now;
        if (at == end)
            break;
        now = at == fitting && answer == fitting ? NONE : now; /* its callers have none */
    }
    return answer;
}

struct charged charge_stack(const struct recording *recording, const struct stacks *stacks,
                            struct charge_seen *seen, enum charge charge, uint32_t plugin,
                            uint32_t stack)
{
    uint32_t frame =
        charge == CHARGE_RECORDED ? NONE : find(recording, stacks, seen, charge, stack);

    if (frame == NONE)
        return charge_recorded(stacks, seen, plugin, stack);
    if (stacks_is_own(stacks, frame, plugin))
        return (struct charged){frame, plugin};
    uint32_t owner = owner_of(seen, recording, stacks_frame(stacks, frame));
    return (struct charged){frame, owner != 0 ? owner : plugin};
}

void charge_seen_free(struct charge_seen *seen)
{
    HASH_CLEAR(hh, seen->by_name);
    free(seen->owners);
    free(seen->found);
    free(seen->recorded);
    *seen = (struct charge_seen){0};
}
