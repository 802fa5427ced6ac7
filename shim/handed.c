/* shim/handed.c - what a plug-in's functions give to the host when they return, or are given */
/* SPDX-License-Identifier: MIT */

#include "shim/handed.h"

#include <errno.h>
#include <string.h>

#include "shim/check.h"
#include "shim/classes.h"
#include "shim/instances.h"
#include "shim/plugin.h"
#include "shim/stubs.h"
#include "tracer/npn.h"
#include "tracer/objects.h"
#include "tracer/sys.h"

#define SITES_MOST 65536u /* that an array without an end is read for */

/* Inlined: the frame is that of the function here, below the wrapper's, so that the wrapper's entry
 * stands. */
static inline __attribute__((always_inline)) struct npn_caller caller_of(const struct handed_by *by)
{
    return (struct npn_caller){
        .plugin = by->plugin,
        .address = (uint64_t)(uintptr_t)__builtin_return_address(0),
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
}

static bool by_plugin_code(const struct handed_by *by)
{
    return plugin_find_code(by->address) != NULL;
}

static bool is_live(const void *block)
{
    struct live_block known;

    return npn_find(block, &known);
}

/* Reads memory that the plug-in named, of a block that we know only inside of it. Even that may be
 * gone, if it was freed unseen: it is read directly only where the kernel does not do it for us. */
static bool fetch(const void *block, size_t offset, void *ret_bytes, size_t bytes)
{
    struct live_block known;
    bool is_known = npn_find(block, &known);

    if (is_known && offset + bytes > known.size_bytes)
        return false;
    if (sys_read_memory((uint64_t)(uintptr_t)block + offset, ret_bytes, bytes))
        return true;
    if (!is_known || errno == EFAULT)
        return false;
    memcpy(ret_bytes, (const char *)block + offset, bytes);
    return true;
}

static void hand(const struct npn_caller *caller, const void *block, bool empty, enum npn_way way)
{
    check_block(caller, block);
    npn_handed_over(caller, block, empty, way);
}

/* ---- NPClass ----------------------------------------------------------------------------- */

/* The string or object in a variant; NULL: neither. */
static const void *pointer_in(const NPVariant *variant)
{
    if (variant->type == NPVariantType_String)
        return variant->value.stringValue.UTF8Characters;
    return variant->type == NPVariantType_Object ? variant->value.objectValue : NULL;
}

static bool is_plugins(const struct handed_by *by, const NPVariant *result)
{
    struct plugin *plugin = NULL;
    struct live_block known;

    if (result->type == NPVariantType_Object) {
        instances_find_owner(result->value.objectValue, &plugin);
        return plugin != NULL && plugin_id(plugin) == by->plugin;
    }
    return npn_find(result->value.stringValue.UTF8Characters, &known) && known.plugin == by->plugin;
}

static bool is_held(const struct handed_by *by, const void *object)
{
    struct tracer *tracer = tracer_if_running();
    struct live_block holder;

    return tracer != NULL &&
           object_holder(tracer, (uint64_t)(uintptr_t)object, by->plugin, &holder);
}

/* The first function of a class; NULL: it has none, or cannot be read. */
static const void *first_function(uint64_t type)
{
    NPClass class;
    const void *function = NULL;

    if (!sys_read_memory(type, &class, sizeof(class)))
        return NULL;
    for (unsigned i = 0; i < stubs_class_count && function == NULL; i++)
        if (stubs_class[i].offset < offsetof(NPClass, enumerate))
            function = stubs_slot(&class, stubs_class[i].offset);
    return function;
}

/* Plug-ins may make objects without NPN_CreateObject, or change their class: it is watched from
 * now on, if its functions are still the plug-in's own. */
static void watch_class(const struct handed_by *by, const void *object)
{
    struct plugin *plugin = plugin_of_id(by->plugin);
    NPObject seen;

    if (plugin == NULL ||
        !sys_read_memory((uint64_t)(uintptr_t)object, &seen, sizeof(seen)))
        return;
    const void *function = first_function((uint64_t)(uintptr_t)seen._class);
    if (function != NULL && plugin_find_code(function) == plugin)
        classes_watch(plugin, seen._class);
}

static void hand_object(const struct handed_by *by, const struct npn_caller *caller,
                        const void *object, bool stored)
{
    watch_class(by, object);
    if (stored || is_held(by, object))
        object_dropped(caller, object, OBJECT_HANDED);
}

__attribute__((noinline)) void handed_result(const struct handed_by *by, const NPVariant *before,
                                             const NPVariant *result, bool done)
{
    const void *pointer = pointer_in(result);
    bool stored = before->type != result->type || pointer_in(before) != pointer;

    if (pointer == NULL || by_plugin_code(by))
        return;
    struct npn_caller caller = caller_of(by);
    if (!done) {
        if (stored && is_plugins(by, result))
            npn_result_while_false(&caller, pointer);
        return;
    }
    if (result->type == NPVariantType_Object) {
        hand_object(by, &caller, pointer, stored);
    } else if (stored || is_live(pointer)) {
        hand(&caller, pointer, result->value.stringValue.UTF8Length == 0, NPN_WAY_RESULT);
    }
}

__attribute__((noinline)) void handed_names(const struct handed_by *by, const NPIdentifier *before,
                                            const NPIdentifier *names, uint32_t count)
{
    if (names == NULL || by_plugin_code(by) || (names == before && !is_live(names)))
        return;
    struct npn_caller caller = caller_of(by);
    hand(&caller, names, count == 0, NPN_WAY_ENUMERATE);
}

__attribute__((noinline)) void handed_gone(const struct handed_by *by, const NPObject *object)
{
    struct npn_caller caller = caller_of(by);

    object_gone(&caller, object);
}

/* ---- NPPluginFuncs ----------------------------------------------------------------------- */

bool handed_is_pointer(NPPVariable variable)
{
    return variable == NPPVformValue || variable == NPPVpluginScriptableNPObject;
}

__attribute__((noinline)) void handed_value(const struct handed_by *by, NPPVariable variable,
                                            const void *before, const void *after)
{
    if (after == NULL || by_plugin_code(by))
        return;
    struct npn_caller caller = caller_of(by);
    if (variable == NPPVpluginScriptableNPObject) {
        hand_object(by, &caller, after, after != before);
    } else if (after != before || is_live(after)) {
        hand(&caller, after, false, NPN_WAY_FORM);
    }
}

__attribute__((noinline)) void handed_saved(const struct handed_by *by, const NPSavedData *before,
                                            const NPSavedData *saved)
{
    NPSavedData data = {.buf = NULL};

    if (saved == NULL || by_plugin_code(by) || (saved == before && !is_live(saved)))
        return;
    struct npn_caller caller = caller_of(by);
    if (fetch(saved, 0, &data, sizeof(data)) && data.buf != NULL)
        hand(&caller, data.buf, data.len <= 0, NPN_WAY_SAVED);
    hand(&caller, saved, false, NPN_WAY_SAVED);
}

__attribute__((noinline)) void handed_back(const struct handed_by *by, uint32_t instance,
                                           const NPSavedData *saved)
{
    NPSavedData data = {.buf = NULL};

    if (saved == NULL || by_plugin_code(by))
        return;
    struct npn_caller caller = caller_of(by);
    npn_received(&caller, instance, saved, sizeof(*saved), NPN_ORIGIN_SAVED);
    if (fetch(saved, 0, &data, sizeof(data)) && data.buf != NULL)
        npn_received(&caller, instance, data.buf, data.len > 0 ? (uint32_t)data.len : 0,
                     NPN_ORIGIN_SAVED);
}

__attribute__((noinline)) void handed_sites(const struct handed_by *by, char *const *sites)
{
    char *site;

    if (sites == NULL || by_plugin_code(by))
        return;
    struct npn_caller caller = caller_of(by);
    for (uint32_t i = 0; i < SITES_MOST; i++) {
        if (!fetch(sites, i * sizeof(site), &site, sizeof(site)) || site == NULL)
            break;
        hand(&caller, site, false, NPN_WAY_SITES);
    }
    hand(&caller, sites, false, NPN_WAY_SITES);
}
