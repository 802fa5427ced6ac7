/* shim/originals.c - the loader's own functions, behind the ones that we export */
/* SPDX-License-Identifier: MIT */

#include "shim/originals.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "shim/loaded.h"
#include "tracer/dynsym.h"

#if defined(__x86_64__)
#define VERSION_BEFORE_2_34 "GLIBC_2.2.5"
#else
#define VERSION_BEFORE_2_34 "GLIBC_2.17"
#endif
#define VERSION_2_34 "GLIBC_2.34"

struct originals originals;

typedef void *dlvsym_function(void *, const char *, const char *);

static void *next(dlvsym_function *libc_dlvsym, const char *name)
{
    void *found = libc_dlvsym(RTLD_NEXT, name, VERSION_2_34);

    return found != NULL ? found : libc_dlvsym(RTLD_NEXT, name, VERSION_BEFORE_2_34);
}

void originals_resolve(void)
{
    const struct link_map *libc = loaded_libc();
    dlvsym_function *libc_dlvsym =
        libc != NULL ? (dlvsym_function *)dynsym_function(libc, "dlvsym") : NULL;

    if (libc_dlvsym == NULL)
        abort(); /* a C library without dlvsym: no host that loads plug-ins could run on it */
    originals.dlvsym = (dlvsym_function *)next(libc_dlvsym, "dlvsym");
    originals.dlclose = (int (*)(void *))next(libc_dlvsym, "dlclose");
    /* Last: dlsym_gates.S takes it for the sign that all are there. */
    __atomic_store_n(&originals.dlsym, (void *(*)(void *, const char *))next(libc_dlvsym, "dlsym"),
                     __ATOMIC_RELEASE);
}
