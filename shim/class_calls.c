/* shim/class_calls.c - the host calls a function of a plug-in's NPClass */
/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "shim/classes.h"
#include "shim/handed.h"
#include "shim/instances.h"
#include "tracer/contract.h"
#include "tracer/npn.h"

#define FRAME ((uint64_t)(uintptr_t)__builtin_frame_address(0))
#define INLINED static inline __attribute__((always_inline)) /* so that the frame is the stub's */

/* One callback of the host. Arguments stay the host's. */
struct call {
    const NPClass *own;
    uint32_t token;
    struct handed_by by;
    NPVariant before; /* what stood in the result */
    struct contract_lent lent;
};

INLINED void enter(struct call *call, uint32_t set, uint32_t plugin, uint32_t instance)
{
    call->own = classes_own(set);
    call->by = (struct handed_by){.plugin = plugin, .address = __builtin_return_address(0)};
    call->token = npn_entry_push(plugin, instance, FRAME);
}

/* For the object's maker; a class may be shared by several plug-ins. */
INLINED void enter_object(struct call *call, uint32_t set, const NPObject *object)
{
    int kept_errno = errno;
    struct plugin *plugin = classes_plugin(set);
    uint32_t instance = instances_find_owner(object, &plugin);

    enter(call, set, plugin_id(plugin), instance);
    errno = kept_errno;
}

INLINED void enter_with_result(struct call *call, uint32_t set, const NPObject *object,
                               const NPVariant *args, uint32_t count, const NPVariant *result)
{
    enter_object(call, set, object);
    if (result != NULL)
        call->before = *result;
    call->lent = (struct contract_lent){
        .pointer = {args},
        .list = {{args != NULL ? &args->value : NULL, args != NULL ? count : 0, sizeof(*args)}},
    };
    contract_lend(call->token, &call->lent);
}

static void leave(const struct call *call)
{
    int kept_errno = errno;

    npn_entry_pop(call->token);
    errno = kept_errno;
}

static void leave_with_result(const struct call *call, const NPVariant *result, bool done)
{
    int kept_errno = errno;

    if (result != NULL)
        handed_result(&call->by, &call->before, result, done);
    npn_entry_pop(call->token);
    errno = kept_errno;
}

/* Inside createobject, whose entry says for whom: the class may be another plug-in's too. */
NPObject *class_allocate(uint32_t set, NPP npp, NPClass *type)
{
    int kept_errno = errno;
    uint32_t plugin, instance;
    struct call call;

    npn_entry_current(FRAME, &plugin, &instance);
    if (plugin == 0) {
        plugin = plugin_id(classes_plugin(set));
        instance = instances_find(classes_plugin(set), npp);
    }
    enter(&call, set, plugin, instance);
    errno = kept_errno;
    NPObject *object = call.own->allocate(npp, type);
    leave(&call);
    return object;
}

/* After it the address may be another object's at once. */
void class_deallocate(uint32_t set, NPObject *object)
{
    struct call call;

    enter_object(&call, set, object);
    int kept_errno = errno;
    instances_disown(object);
    handed_gone(&call.by, object);
    errno = kept_errno;
    call.own->deallocate(object);
    leave(&call);
}

void class_invalidate(uint32_t set, NPObject *object)
{
    struct call call;

    enter_object(&call, set, object);
    call.own->invalidate(object);
    leave(&call);
}

bool class_hasMethod(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call;

    enter_object(&call, set, object);
    bool has = call.own->hasMethod(object, name);
    leave(&call);
    return has;
}

bool class_invoke(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *args,
                  uint32_t count, NPVariant *result)
{
    struct call call;

    enter_with_result(&call, set, object, args, count, result);
    bool done = call.own->invoke(object, name, args, count, result);
    leave_with_result(&call, result, done);
    return done;
}

bool class_invokeDefault(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                         NPVariant *result)
{
    struct call call;

    enter_with_result(&call, set, object, args, count, result);
    bool done = call.own->invokeDefault(object, args, count, result);
    leave_with_result(&call, result, done);
    return done;
}

bool class_hasProperty(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call;

    enter_object(&call, set, object);
    bool has = call.own->hasProperty(object, name);
    leave(&call);
    return has;
}

bool class_getProperty(uint32_t set, NPObject *object, NPIdentifier name, NPVariant *result)
{
    struct call call;

    enter_with_result(&call, set, object, NULL, 0, result);
    bool done = call.own->getProperty(object, name, result);
    leave_with_result(&call, result, done);
    return done;
}

bool class_setProperty(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *value)
{
    struct call call;

    enter_with_result(&call, set, object, value, 1, NULL);
    bool done = call.own->setProperty(object, name, value);
    leave(&call);
    return done;
}

bool class_removeProperty(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call;

    enter_object(&call, set, object);
    bool done = call.own->removeProperty(object, name);
    leave(&call);
    return done;
}

bool class_enumerate(uint32_t set, NPObject *object, NPIdentifier **names, uint32_t *count)
{
    struct call call;

    enter_object(&call, set, object);
    const NPIdentifier *before = names != NULL ? *names : NULL;
    bool done = call.own->enumerate(object, names, count);
    int kept_errno = errno;
    if (done && names != NULL && count != NULL)
        handed_names(&call.by, before, *names, *count);
    errno = kept_errno;
    leave(&call);
    return done;
}

bool class_construct(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                     NPVariant *result)
{
    struct call call;

    enter_with_result(&call, set, object, args, count, result);
    bool done = call.own->construct(object, args, count, result);
    leave_with_result(&call, result, done);
    return done;
}
