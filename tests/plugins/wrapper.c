/* tests/plugins/wrapper.c: a plug-in that loads another one and passes everything on to it. */
/* SPDX-License-Identifier: MIT */

/*
 * $NPNWRAPPER_INNER is the path of the inner plug-in. It is given the table that this one was
 * given, or, if $NPNWRAPPER_TABLE is `own`, a table of this plug-in's whose memory functions call
 * the host's. The host sees the inner plug-in's entries.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/wrapper.h"

static NPNetscapeFuncs given, own;

static struct {
    void *handle;
    NP_InitializeFunc initialize;
    NP_ShutdownFunc shutdown;
    NP_GetMIMEDescriptionFunc mime;
    NP_GetValueFunc getvalue;
} inner;

static void *own_memalloc(uint32_t size)
{
    return given.memalloc(size);
}

static void own_memfree(void *block)
{
    given.memfree(block);
}

static uint32_t own_memflush(uint32_t size)
{
    return given.memflush(size);
}

static bool inner_open(void)
{
    const char *path = getenv("NPNWRAPPER_INNER");
    if (inner.handle != NULL || path == NULL)
        return inner.handle != NULL;
    inner.handle = dlopen(path, RTLD_NOW);
    if (inner.handle == NULL)
        return false;
    *(void **)&inner.initialize = dlsym(inner.handle, "NP_Initialize");
    *(void **)&inner.shutdown = dlsym(inner.handle, "NP_Shutdown");
    *(void **)&inner.mime = dlsym(inner.handle, "NP_GetMIMEDescription");
    *(void **)&inner.getvalue = dlsym(inner.handle, "NP_GetValue");
    return true;
}

NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries)
{
    const char *which = getenv("NPNWRAPPER_TABLE");
    if (!inner_open())
        return NPERR_MODULE_LOAD_FAILED_ERROR;
    if (which == NULL || strcmp(which, "own") != 0)
        return inner.initialize(table, entries);
    memcpy(&given, table, table->size < sizeof given ? table->size : sizeof given);
    own = given;
    own.memalloc = own_memalloc;
    own.memfree = own_memfree;
    own.memflush = own_memflush;
    return inner.initialize(&own, entries);
}

NPError NP_Shutdown(void)
{
    return inner.shutdown();
}

const char *NP_GetMIMEDescription(void)
{
    return inner_open() ? inner.mime() : "application/x-npwrapper::a wrapper without a plug-in";
}

NPError NP_GetValue(void *future, NPPVariable variable, void *value)
{
    return inner_open() ? inner.getvalue(future, variable, value) : NPERR_GENERIC_ERROR;
}
