/* shim/dlclose.c - a plug-in, or something else, may leave the process */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <errno.h>

#include "shim/exported.h"
#include "shim/originals.h"
#include "shim/plugin.h"
#include "tracer/tracer.h"

EXPORTED int dlclose(void *handle)
{
    int kept_errno = errno;

    if (__atomic_load_n(&originals.dlsym, __ATOMIC_ACQUIRE) == NULL)
        originals_resolve();
    bool begun = tracer_unload_begin();
    errno = kept_errno;
    int status = originals.dlclose(handle);
    kept_errno = errno;
    tracer_unload_end(begun);
    plugin_forget_unloaded();
    errno = kept_errno;
    return status;
}
