/* shim/stubs.c - the pools of stubs for what hosts call, written by macros */
/* SPDX-License-Identifier: MIT */

#include "shim/stubs.h"

#include "shim/classes.h"
#include "shim/entry.h"
#include "shim/pfuncs.h"
#include "shim/plugin.h"
#include "shim/stubs_pool.h"

#define TRAMPOLINES(returns, gate, parameters, arguments)                                          \
    SIXTY_FOUR(STUB, 0, returns, gate, parameters, arguments)                                      \
    SIXTY_FOUR(STUB, 1, returns, gate, parameters, arguments)                                      \
    SIXTY_FOUR(STUB, 2, returns, gate, parameters, arguments)                                      \
    SIXTY_FOUR(STUB, 3, returns, gate, parameters, arguments)                                      \
    static void *const gate##_stubs[] = {SIXTY_FOUR(NAME, 0, gate) SIXTY_FOUR(NAME, 1, gate)       \
                                             SIXTY_FOUR(NAME, 2, gate) SIXTY_FOUR(NAME, 3, gate)};

/* clang-format off: the pool is a table */

/* ---- NP_* ---- */

TRAMPOLINES(NPError, gate_NP_Initialize,
            (NPNetscapeFuncs * table, NPPluginFuncs *functions, void *rest),
            (table, functions, rest))
TRAMPOLINES(NPError, gate_NP_Shutdown, (void), ())

void *stubs_initialize(uint32_t place)
{
    return gate_NP_Initialize_stubs[place];
}

void *stubs_shutdown(uint32_t place)
{
    return gate_NP_Shutdown_stubs[place];
}

/* ---- NPPluginFuncs ---- */

POOL(NPError, gate_newp,
     (NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[], char *argv[],
      NPSavedData *saved),
     (type, npp, mode, argc, argn, argv, saved))
POOL(NPError, gate_destroy, (NPP npp, NPSavedData **save), (npp, save))
POOL(NPError, gate_setwindow, (NPP npp, NPWindow *window), (npp, window))
POOL(NPError, gate_newstream,
     (NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable, uint16_t *stype),
     (npp, type, stream, seekable, stype))
POOL(NPError, gate_destroystream, (NPP npp, NPStream *stream, NPReason reason),
     (npp, stream, reason))
POOL(void, gate_asfile, (NPP npp, NPStream *stream, const char *name), (npp, stream, name))
POOL(int32_t, gate_writeready, (NPP npp, NPStream *stream), (npp, stream))
POOL(int32_t, gate_write, (NPP npp, NPStream *stream, int32_t offset, int32_t length, void *buffer),
     (npp, stream, offset, length, buffer))
POOL(void, gate_print, (NPP npp, NPPrint *print), (npp, print))
POOL(int16_t, gate_event, (NPP npp, void *event), (npp, event))
POOL(void, gate_urlnotify, (NPP npp, const char *url, NPReason reason, void *data),
     (npp, url, reason, data))
POOL(NPError, gate_getvalue, (NPP npp, NPPVariable variable, void *value), (npp, variable, value))
POOL(NPError, gate_setvalue, (NPP npp, NPNVariable variable, void *value), (npp, variable, value))
POOL(NPBool, gate_gotfocus, (NPP npp, NPFocusDirection direction), (npp, direction))
POOL(void, gate_lostfocus, (NPP npp), (npp))
POOL(void, gate_urlredirectnotify, (NPP npp, const char *url, int32_t status, void *data),
     (npp, url, status, data))
POOL(NPError, gate_clearsitedata, (const char *site, uint64_t flags, uint64_t age),
     (site, flags, age))
POOL(char **, gate_getsiteswithdata, (void), ())
POOL(void, gate_didComposite, (NPP npp), (npp))

#define PFUNCS(slot)                                                                               \
    {                                                                                              \
        .offset = offsetof(NPPluginFuncs, slot), .stubs = gate_##slot##_stubs                      \
    }

