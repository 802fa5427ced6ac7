/* tests/shim/class_shared.c: an NPClass in a library, for several plug-ins. */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "tests/shim/class_shared.h"

static NPObject *shared_allocate(NPP npp, NPClass *class)
{
    (void)npp, (void)class;
    return calloc(1, sizeof(struct shared_object));
}

static void shared_deallocate(NPObject *object)
{
    free(object);
}

static bool shared_hasmethod(NPObject *object, NPIdentifier name)
{
    (void)object, (void)name;
    return true;
}

static bool shared_invoke(NPObject *object, NPIdentifier name, const NPVariant *args,
                          uint32_t count, NPVariant *result)
{
    return ((struct shared_object *)object)->invoke(object, name, args, count, result);
}

__attribute__((visibility("default"))) NPClass shared_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION,
    .allocate = shared_allocate,
    .deallocate = shared_deallocate,
    .hasMethod = shared_hasmethod,
    .invoke = shared_invoke,
};
