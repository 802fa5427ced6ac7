/* tests/contract/traffic_host_script.c - the random host's NPN_Invoke, NPN_Evaluate, ... */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic_host.h"

/* The object stays while it is called. Old classes have fewer functions. */
#define CALL(object, since, function, arguments)                                                   \
    ({                                                                                             \
        NPObject *called = (object);                                                               \
        const NPClass *class = called->_class;                                                     \
        bool done = false;                                                                         \
        object_take(called);                                                                       \
        object_busy(called, 1);                                                                    \
        if (class->structVersion >= (since) && class->function != NULL)                            \
            done = class->function arguments;                                                      \
        object_busy(called, -1);                                                                   \
        object_drop(called);                                                                       \
        done;                                                                                      \
    })

bool host_invoke(NPP npp, NPObject *object, NPIdentifier name, const NPVariant *args,
                 uint32_t count, NPVariant *result)
{
    (void)npp;
    return CALL(object, 1, invoke, (object, name, args, count, result));
}

bool host_invokeDefault(NPP npp, NPObject *object, const NPVariant *args, uint32_t count,
                        NPVariant *result)
{
    (void)npp;
    return CALL(object, 1, invokeDefault, (object, args, count, result));
}

bool host_construct(NPP npp, NPObject *object, const NPVariant *args, uint32_t count,
                    NPVariant *result)
{
    (void)npp;
    return CALL(object, NP_CLASS_STRUCT_VERSION_CTOR, construct, (object, args, count, result));
}

bool host_getproperty(NPP npp, NPObject *object, NPIdentifier name, NPVariant *result)
{
    (void)npp;
    return CALL(object, 1, getProperty, (object, name, result));
}

bool host_setproperty(NPP npp, NPObject *object, NPIdentifier name, const NPVariant *value)
{
    (void)npp;
    return CALL(object, 1, setProperty, (object, name, value));
}

bool host_removeproperty(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    return CALL(object, 1, removeProperty, (object, name));
}

bool host_hasproperty(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    return CALL(object, 1, hasProperty, (object, name));
}

bool host_hasmethod(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    return CALL(object, 1, hasMethod, (object, name));
}

bool host_enumerate(NPP npp, NPObject *object, NPIdentifier **names, uint32_t *count)
{
    (void)npp;
    return CALL(object, NP_CLASS_STRUCT_VERSION_ENUM, enumerate, (object, names, count));
}

/* A script runs whatever there is to run. */
bool host_evaluate(NPP npp, NPObject *object, NPString *script, NPVariant *result)
{
    instance_of(npp);
    (void)object;
    if (memchr(script->UTF8Characters, '?', script->UTF8Length) == NULL)
        host_fail("a script that is not the plug-in's");
    for (uint32_t steps = host_below(4); steps > 0; steps--)
        host_step();
    if (host_one_in(8))
        return false;
    *result = variant_any();
    if (result->type == NPVariantType_Object)
        object_given(result->value.objectValue);
    return true;
}

void host_setexception(NPObject *object, const NPUTF8 *message)
{
    static char last[64];

    (void)object;
    strncpy(last, message, sizeof last - 1);
}
