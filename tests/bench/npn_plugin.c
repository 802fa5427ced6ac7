/* tests/bench/npn_plugin.c: a plug-in that allocates with NPN_MemAlloc as fast as it can. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/npn.h"

#include "shim/npapi.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);

static NPNetscapeFuncs *browser;

static void *allocate(size_t bytes)
{
    return browser->memalloc((uint32_t)bytes);
}

static void release(void *block)
{
    browser->memfree(block);
}

static NPError new_instance(NPMIMEType type, NPP instance, uint16_t mode, int16_t argc, char **argn,
                            char **argv, NPSavedData *saved)
{
    struct npn_order *order = saved->buf;

    (void)type, (void)instance, (void)mode, (void)argc, (void)argn, (void)argv;
    order->settings.allocate = allocate;
    order->settings.release = release;
    order->error = walks_run(&order->settings, &order->result);
    return order->error == 0 ? NPERR_NO_ERROR : NPERR_GENERIC_ERROR;
}

static NPError destroy(NPP instance, NPSavedData **saved)
{
    (void)instance, (void)saved;
    return NPERR_NO_ERROR;
}

NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions)
{
    browser = table;
    functions->newp = new_instance;
    functions->destroy = destroy;
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}
