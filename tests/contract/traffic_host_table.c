/* tests/contract/traffic_host_table.c - the random host's table: each call is counted */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic_host.h"
#include "tests/contract/traffic_slots.h"

/* ---- the functions that are nowhere else ----------------------------------------------------- */

void *host_memalloc(uint32_t size)
{
    return host_alloc(size);
}

void host_memfree(void *block)
{
    host_free(block);
}

/* Twice there is something to give back, then there is not. */
uint32_t host_memflush(uint32_t size)
{
    static _Thread_local uint32_t calls;
    const uint32_t gives = calls++ % 3 * 100;

    return gives < size ? gives : size;
}

const char *host_uagent(NPP npp)
{
    return npp != NULL ? "traffic/1.0" : "traffic/1.0 (nobody)";
}

NPError host_getvalue(NPP npp, NPNVariable variable, void *value)
{
    instance_of(npp);
    switch ((int)variable) {
    case NPNVWindowNPObject:
    case NPNVPluginElementNPObject:
        *(NPObject **)value = host_retainobject(page_window());
        return NPERR_NO_ERROR;
    case NPNVdocumentOrigin:
        *(char **)value = host_text("http://example.org");
        return NPERR_NO_ERROR;
    case NPNVSupportsWindowless:
        *(NPBool *)value = true;
        return NPERR_NO_ERROR;
    default:
        return NPERR_INVALID_PARAM;
    }
}

NPError host_setvalue(NPP npp, NPPVariable variable, void *value)
{
    (void)variable, (void)value;
    instance_of(npp);
    return NPERR_NO_ERROR;
}

/* Without a NUL, as most do. */
NPError host_getvalueforurl(NPP npp, NPNURLVariable variable, const char *url, char **value,
                            uint32_t *length)
{
    static const char cookie[] = {'a', '=', '1', ';', 'b'};

    (void)url;
    instance_of(npp);
    if (variable != NPNURLVCookie)
        return NPERR_INVALID_PARAM;
    *value = memcpy(host_alloc(sizeof cookie), cookie, sizeof cookie);
    *length = sizeof cookie;
    return NPERR_NO_ERROR;
}

NPError host_setvalueforurl(NPP npp, NPNURLVariable variable, const char *url, const char *value,
                            uint32_t length)
{
    (void)variable, (void)url, (void)value, (void)length;
    instance_of(npp);
    return NPERR_NO_ERROR;
}

NPError host_getauthenticationinfo(NPP npp, const char *protocol, const char *host, int32_t port,
                                   const char *scheme, const char *realm, char **user,
                                   uint32_t *user_length, char **password,
                                   uint32_t *password_length)
{
    (void)protocol, (void)host, (void)scheme, (void)realm;
    instance_of(npp);
    if (port != 80)
        return NPERR_GENERIC_ERROR;
    *user = memcpy(host_alloc(4), "user", 4);
    *user_length = 4;
    *password = memcpy(host_alloc(6), "secret", 6);
    *password_length = 6;
    return NPERR_NO_ERROR;
}

/* Windows and menus: somebody clicks meanwhile. */
NPError host_popupcontextmenu(NPP npp, NPMenu *menu)
{
    (void)menu;
    instance_of(npp);
    host_step();
    return NPERR_NO_ERROR;
}

void host_forceredraw(NPP npp)
{
    instance_of(npp);
    host_step();
}

void host_status(NPP npp, const char *message)
{
    (void)message;
    instance_of(npp);
}

void host_invalidaterect(NPP npp, NPRect *rect)
{
    (void)rect;
    instance_of(npp);
}

void host_invalidateregion(NPP npp, NPRegion region)
{
    (void)region;
    instance_of(npp);
}

void host_pushpopupsenabledstate(NPP npp, NPBool enabled)
{
    (void)enabled;
    instance_of(npp);
}

void host_poppopupsenabledstate(NPP npp)
{
    instance_of(npp);
}

void host_reloadplugins(NPBool pages)
{
    (void)pages;
}

void *host_getJavaEnv(void)
{
    return NULL;
}

void *host_getJavaPeer(NPP npp)
{
    instance_of(npp);
    return NULL;
}

NPBool host_convertpoint(NPP npp, double x, double y, NPCoordinateSpace from, double *to_x,
                         double *to_y, NPCoordinateSpace to)
{
    instance_of(npp);
    *to_x = x + 1;
    *to_y = y + 1;
    return from != to;
}

NPBool host_handleevent(NPP npp, void *event, NPBool handled)
{
    (void)event;
    instance_of(npp);
    return handled;
}

NPBool host_unfocusinstance(NPP npp, NPFocusDirection direction)
{
    (void)direction;
    instance_of(npp);
    return true;
}

/* The pixels are the host's until the surface is finalised. */
NPError host_initasyncsurface(NPP npp, NPSize *size, NPImageFormat format, void *data,
                              NPAsyncSurface *surface)
{
    instance_of(npp);
    *surface = (NPAsyncSurface){.size = *size, .format = format};
    surface->bitmap.stride = (uint32_t)size->width * 4;
    surface->bitmap.data = data != NULL ? data : host_alloc(surface->bitmap.stride);
    return NPERR_NO_ERROR;
}

NPError host_finalizeasyncsurface(NPP npp, NPAsyncSurface *surface)
{
    instance_of(npp);
    host_free(surface->bitmap.data);
    return NPERR_NO_ERROR;
}

void host_setcurrentasyncsurface(NPP npp, NPAsyncSurface *surface, NPRect *changed)
{
    (void)surface, (void)changed;
    instance_of(npp);
}

/* ---- counting -------------------------------------------------------------------------------- */

static atomic_ulong counts[SLOTS];

#define COUNTED(returns, slot, parameters, arguments)                                              \
    static returns counted_##slot parameters                                                       \
    {                                                                                              \
        atomic_fetch_add(&counts[SLOT_##slot], 1);                                                 \
        return host_##slot arguments;                                                              \
    }
#define VOID_COUNTED(slot, parameters, arguments)                                                  \
    static void counted_##slot parameters                                                          \
    {                                                                                              \
        atomic_fetch_add(&counts[SLOT_##slot], 1);                                                 \
        host_##slot arguments;                                                                     \
    }
TABLE_WATCHED_SLOTS(COUNTED, VOID_COUNTED)
TABLE_PLAIN_SLOTS(COUNTED, VOID_COUNTED)

static void *counted_getJavaEnv(void)
{
    atomic_fetch_add(&counts[SLOT_getJavaEnv], 1);
    return host_getJavaEnv();
}

void table_fill(NPNetscapeFuncs *table)
{
    *table = (NPNetscapeFuncs){
        .size = sizeof *table,
        .version = NP_VERSION_MINOR,
#define ROW(returns, slot, parameters, arguments) .slot = counted_##slot,
#define VOID_ROW(slot, parameters, arguments) .slot = counted_##slot,
        TABLE_WATCHED_SLOTS(ROW, VOID_ROW)
        TABLE_PLAIN_SLOTS(ROW, VOID_ROW)
        .getJavaEnv = counted_getJavaEnv,
    };
}

void table_state(void)
{
    for (int i = 0; i < SLOTS; i++)
        printf("slot %s %lu\n", slot_names[i], atomic_load(&counts[i]));
    fflush(stdout);
}
