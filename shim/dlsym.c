/* shim/dlsym.c - where a host asks a plug-in for NP_Initialize and NP_Shutdown */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "shim/entry.h"
#include "shim/opened.h"
#include "shim/originals.h"

/* What dlsym_gates.S jumps to. */
void *dlsym_filter(void *handle, const char *name);
void *dlvsym_filter(void *handle, const char *name);

static bool is_entry(void *handle, const char *name)
{
    return handle != RTLD_NEXT && handle != RTLD_DEFAULT && name != NULL &&
           (strcmp(name, "NP_Initialize") == 0 || strcmp(name, "NP_Shutdown") == 0);
}

/* NULL stays NULL and dlerror stays as the loader left it: hosts take it for "not a plug-in". */
static void *traced(void *real, const char *name)
{
    int kept_errno = errno;
    void *trampoline = real;

    if (real != NULL)
        trampoline = name[3] == 'I' ? entry_initialize(real) : entry_shutdown(real);
    errno = kept_errno;
    return trampoline;
}

static void *entry_dlsym(void *handle, const char *name)
{
    return traced(originals.dlsym(handle, name), name);
}

static void *entry_dlvsym(void *handle, const char *name, const char *version)
{
    return traced(originals.dlvsym(handle, name, version), name);
}

static void make_sure(void)
{
    if (__atomic_load_n(&originals.dlsym, __ATOMIC_ACQUIRE) == NULL)
        originals_resolve();
    opened_look();
}

void *dlsym_filter(void *handle, const char *name)
{
    make_sure();
    return is_entry(handle, name) ? (void *)entry_dlsym : (void *)originals.dlsym;
}

void *dlvsym_filter(void *handle, const char *name)
{
    make_sure();
    return is_entry(handle, name) ? (void *)entry_dlvsym : (void *)originals.dlvsym;
}
