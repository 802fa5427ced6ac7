/* tests/contract/acts_class.c - the acting plug-in's classes of objects */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "tests/contract/acts.h"

/* One that belongs to an instance, found by the NPP at the time of the call. */
struct scriptable {
    NPObject header;
    NPP npp;
    unsigned serial;
};

/* After NPP_Destroy, when the page still has the object, there is only whose it was. */
static struct acts_instance *instance_of(NPObject *object)
{
    static struct acts_instance gone;
    const struct scriptable *own = (struct scriptable *)object;
    if (own->npp != NULL && own->npp->pdata != NULL)
        return own->npp->pdata;
    gone.serial = own->serial;
    return &gone;
}

static NPObject *class_allocate(NPP npp, NPClass *class)
{
    (void)class;
    struct scriptable *object = calloc(1, sizeof *object);
    object->npp = npp;
    if (npp != NULL && npp->pdata != NULL)
        object->serial = ((struct acts_instance *)npp->pdata)->serial;
    return &object->header;
}

static void class_deallocate(NPObject *object)
{
    free(object);
}

void acts_forget(NPObject *object)
{
    ((struct scriptable *)object)->npp = NULL;
}

static bool class_hasmethod(NPObject *object, NPIdentifier name)
{
    NPVariant nothing;
    struct act_call call = acts_call(instance_of(object), &nothing);
    call.name = name;
    acts_run(ACTS_HAS, &call);
    return acts_find(name) != NULL && !acts_is_property(call.instance, name);
}

static bool run_named(NPIdentifier name, struct act_call *call, const char *entry)
{
    const struct act *act = acts_find(name);
    if (act == NULL)
        return false;
    acts_run_one(act, call, entry);
    return call->returns;
}

static bool class_invoke(NPObject *object, NPIdentifier name, const NPVariant *args, uint32_t count,
                         NPVariant *result)
{
    struct act_call call = acts_call(instance_of(object), result);
    call.arguments = args;
    call.argument_count = count;
    return run_named(name, &call, __func__);
}

static bool run_phase(enum acts_phase phase, NPObject *object, const NPVariant *args,
                      uint32_t count, NPVariant *result)
{
    struct act_call call = acts_call(instance_of(object), result);
    call.arguments = args;
    call.argument_count = count;
    return acts_run(phase, &call) && call.returns;
}

static bool class_invokedefault(NPObject *object, const NPVariant *args, uint32_t count,
                                NPVariant *result)
{
    return run_phase(ACTS_APPLY, object, args, count, result);
}

static bool class_construct(NPObject *object, const NPVariant *args, uint32_t count,
                            NPVariant *result)
{
    return run_phase(ACTS_CONSTRUCT, object, args, count, result);
}

static bool class_hasproperty(NPObject *object, NPIdentifier name)
{
    return acts_is_property(instance_of(object), name);
}

static bool class_getproperty(NPObject *object, NPIdentifier name, NPVariant *result)
{
    struct act_call call = acts_call(instance_of(object), result);
    return run_named(name, &call, __func__);
}

static bool class_setproperty(NPObject *object, NPIdentifier name, const NPVariant *value)
{
    NPVariant nothing;
    struct act_call call = acts_call(instance_of(object), &nothing);
    call.arguments = value;
    call.argument_count = 1;
    return run_named(name, &call, __func__);
}

static bool class_enumerate(NPObject *object, NPIdentifier **ret_names, uint32_t *ret_count)
{
    NPVariant nothing;
    struct act_call call = acts_call(instance_of(object), &nothing);
    call.names = ret_names;
    call.name_count = ret_count;
    return acts_run(ACTS_NAMES, &call) && call.returns;
}

NPClass acts_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .allocate = class_allocate,
    .deallocate = class_deallocate,
    .invalidate = acts_forget,
    .hasMethod = class_hasmethod,
    .invoke = class_invoke,
    .invokeDefault = class_invokedefault,
    .hasProperty = class_hasproperty,
    .getProperty = class_getproperty,
    .setProperty = class_setproperty,
    .enumerate = class_enumerate,
    .construct = class_construct,
};

NPClass acts_plain_class = {.structVersion = NP_CLASS_STRUCT_VERSION_CTOR};

NPObject *acts_scriptable(struct acts_instance *instance)
{
    if (instance->object == NULL)
        instance->object = browser.createobject(instance->npp, &acts_class);
    if (instance->object == NULL || instance->object->_class != &acts_class)
        acts_fail("no object");
    return instance->object;
}

NPObject *acts_window(struct act_call *call)
{
    NPObject *window = NULL;
    browser.getvalue(call->instance->npp, NPNVWindowNPObject, &window);
    if (window == NULL)
        acts_fail("no window");
    return window;
}
