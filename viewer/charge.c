/* viewer/charge.c - to whom and to which frame an allocation is charged */
/* SPDX-License-Identifier: MIT */

#include "viewer/charge.h"

#include <string.h>

/* The plug-in in whose file a frame is, rather this one than others; 0: none. */
static uint32_t plugin_of(const struct recording *recording, const struct stacks *stacks,
                          uint32_t frame, uint32_t rather)
{
    if (stacks_is_own(stacks, frame, rather))
        return rather;
    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        if (stacks_is_own(stacks, frame, id))
            return id;
    return 0;
}

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

static struct charged charge_recorded(const struct stacks *stacks, uint32_t plugin, uint32_t stack)
{
    for (uint32_t at = stack; plugin != 0 && at != 0; at = stacks_frame(stacks, at)->parent)
        if (stacks_is_own(stacks, at, plugin))
            return (struct charged){at, plugin};
    return (struct charged){stack, plugin};
}

struct charged charge_stack(const struct recording *recording, const struct stacks *stacks,
                            enum charge charge, uint32_t plugin, uint32_t stack)
{
    struct charged found = charge_recorded(stacks, plugin, stack);

    if (charge == CHARGE_RECORDED)
        return found;
    for (uint32_t at = stack; at != 0;) {
        const struct stacks_frame *frame = stacks_frame(stacks, at);
        uint32_t owner = plugin_of(recording, stacks, at, plugin);
        if (owner != 0 || (charge == CHARGE_NON_SYSTEM && !is_system(recording, frame))) {
            found = (struct charged){at, owner != 0 ? owner : plugin};
            if (charge != CHARGE_OUTERMOST)
                break;
        }
        at = frame->parent;
    }
    return found;
}
