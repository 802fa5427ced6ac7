/* shim/handed.c - what a plug-in's functions give to the host when they return, or are given */
/* SPDX-License-Identifier: MIT */

#include "shim/handed.h"

#include <string.h>

#include "shim/check.h"
#include "shim/instances.h"
#include "shim/plugin.h"
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

/* Reads memory that the plug-in named: inside a block that we know, or wherever it can be read. */
static bool fetch(const void *block, size_t offset, void *ret_bytes, size_t bytes)
{
    struct live_block known;

    if (!npn_find(block, &known))
        return sys_read_memory((uint64_t)(uintptr_t)block + offset, ret_bytes, bytes);
    if (offset + bytes > known.size_bytes)
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
    if (result->type == NPVariantType_Object)
        object_dropped(&caller, pointer, OBJECT_HANDED);
    else if (stored || is_live(pointer))
        hand(&caller, pointer, result->value.stringValue.UTF8Length == 0, NPN_WAY_RESULT);
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
    if (variable == NPPVpluginScriptableNPObject)
        object_dropped(&caller, after, OBJECT_HANDED);
    else if (after != before || is_live(after))
        hand(&caller, after, false, NPN_WAY_FORM);
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

__attribute__((noinline)) void handed_saved_back(const struct handed_by *by,
                                                 const NPSavedData *saved)
{
    NPSavedData data = {.buf = NULL};

    if (saved == NULL || by_plugin_code(by))
        return;
    struct npn_caller caller = caller_of(by);
    if (!sys_read_memory((uint64_t)(uintptr_t)saved, &data, sizeof(data)))
        return;
    npn_received(&caller, 0, saved, sizeof(data), NPN_ORIGIN_SAVED);
    if (data.buf != NULL)
        npn_received(&caller, 0, data.buf, data.len > 0 ? (uint32_t)data.len : 0, NPN_ORIGIN_SAVED);
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
