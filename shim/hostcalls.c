/* shim/hostcalls.c - calls from a plug-in into its host */
/* SPDX-License-Identifier: MIT */

#include "shim/hostcalls.h"

#include <stdatomic.h>

#include "shim/stubs.h"
#include "tracer/tracer.h"

static NPNetscapeFuncs tables[HOSTCALLS_TABLES];
static _Atomic uint32_t table_count;

struct slot {
    size_t offset;
    void *stubs[HOSTCALLS_TABLES];
};

/* One stub for each slot and table; its frame is where the plug-in's call lies. */
#define CALL(number, returns, slot, parameters, arguments)                                         \
    static returns slot##_##number parameters                                                      \
    {                                                                                              \
        struct hostcalls_call call = hostcalls_enter(__builtin_frame_address(0));                  \
        returns returned = tables[number].slot arguments;                                          \
        hostcalls_leave(&call);                                                                    \
        return returned;                                                                           \
    }
#define VOID_CALL(number, slot, parameters, arguments)                                             \
    static void slot##_##number parameters                                                         \
    {                                                                                              \
        struct hostcalls_call call = hostcalls_enter(__builtin_frame_address(0));                  \
        tables[number].slot arguments;                                                             \
        hostcalls_leave(&call);                                                                    \
    }
#define CALLS(...)                                                                                 \
    CALL(0, __VA_ARGS__)                                                                           \
    CALL(1, __VA_ARGS__)                                                                           \
    CALL(2, __VA_ARGS__)                                                                           \
    CALL(3, __VA_ARGS__)
#define VOID_CALLS(...)                                                                            \
    VOID_CALL(0, __VA_ARGS__)                                                                      \
    VOID_CALL(1, __VA_ARGS__)                                                                      \
    VOID_CALL(2, __VA_ARGS__)                                                                      \
    VOID_CALL(3, __VA_ARGS__)
#define ENTRY(slot)                                                                                \
    {                                                                                              \
        offsetof(NPNetscapeFuncs, slot),                                                           \
        {                                                                                          \
            (void *)slot##_0, (void *)slot##_1, (void *)slot##_2, (void *)slot##_3                 \
        }                                                                                          \
    }

/* clang-format off: the stubs are a table; those that shim/stubs.c has are left out */

CALLS(NPError, geturl, (NPP instance, const char *url, const char *window), (instance, url, window))
CALLS(NPError, posturl,
      (NPP instance, const char *url, const char *window, uint32_t len, const char *buf,
       NPBool file),
      (instance, url, window, len, buf, file))
CALLS(NPError, requestread, (NPStream * stream, NPByteRange *rangeList), (stream, rangeList))
CALLS(NPError, newstream, (NPP instance, NPMIMEType type, const char *window, NPStream **stream),
      (instance, type, window, stream))
CALLS(int32_t, write, (NPP instance, NPStream *stream, int32_t len, void *buffer),
      (instance, stream, len, buffer))
CALLS(NPError, destroystream, (NPP instance, NPStream *stream, NPReason reason),
      (instance, stream, reason))
VOID_CALLS(status, (NPP instance, const char *message), (instance, message))
CALLS(const char *, uagent, (NPP instance), (instance))
VOID_CALLS(reloadplugins, (NPBool reloadPages), (reloadPages))
CALLS(void *, getJavaEnv, (void), ())
CALLS(void *, getJavaPeer, (NPP instance), (instance))
CALLS(NPError, geturlnotify, (NPP instance, const char *url, const char *window, void *notifyData),
      (instance, url, window, notifyData))
CALLS(NPError, posturlnotify,
      (NPP instance, const char *url, const char *window, uint32_t len, const char *buf,
       NPBool file, void *notifyData),
      (instance, url, window, len, buf, file, notifyData))
CALLS(NPError, getvalue, (NPP instance, NPNVariable variable, void *value),
      (instance, variable, value))
CALLS(NPError, setvalue, (NPP instance, NPPVariable variable, void *value),
      (instance, variable, value))
VOID_CALLS(invalidaterect, (NPP instance, NPRect *rect), (instance, rect))
VOID_CALLS(invalidateregion, (NPP instance, NPRegion region), (instance, region))
VOID_CALLS(forceredraw, (NPP instance), (instance))
CALLS(NPIdentifier, getstringidentifier, (const NPUTF8 *name), (name))
VOID_CALLS(getstringidentifiers,
           (const NPUTF8 **names, int32_t nameCount, NPIdentifier *identifiers),
           (names, nameCount, identifiers))
