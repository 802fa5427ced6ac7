/* tests/heap/host.c - a host in C that opens plug-ins in a given way */
/* SPDX-License-Identifier: MIT */

/*
 *   host WORD...
 *
 *   lazy, now         how the plug-ins after it are opened
 *   deep              that deeply bound, too, until `lazy` or `now`
 *   open PATH         opens and initialises one, makes an instance
 *   close             shuts the last one down and closes it
 *   times N open PATH opens and closes it N times
 *   keep PATH         opens a library and keeps it; `run NAME` calls a function of it
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/npapi.h"
#include "tests/heap/say.h"

static int flags = RTLD_LAZY;
static void *plugin;
static void *library;

/* What a host does when it is asked: it allocates. */
static const char *user_agent(NPP instance)
{
    static char text[] = "host";

    (void)instance;
    free(malloc(1111));
    return text;
}

static NPIdentifier string_identifier(const NPUTF8 *name)
{
    static char *known;

    if (known == NULL)
        known = strdup(name);
    return known;
}

static void *memory_alloc(uint32_t size)
{
    return malloc(size);
}

static void memory_free(void *block)
{
    free(block);
}

static uint32_t memory_flush(uint32_t size)
{
    (void)size;
    return 0;
}

static NPNetscapeFuncs table = {
    .size = sizeof(table),
    .version = NP_VERSION_MAJOR << 8 | NP_VERSION_MINOR,
    .uagent = user_agent,
    .getstringidentifier = string_identifier,
    .memalloc = memory_alloc,
    .memfree = memory_free,
    .memflush = memory_flush,
};

static void fail(const char *what)
{
    const char *why = dlerror();

    fprintf(stderr, "host: %s: %s\n", what, why != NULL ? why : "refused");
    exit(1);
}

static void open_plugin(const char *path)
{
    NPPluginFuncs functions = {.size = sizeof(functions)};
    NP_InitializeFunc initialize;
    NPP_t instance = {NULL, NULL};
    char type[] = "application/x-heap";

    plugin = dlopen(path, flags);
    if (plugin == NULL)
        fail(path);
    *(void **)&initialize = dlsym(plugin, "NP_Initialize");
    if (initialize == NULL || initialize(&table, &functions) != NPERR_NO_ERROR)
        fail("NP_Initialize");
    if (functions.newp != NULL &&
        functions.newp(type, &instance, NP_EMBED, 0, NULL, NULL, NULL) != NPERR_NO_ERROR)
        fail("NPP_New");
}

static void close_plugin(void)
{
    NP_ShutdownFunc end;

    *(void **)&end = dlsym(plugin, "NP_Shutdown");
    if (end == NULL || end() != NPERR_NO_ERROR || dlclose(plugin) != 0)
        fail("NP_Shutdown");
}

static void run(const char *name)
{
    void (*function)(void);

    *(void **)&function = dlsym(library, name);
    if (function == NULL)
        fail(name);
    function();
}

static void set_flags(const char *word)
{
    if (strcmp(word, "lazy") == 0)
        flags = RTLD_LAZY;
    else if (strcmp(word, "now") == 0)
        flags = RTLD_NOW;
    else if (strcmp(word, "deep") == 0)
        flags |= RTLD_DEEPBIND;
    else
        fail(word);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "open") == 0) {
            open_plugin(next);
            i++;
        } else if (strcmp(argv[i], "close") == 0) {
            close_plugin();
        } else if (strcmp(argv[i], "times") == 0 && i + 3 < argc) {
            for (int n = atoi(next); n > 0; n--) {
                open_plugin(argv[i + 3]);
                close_plugin();
            }
            i += 3;
        } else if (strcmp(argv[i], "keep") == 0) {
            library = dlopen(next, RTLD_LAZY);
            i++;
            if (library == NULL)
                fail(next);
        } else if (strcmp(argv[i], "run") == 0) {
            run(next);
            i++;
        } else {
            set_flags(argv[i]);
        }
    }
    say("host: done\n");
    return 0;
}
