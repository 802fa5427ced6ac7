/* tests/bench/npn_host.c: the smallest host that can run the benchmark's plug-in. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/npn.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim/npapi.h"

static void *host_memalloc(uint32_t bytes)
{
    return malloc(bytes);
}

static void host_memfree(void *block)
{
    free(block);
}

/* memalloc, memfree and nothing else. */
static NPNetscapeFuncs table = {
    .size = sizeof(table),
    .version = NP_VERSION_MAJOR << 8 | NP_VERSION_MINOR,
    .memalloc = host_memalloc,
    .memfree = host_memfree,
};

static int run_instance(const NPPluginFuncs *functions, struct npn_order *order)
{
    static char type[] = "application/x-npntrace-bench";
    NPSavedData saved = {.len = sizeof(*order), .buf = order};
    struct _NPP instance = {0};

    if (functions->newp == NULL)
        return -ENOSYS;
    if (functions->newp(type, &instance, NP_EMBED, 0, NULL, NULL, &saved) != NPERR_NO_ERROR)
        return order->error != 0 ? order->error : -EIO;
    if (functions->destroy != NULL)
        functions->destroy(&instance, NULL);
    return 0;
}

int npn_host_run(const char *path, const struct walks_settings *settings,
                 struct walks_result *ret_result)
{
    struct npn_order order = {.settings = *settings};
    NPPluginFuncs functions = {.size = sizeof(functions)};
    NP_InitializeFunc initialize;
    NP_ShutdownFunc shutdown;

    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        fprintf(stderr, "workload: %s\n", dlerror());
        return -ENOENT;
    }
    *(void **)&initialize = dlsym(plugin, "NP_Initialize");
    *(void **)&shutdown = dlsym(plugin, "NP_Shutdown");
    if (initialize == NULL || shutdown == NULL)
        return -ENOSYS;
    if (initialize(&table, &functions) != NPERR_NO_ERROR)
        return -EIO;
    int error = run_instance(&functions, &order);
    shutdown();
    dlclose(plugin);
    if (error == 0)
        *ret_result = order.result;
    return error;
}