CALLS(NPIdentifier, getintidentifier, (int32_t intid), (intid))
CALLS(bool, identifierisstring, (NPIdentifier identifier), (identifier))
CALLS(NPUTF8 *, utf8fromidentifier, (NPIdentifier identifier), (identifier))
CALLS(int32_t, intfromidentifier, (NPIdentifier identifier), (identifier))
CALLS(NPObject *, retainobject, (NPObject * npobj), (npobj))
VOID_CALLS(releaseobject, (NPObject * npobj), (npobj))
CALLS(bool, invoke,
      (NPP npp, NPObject *npobj, NPIdentifier methodName, const NPVariant *args, uint32_t argCount,
       NPVariant *result),
      (npp, npobj, methodName, args, argCount, result))
CALLS(bool, invokeDefault,
      (NPP npp, NPObject *npobj, const NPVariant *args, uint32_t argCount, NPVariant *result),
      (npp, npobj, args, argCount, result))
CALLS(bool, evaluate, (NPP npp, NPObject *npobj, NPString *script, NPVariant *result),
      (npp, npobj, script, result))
CALLS(bool, getproperty, (NPP npp, NPObject *npobj, NPIdentifier propertyName, NPVariant *result),
      (npp, npobj, propertyName, result))
CALLS(bool, setproperty,
      (NPP npp, NPObject *npobj, NPIdentifier propertyName, const NPVariant *value),
      (npp, npobj, propertyName, value))
CALLS(bool, removeproperty, (NPP npp, NPObject *npobj, NPIdentifier propertyName),
      (npp, npobj, propertyName))
CALLS(bool, hasproperty, (NPP npp, NPObject *npobj, NPIdentifier propertyName),
      (npp, npobj, propertyName))
CALLS(bool, hasmethod, (NPP npp, NPObject *npobj, NPIdentifier methodName),
      (npp, npobj, methodName))
VOID_CALLS(releasevariantvalue, (NPVariant * variant), (variant))
VOID_CALLS(setexception, (NPObject * npobj, const NPUTF8 *message), (npobj, message))
VOID_CALLS(pushpopupsenabledstate, (NPP npp, NPBool enabled), (npp, enabled))
VOID_CALLS(poppopupsenabledstate, (NPP npp), (npp))
CALLS(bool, enumerate, (NPP npp, NPObject *npobj, NPIdentifier **identifiers, uint32_t *count),
      (npp, npobj, identifiers, count))
CALLS(bool, construct,
      (NPP npp, NPObject *npobj, const NPVariant *args, uint32_t argCount, NPVariant *result),
      (npp, npobj, args, argCount, result))
CALLS(NPError, getvalueforurl,
      (NPP npp, NPNURLVariable variable, const char *url, char **value, uint32_t *len),
      (npp, variable, url, value, len))
CALLS(NPError, setvalueforurl,
      (NPP npp, NPNURLVariable variable, const char *url, const char *value, uint32_t len),
      (npp, variable, url, value, len))
CALLS(NPError, getauthenticationinfo,
      (NPP npp, const char *protocol, const char *host, int32_t port, const char *scheme,
       const char *realm, char **username, uint32_t *ulen, char **password, uint32_t *plen),
      (npp, protocol, host, port, scheme, realm, username, ulen, password, plen))
VOID_CALLS(unscheduletimer, (NPP instance, uint32_t timerID), (instance, timerID))
CALLS(NPError, popupcontextmenu, (NPP instance, NPMenu *menu), (instance, menu))
CALLS(NPBool, convertpoint,
      (NPP instance, double sourceX, double sourceY, NPCoordinateSpace sourceSpace, double *destX,
       double *destY, NPCoordinateSpace destSpace),
      (instance, sourceX, sourceY, sourceSpace, destX, destY, destSpace))
CALLS(NPBool, handleevent, (NPP instance, void *event, NPBool handled), (instance, event, handled))
CALLS(NPBool, unfocusinstance, (NPP instance, NPFocusDirection direction), (instance, direction))
VOID_CALLS(urlredirectresponse, (NPP instance, void *notifyData, NPBool allow),
           (instance, notifyData, allow))
CALLS(NPError, initasyncsurface,
      (NPP instance, NPSize *size, NPImageFormat format, void *initData, NPAsyncSurface *surface),
      (instance, size, format, initData, surface))
