/* shim/dlclose.c - a plug-in, or something else, may leave the process */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>

#include "shim/classes.h"
#include "shim/exported.h"
#include "shim/originals.h"
#include "shim/plugin.h"
#include "tracer/object.h"
#include "tracer/tracer.h"

/* An address in the object, to see afterwards whether it is still there. 0: unknown. */
static uint64_t address_in(void *handle)
{
    struct link_map *map;

    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? (uint64_t)(uintptr_t)map->l_ld : 0;
}

static bool is_gone(uint64_t address, const struct object *before)
{
    struct object now;

    return address == 0 || !object_at(address, &now) || now.start != before->start ||
           now.bias != before->bias;
}

/* What an object brought in with it goes only when it goes itself. */
static int close_traced(void *handle, uint32_t begun)
{
    struct object before = {.start = 0};
    uint64_t address = begun != 0 ? address_in(handle) : 0;

    if (address != 0 && !object_at(address, &before))
        address = 0;
    if (address != 0)
        classes_closing(&before);
    int status = originals.dlclose(handle);
    int kept_errno = errno;
    tracer_unload_end(begun, is_gone(address, &before));
    plugin_forget_unloaded();
    classes_closed();
    errno = kept_errno;
    return status;
}

EXPORTED int dlclose(void *handle)
{
    int kept_errno = errno;

    if (__atomic_load_n(&originals.dlsym, __ATOMIC_ACQUIRE) == NULL)
        originals_resolve();
    uint32_t begun = tracer_unload_begin();
    errno = kept_errno;
    return close_traced(handle, begun);
}
