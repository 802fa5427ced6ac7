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
    struct plugin *plugin;     /* NULL: nobody's */
    uintptr_t operators_start; /* the object that has its operators new and delete */
    uintptr_t operators_end;
    void *_Atomic original[HOOK_COUNT];
    bool stale[HOOK_COUNT]; /* the function has left the process: the place may be taken again */
};

extern struct hooks_set hooks_sets[HOOKS_SETS];

/* The name in symbol tables; and back: HOOK_COUNT if there is none. */
const char *hooks_symbol(enum hook hook);
enum hook hooks_find(const char *symbol);

/* A stub for calls of plug-in (NULL: nobody's) that were bound to `original`. NULL: none left. */
void *hooks_stub(enum hook hook, struct plugin *plugin, void *original);

/* The function behind a stub or one of our exports; any other is returned as it is. */
void *hooks_behind(void *function);

/* True if it is a stub; and a plug-in's. */
bool hooks_is_stub(const void *function);
bool hooks_is_stub_of(const void *function, const struct plugin *plugin);

/* Lets places of the plug-in's sets be taken again whose functions have left the process. */
void hooks_plugin_left(const struct plugin *plugin);

/* HEAP_BY() the plug-in of a set's calls. */
uint32_t hooks_by(uint32_t set);

#endif