CALLS(NPError, finalizeasyncsurface, (NPP instance, NPAsyncSurface *surface), (instance, surface))
VOID_CALLS(setcurrentasyncsurface, (NPP instance, NPAsyncSurface *surface, NPRect *changed),
           (instance, surface, changed))

static const struct slot slots[] = {
    ENTRY(geturl),
    ENTRY(posturl),
    ENTRY(requestread),
    ENTRY(newstream),
    ENTRY(write),
    ENTRY(destroystream),
    ENTRY(status),
    ENTRY(uagent),
    ENTRY(reloadplugins),
    ENTRY(getJavaEnv),
    ENTRY(getJavaPeer),
    ENTRY(geturlnotify),
    ENTRY(posturlnotify),
    ENTRY(getvalue),
    ENTRY(setvalue),
    ENTRY(invalidaterect),
    ENTRY(invalidateregion),
    ENTRY(forceredraw),
    ENTRY(getstringidentifier),
    ENTRY(getstringidentifiers),
    ENTRY(getintidentifier),
    ENTRY(identifierisstring),
    ENTRY(utf8fromidentifier),
    ENTRY(intfromidentifier),
    ENTRY(retainobject),
    ENTRY(releaseobject),
    ENTRY(invoke),
    ENTRY(invokeDefault),
    ENTRY(evaluate),
    ENTRY(getproperty),
    ENTRY(setproperty),
    ENTRY(removeproperty),
    ENTRY(hasproperty),
    ENTRY(hasmethod),
    ENTRY(releasevariantvalue),
    ENTRY(setexception),
    ENTRY(pushpopupsenabledstate),
    ENTRY(poppopupsenabledstate),
    ENTRY(enumerate),
    ENTRY(construct),
    ENTRY(getvalueforurl),
    ENTRY(setvalueforurl),
    ENTRY(getauthenticationinfo),
    ENTRY(unscheduletimer),
    ENTRY(popupcontextmenu),
    ENTRY(convertpoint),
    ENTRY(handleevent),
    ENTRY(unfocusinstance),
    ENTRY(urlredirectresponse),
    ENTRY(initasyncsurface),
    ENTRY(finalizeasyncsurface),
    ENTRY(setcurrentasyncsurface),
};

/* clang-format on */

#define SLOT_COUNT (sizeof(slots) / sizeof(slots[0]))

/* Functions that a table does not have may be added to it. */
static bool is_like(const NPNetscapeFuncs *table, const NPNetscapeFuncs *host)
{
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        void *known = stubs_slot(table, slots[i].offset);
        void *wanted = stubs_slot(host, slots[i].offset);
        if (known != NULL && wanted != NULL && known != wanted)
            return false;
    }
    return true;
}

static void add_to(NPNetscapeFuncs *table, const NPNetscapeFuncs *host)
{
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        void *function = stubs_slot(host, slots[i].offset);
        if (function != NULL)
            stubs_slot_store(table, slots[i].offset, function);
    }
}

uint32_t hostcalls_table(const NPNetscapeFuncs *host)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return HOSTCALLS_NO_TABLE;
    uint32_t count = atomic_load_explicit(&table_count, memory_order_relaxed);
    uint32_t number = 0;
    while (number < count && !is_like(&tables[number], host))
        number++;
    if (number < HOSTCALLS_TABLES) {
        add_to(&tables[number], host);
        if (number == count)
            atomic_store_explicit(&table_count, count + 1, memory_order_release);
    }
    lock_release(lock, &mask);
    return number < HOSTCALLS_TABLES ? number : HOSTCALLS_NO_TABLE;
}

static const struct slot *find_slot(size_t offset)
{
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (slots[i].offset == offset)
            return &slots[i];
    return NULL;
}

void *hostcalls_stub(size_t offset, uint32_t table)
{
    const struct slot *slot = find_slot(offset);

    return slot != NULL && table < HOSTCALLS_TABLES ? slot->stubs[table] : NULL;
}

void *hostcalls_behind(void *value, size_t offset, bool *nested)
{
    const struct slot *slot = find_slot(offset);

    for (uint32_t table = 0; slot != NULL && value != NULL && table < HOSTCALLS_TABLES; table++)
        if (slot->stubs[table] == value) {
            *nested = true;
            return stubs_slot(&tables[table], offset);
        }
    return value;
}
