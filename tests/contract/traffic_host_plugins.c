/* tests/contract/traffic_host_plugins.c - the random host's plug-ins and its memory */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic_host.h"

struct host_plugin host_plugins[HOST_PLUGINS];
unsigned host_plugin_count;

/* ---- memory ---------------------------------------------------------------------------------- */

enum { HEADER_BYTES = 32 };
#define HEADER_MARK UINT64_C(0x747261666669632e)

static atomic_long outstanding;

void *host_alloc(size_t bytes)
{
    size_t header = host_options.header ? HEADER_BYTES : 0;
    char *block = malloc(header + bytes);

    if (block == NULL)
        host_fail("no memory");
    if (header != 0)
        *(uint64_t *)block = HEADER_MARK;
    atomic_fetch_add(&outstanding, 1);
    return block + header;
}

void host_free(void *block)
{
    if (block == NULL)
        return;
    atomic_fetch_sub(&outstanding, 1);
    if (!host_options.header) {
        free(block);
        return;
    }
    uint64_t *header = (uint64_t *)((char *)block - HEADER_BYTES);
    if (*header != HEADER_MARK)
        host_fail("a block that is not the host's");
    *header = 0;
    free(header);
}

char *host_text(const char *text)
{
    return strcpy(host_alloc(strlen(text) + 1), text);
}

long host_outstanding(void)
{
    return atomic_load(&outstanding);
}

/* ---- plug-ins -------------------------------------------------------------------------------- */

void plugin_load(struct host_plugin *plugin)
{
    plugin->handle = dlopen(plugin->path, RTLD_NOW);
    if (plugin->handle == NULL)
        host_fail(dlerror());
    *(void **)&plugin->initialize = dlsym(plugin->handle, "NP_Initialize");
    *(void **)&plugin->shutdown = dlsym(plugin->handle, "NP_Shutdown");
    *(void **)&plugin->mime = dlsym(plugin->handle, "NP_GetMIMEDescription");
    *(void **)&plugin->getvalue = dlsym(plugin->handle, "NP_GetValue");
}

void plugin_start(struct host_plugin *plugin)
{
    if (plugin->handle == NULL)
        plugin_load(plugin);
    table_fill(&plugin->table);
    plugin->funcs = (NPPluginFuncs){.size = sizeof plugin->funcs, .version = NP_VERSION_MINOR};
    if (plugin->initialize(&plugin->table, &plugin->funcs) != NPERR_NO_ERROR)
        host_fail("NP_Initialize failed");
    plugin->runs = true;
}

static void end_saved(struct host_plugin *plugin)
{
    if (plugin->saved != NULL)
        host_free(plugin->saved->buf);
    host_free(plugin->saved);
    plugin->saved = NULL;
}

void plugin_stop(struct host_plugin *plugin)
{
    end_saved(plugin);
    plugin->runs = false;
    if (plugin->shutdown() != NPERR_NO_ERROR)
        host_fail("NP_Shutdown failed");
    later_drop(0, NULL); /* its threads may have asked until now */
}

void plugin_unload(struct host_plugin *plugin)
{
    dlclose(plugin->handle);
    plugin->handle = NULL;
}

/* ---- what belongs to no instance ------------------------------------------------------------- */

static void ask_sites(const struct host_plugin *plugin)
{
    char **sites = plugin->funcs.getsiteswithdata();

    for (int i = 0; sites != NULL && sites[i] != NULL; i++)
        host_free(sites[i]);
    host_free(sites);
}

static void clear_sites(const struct host_plugin *plugin)
{
    static unsigned count;
    char site[32];

    snprintf(site, sizeof site, "example%u.org", count++);
    plugin->funcs.clearsitedata(host_one_in(2) ? site : NULL, host_below(2), host_below(1000));
}

void plugin_ask(void)
{
    const struct host_plugin *plugin = &host_plugins[host_below(host_plugin_count)];
    const char *text = NULL;

    switch (host_below(4)) {
    case 0:
        if (plugin->mime() == NULL)
            host_fail("no MIME description");
        break;
    case 1:
        plugin->getvalue(NULL, host_one_in(2) ? NPPVpluginNameString : NPPVpluginDescriptionString,
                         &text);
        break;
    case 2:
        ask_sites(plugin);
        break;
    default:
        clear_sites(plugin);
    }
}