/* javaClass is data, not a function. */
const struct stubs_pool stubs_pfuncs[] = {
    PFUNCS(newp),          PFUNCS(destroy),
    PFUNCS(setwindow),     PFUNCS(newstream),
    PFUNCS(destroystream), PFUNCS(asfile),
    PFUNCS(writeready),    PFUNCS(write),
    PFUNCS(print),         PFUNCS(event),
    PFUNCS(urlnotify),     PFUNCS(getvalue),
    PFUNCS(setvalue),      PFUNCS(gotfocus),
    PFUNCS(lostfocus),     PFUNCS(urlredirectnotify),
    PFUNCS(clearsitedata), PFUNCS(getsiteswithdata),
    PFUNCS(didComposite),
};
const unsigned stubs_pfuncs_count = sizeof(stubs_pfuncs) / sizeof(stubs_pfuncs[0]);

/* ---- NPClass ---- */

POOL(NPObject *, class_allocate, (NPP npp, NPClass *type), (npp, type))
POOL(void, class_deallocate, (NPObject * object), (object))
POOL(void, class_invalidate, (NPObject * object), (object))
POOL(bool, class_hasMethod, (NPObject * object, NPIdentifier name), (object, name))
POOL(bool, class_invoke,
     (NPObject * object, NPIdentifier name, const NPVariant *args, uint32_t count,
      NPVariant *result),
     (object, name, args, count, result))
POOL(bool, class_invokeDefault,
     (NPObject * object, const NPVariant *args, uint32_t count, NPVariant *result),
     (object, args, count, result))
POOL(bool, class_hasProperty, (NPObject * object, NPIdentifier name), (object, name))
POOL(bool, class_getProperty, (NPObject * object, NPIdentifier name, NPVariant *result),
     (object, name, result))
POOL(bool, class_setProperty, (NPObject * object, NPIdentifier name, const NPVariant *value),
     (object, name, value))
POOL(bool, class_removeProperty, (NPObject * object, NPIdentifier name), (object, name))
POOL(bool, class_enumerate, (NPObject * object, NPIdentifier **names, uint32_t *count),
     (object, names, count))
POOL(bool, class_construct,
     (NPObject * object, const NPVariant *args, uint32_t count, NPVariant *result),
     (object, args, count, result))

#define CLASS(slot)                                                                                \
    {                                                                                              \
        .offset = offsetof(NPClass, slot), .stubs = class_##slot##_stubs                           \
    }

const struct stubs_pool stubs_class[] = {
    CLASS(allocate),    CLASS(deallocate),     CLASS(invalidate),  CLASS(hasMethod),
    CLASS(invoke),      CLASS(invokeDefault),  CLASS(hasProperty), CLASS(getProperty),
    CLASS(setProperty), CLASS(removeProperty), CLASS(enumerate),   CLASS(construct),
};
const unsigned stubs_class_count = sizeof(stubs_class) / sizeof(stubs_class[0]);

/* clang-format on */

/* ---- looking up ---- */

const struct stubs_pool *stubs_pool_of(const struct stubs_pool *pools, unsigned count,
                                       size_t offset)
{
    for (unsigned i = 0; i < count; i++)
        if (pools[i].offset == offset)
            return &pools[i];
    return NULL;
}

bool stubs_pool_has(const struct stubs_pool *pool, uint32_t sets, const void *value,
                    uint32_t *ret_set)
{
    if (pool == NULL || value == NULL)
        return false;
    for (uint32_t set = 0; set < sets; set++)
        if (pool->stubs[set] == value) {
            *ret_set = set;
            return true;
        }
    return false;
}

bool stubs_is_class_stub(const void *value, size_t offset, uint32_t *ret_set)
{
    return stubs_pool_has(stubs_pool_of(stubs_class, stubs_class_count, offset), STUBS_CLASS_SETS,
                          value, ret_set);
}
