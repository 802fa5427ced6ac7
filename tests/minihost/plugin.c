/* tests/minihost/plugin.c: the mini-host's actions that open, initialise and close plug-ins. */
/* SPDX-License-Identifier: MIT */

#include <alloca.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/options.h"
#include "tests/minihost/table.h"

static struct plugin plugins[HOST_PLUGINS];

struct plugin *plugin_named(const char *name)
{
    for (int i = 0; i < HOST_PLUGINS; i++)
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
    script_error("there is no plug-in `%s'", name);
}

/* The plug-in of that name, else an unused one. */
static struct plugin *plugin_new(const char *name)
{
    struct plugin *unused = NULL;
    for (int i = 0; i < HOST_PLUGINS; i++) {
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
        if (plugins[i].name[0] == '\0' && unused == NULL)
            unused = &plugins[i];
    }
    if (unused == NULL || strlen(name) >= sizeof unused->name)
        script_error("no room for a plug-in `%s'", name);
    strcpy(unused->name, name);
    return unused;
}

/* The message of dlerror without folders, which differ from run to run. */
static const char *loader_error(void)
{
    const char *error = dlerror();
    if (error == NULL)
        return "none";
    const char *slash = strrchr(error, '/');
    return slash != NULL ? slash + 1 : error;
}

static void resolve(struct plugin *plugin)
{
    *(void **)&plugin->mime = dlsym(plugin->handle, "NP_GetMIMEDescription");
    *(void **)&plugin->getvalue = dlsym(plugin->handle, "NP_GetValue");
    *(void **)&plugin->initialize = dlsym(plugin->handle, "NP_Initialize");
    *(void **)&plugin->shutdown = dlsym(plugin->handle, "NP_Shutdown");
}

/* open PLUGIN PATH */
static long act_open(int count, char **words)
{
    (void)count;
    struct plugin *plugin = plugin_new(words[1]);
    plugin->handle = dlopen(words[2], options.dlopen_flags);
    if (plugin->handle == NULL) {
        say("  cannot be opened: %s", loader_error());
        return -1;
    }
    resolve(plugin);
    if (plugin->mime == NULL || plugin->getvalue == NULL || plugin->initialize == NULL)
        say("  lacks a function");
    return 0;
}

/* probe PATH: opens what may not be there, as hosts do that guess at names */
static long act_probe(int count, char **words)
{
    (void)count;
    void *handle = dlopen(words[1], options.dlopen_flags);
    say("  error: %s", loader_error());
    say("  then: %s", loader_error());
    if (handle != NULL)
        dlclose(handle);
    return handle != NULL ? 0 : -1;
}

/* symbols PLUGIN: asks again for what it has, and for what it does not have */
static long act_symbols(int count, char **words)
{
    (void)count;
    struct plugin *plugin = plugin_named(words[1]);
    say("  NP_Initialize is %s, NP_Shutdown is %s",
        dlsym(plugin->handle, "NP_Initialize") == (void *)plugin->initialize ? "the same" : "new",
        dlsym(plugin->handle, "NP_Shutdown") == (void *)plugin->shutdown ? "the same" : "new");
    void *absent = dlsym(plugin->handle, "NP_GetEntryPoints");
    say("  NP_GetEntryPoints is %s: %s", absent == NULL ? "NULL" : "there", loader_error());
    say("  then: %s", loader_error());
    return 0;
}

/* pending PLUGIN ACTION...: an error of the loader's must still be there after an action */
static long act_pending(int count, char **words)
{
    struct plugin *plugin = plugin_named(words[1]);
    (void)dlsym(plugin->handle, "NP_NotThere");
    long result = action_run_words(count - 2, words + 2);
    say("  pending: %s", loader_error());
    return result;
}

/* scan PLUGIN: what it says about itself */
static long act_scan(int count, char **words)
{
    (void)count;
    struct plugin *plugin = plugin_named(words[1]);
    const char *name = "none";
    NPError error = plugin->getvalue(NULL, NPPVpluginNameString, &name);
    say("  %s: %s (%d)", name, plugin->mime(), error);
    return error;
}

/* ---- NP_Initialize --------------------------------------------------------------------------- */

typedef NPError (*initialize_func)(void *table, NPPluginFuncs *funcs);

static NPError initialize_with(struct plugin *plugin, void *table)
{
    initialize_func initialize = (initialize_func)plugin->initialize;
    return initialize(table, plugin->funcs);
}

/* The table exists for the time of the call alone. */
__attribute__((noinline)) static NPError initialize_on_stack(struct plugin *plugin, int set)
{
    void *table = alloca(options.table_size_bytes + 16);
    table_fill(table, set);
    NPError error = initialize_with(plugin, table);
    memset(table, 0xa5, options.table_size_bytes);
    __asm__ volatile("" : : "r"(table) : "memory");
    return error;
}

/* Which set of memory functions: a table that is renewed gets the other one. */
static int set_of(const struct plugin *plugin)
{
    const bool renewed = options.reinit != REINIT_SAME && plugin->initialized % 2 == 1;
    return renewed ? 1 : 0;
}

