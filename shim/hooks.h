/* shim/hooks.h - the functions that redirected calls go to */
/* SPDX-License-Identifier: MIT */

/*
 * A slot of a plug-in's global offset table that held the address of malloc, say, is made to hold
 * that of a stub. The stub's number names the set that it belongs to, and the set says whose call
 * it is and which function the slot led to. So neither needs to be looked for when a call comes,
 * and a call that ends in a jump, whose return address is somebody else's, is no different.
 *
 * Each plug-in has its own sets: one as a rule, more if its libraries' slots led to different
 * functions of one name. Sets of plug-in NULL are for calls that are not redirected for the sake of
 * a plug-in (shim/operators.c). Sets are claimed under the shim's lock, read without one, and kept
 * for ever: an address of a stub may have been handed to anybody.
 */
#ifndef NPNTRACE_SHIM_HOOKS_H
#define NPNTRACE_SHIM_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/hooks_pool.h"
#include "shim/nested.h"
#include "shim/plugin.h"

enum hook {
#define HOOK(name, symbol, arguments) HOOK_##name,
    HOOKS_FAMILY HOOKS_OPERATORS HOOKS_THREADS HOOKS_LOADER
#undef HOOK
        HOOK_COUNT
};

static inline bool hook_is_operator(enum hook hook)
{
    return hook >= HOOK_new && hook <= HOOK_array_delete_aligned_nothrow;
}

struct hooks_set {
    bool taken;
    struct plugin *plugin;   /* NULL: nobody's */
    struct nested_code code; /* of the object that has its functions, where it is not libc */
    void *_Atomic original[HOOK_COUNT];
    bool guarded[HOOK_COUNT]; /* the function is in `code` (shim/nested.h) */
    bool stale[HOOK_COUNT];   /* the function has left the process: the place may be taken again */
};

extern struct hooks_set hooks_sets[HOOKS_SETS];

/* The name in symbol tables; and back: HOOK_COUNT if there is none. */
const char *hooks_symbol(enum hook hook);
enum hook hooks_find(const char *symbol);

/* A stub for calls of plug-in (NULL: nobody's) that were bound to `original`. NULL: none left. */
void *hooks_stub(enum hook hook, struct plugin *plugin, void *original);

/* The function behind a stub or one of our exports; any other is returned as it is. */
void *hooks_behind(void *function);

/* True if it is a stub; and whose. */
bool hooks_is_stub(const void *function);
struct plugin *hooks_owner(const void *stub);

/* Stores into a slot, one thread at a time: a page is made writable for it, and read-only again. */
void hooks_store(void **slot, void *to);

/* Lets places of the plug-in's sets be taken again whose functions have left the process. */
void hooks_plugin_left(const struct plugin *plugin);

/* The code that a set's function is in; NULL: it calls nothing of ours. */
static inline const struct nested_code *hooks_code(uint32_t set, enum hook hook)
{
    return hooks_sets[set].guarded[hook] ? &hooks_sets[set].code : NULL;
}

/* HEAP_BY() the plug-in of a set's calls. */
uint32_t hooks_by(uint32_t set);

#endif