static NPNetscapeFuncs *table_new(int set)
{
    NPNetscapeFuncs *table = table_place();
    table_fill(table, set);
    table_seal(table);
    return table;
}

/* The table for this call: a new one, or the last one, as it was or renewed. */
static NPNetscapeFuncs *table_for(struct plugin *plugin)
{
    static NPNetscapeFuncs *shared;
    const int set = set_of(plugin);
    if (options.table == TABLE_SHARED && plugin->table == NULL)
        return shared != NULL ? shared : (shared = table_new(set));
    if (plugin->table == NULL || options.reinit == REINIT_MOVED) {
        NPNetscapeFuncs *old = plugin->table, *new = table_new(set);
        if (old != NULL)
            table_destroy(old);
        return new;
    }
    if (options.reinit == REINIT_REWRITTEN) {
        table_unseal(plugin->table);
        table_fill(plugin->table, set);
        table_seal(plugin->table);
    }
    return plugin->table;
}

static void prepare_funcs(struct plugin *plugin)
{
    if (plugin->funcs == NULL)
        plugin->funcs = table_guarded(options.pfuncs_size_bytes);
    else if (!options.pfuncs_fresh)
        return;
    memset(plugin->funcs, 0, options.pfuncs_size_bytes);
    plugin->funcs->size = options.pfuncs_size_bytes;
    plugin->funcs->version = options.pfuncs_version;
}

/* init PLUGIN [null]: NP_Initialize; with `null` without a table */
static long act_init(int count, char **words)
{
    struct plugin *plugin = plugin_named(words[1]);
    NPError error;
    prepare_funcs(plugin);
    if (count > 2) {
        error = initialize_with(plugin, NULL);
    } else if (options.table == TABLE_STACK) {
        error = initialize_on_stack(plugin, set_of(plugin));
    } else {
        plugin->table = table_for(plugin);
        error = initialize_with(plugin, plugin->table);
    }
    plugin->initialized++;
    say("  NP_Initialize returned %d", error);
    return error;
}

/* pfuncs PLUGIN: size, version and which entries the plug-in has filled in */
static long act_pfuncs(int count, char **words)
{
    (void)count;
    struct plugin *plugin = plugin_named(words[1]);
    char missing[256] = "";
    int used = 0;
    const size_t end = options.pfuncs_size_bytes < sizeof(NPPluginFuncs) ? options.pfuncs_size_bytes
                                                                         : sizeof(NPPluginFuncs);
    for (size_t at = offsetof(NPPluginFuncs, newp); at + sizeof(void *) <= end;
         at += sizeof(void *)) {
        void *entry;
        memcpy(&entry, (char *)plugin->funcs + at, sizeof entry);
        if (entry == NULL)
            used += snprintf(missing + used, sizeof missing - (size_t)used, " %zu", at);
    }
    say("  size %u, version %u, missing%s", plugin->funcs->size, plugin->funcs->version, missing);
    return 0;
}

/* shutdown PLUGIN */
static long act_shutdown(int count, char **words)
{
    (void)count;
    struct plugin *plugin = plugin_named(words[1]);
    NPError error = plugin->shutdown();
    say("  NP_Shutdown returned %d", error);
    return error;
}

/* close PLUGIN */
static long act_close(int count, char **words)
{
    (void)count;
    return dlclose(plugin_named(words[1])->handle);
}

/* load PLUGIN PATH = open, init; unload PLUGIN = shutdown, close */
static long act_load(int count, char **words)
{
    return act_open(count, words) != 0 ? -1 : act_init(2, words);
}

static long act_unload(int count, char **words)
{
    act_shutdown(count, words);
    return act_close(count, words);
}

/* sites PLUGIN: NPP_GetSitesWithData, whose answer the host frees */
static long act_sites(int count, char **words)
{
    (void)count;
    char **sites = plugin_named(words[1])->funcs->getsiteswithdata();
    long n = 0;
    for (; sites != NULL && sites[n] != NULL; n++) {
        say("  %s", sites[n]);
        memory_own_free(sites[n]);
    }
    memory_own_free(sites);
    return n;
}

/* clearsite PLUGIN: NPP_ClearSiteData with values that need all 64 bits */
static long act_clearsite(int count, char **words)
{
    (void)count;
    return plugin_named(words[1])->funcs->clearsitedata(NULL, 0, UINT64_MAX);
}

const struct action plugin_actions[] = {
    {"open", "PLUGIN PATH", 2, act_open},      {"probe", "PATH", 1, act_probe},
    {"symbols", "PLUGIN", 1, act_symbols},     {"pending", "PLUGIN ACTION...", 2, act_pending},
    {"scan", "PLUGIN", 1, act_scan},           {"init", "PLUGIN [null]", 1, act_init},
    {"pfuncs", "PLUGIN", 1, act_pfuncs},       {"shutdown", "PLUGIN", 1, act_shutdown},
    {"close", "PLUGIN", 1, act_close},         {"load", "PLUGIN PATH", 2, act_load},
    {"unload", "PLUGIN", 1, act_unload},       {"sites", "PLUGIN", 1, act_sites},
    {"clearsite", "PLUGIN", 1, act_clearsite}, {NULL, NULL, 0, NULL},
};
