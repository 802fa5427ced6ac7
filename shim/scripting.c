/* shim/scripting.c - calls about objects and variants */
/* SPDX-License-Identifier: MIT */

#include "shim/check.h"
#include "shim/received.h"
#include "shim/table_gates.h"
#include "tracer/objects.h"

/* What came out of a call is the plug-in's if it returned true; false leaves nothing behind. */
static void received_result(const struct hostcall *call, NPP npp, bool done,
                            const NPVariant *result)
{
    if (!done || result == NULL)
        return;
    if (result->type == NPVariantType_String)
        received_block(call, npp, result->value.stringValue.UTF8Characters,
                       result->value.stringValue.UTF8Length, NPN_ORIGIN_VARIANT);
    else if (result->type == NPVariantType_Object)
        received_object(call, npp, result->value.objectValue, OBJECT_RESULT);
}

bool gate_npn_invoke(uintptr_t who, NPP npp, NPObject *object, NPIdentifier name,
                     const NPVariant *args, uint32_t count, NPVariant *result)
{
    struct hostcall call = HOSTCALLS_ENTER(invoke);
    bool done = call.plugin->host.invoke(npp, object, name, args, count, result);

    hostcalls_leave(&call);
    received_result(&call, npp, done, result);
    return done;
}

bool gate_npn_invokeDefault(uintptr_t who, NPP npp, NPObject *object, const NPVariant *args,
                            uint32_t count, NPVariant *result)
{
    struct hostcall call = HOSTCALLS_ENTER(invokeDefault);
    bool done = call.plugin->host.invokeDefault(npp, object, args, count, result);

    hostcalls_leave(&call);
    received_result(&call, npp, done, result);
    return done;
}

bool gate_npn_evaluate(uintptr_t who, NPP npp, NPObject *object, NPString *script,
                       NPVariant *result)
{
    struct hostcall call = HOSTCALLS_ENTER(evaluate);
    bool done = call.plugin->host.evaluate(npp, object, script, result);

    hostcalls_leave(&call);
    received_result(&call, npp, done, result);
    return done;
}

bool gate_npn_getproperty(uintptr_t who, NPP npp, NPObject *object, NPIdentifier name,
                          NPVariant *result)
{
    struct hostcall call = HOSTCALLS_ENTER(getproperty);
    bool done = call.plugin->host.getproperty(npp, object, name, result);

    hostcalls_leave(&call);
    received_result(&call, npp, done, result);
    return done;
}

bool gate_npn_construct(uintptr_t who, NPP npp, NPObject *object, const NPVariant *args,
                        uint32_t count, NPVariant *result)
{
    struct hostcall call = HOSTCALLS_ENTER(construct);
    bool done = call.plugin->host.construct(npp, object, args, count, result);

    hostcalls_leave(&call);
    received_result(&call, npp, done, result);
    return done;
}

/* Hosts return the object, or NULL if they did nothing. */
NPObject *gate_npn_retainobject(uintptr_t who, NPObject *object)
{
    struct hostcall call = HOSTCALLS_ENTER(retainobject);
    NPObject *retained = call.plugin->host.retainobject(object);

    hostcalls_leave(&call);
    received_object(&call, NULL, retained, OBJECT_RETAINED);
    return retained;
}

/* The object may be gone after the host's call, and its address be another's. */
static void dropped(const struct hostcall *call, const NPObject *object, enum object_step step)
{
    int kept_errno = errno;

    if (object == NULL)
        return;
    struct npn_caller caller = hostcalls_caller(call);
    object_dropped(&caller, object, step);
    errno = kept_errno;
}

void gate_npn_releaseobject(uintptr_t who, NPObject *object)
{
    struct hostcall call = HOSTCALLS_BEGIN(releaseobject);

    dropped(&call, object, OBJECT_RELEASED);
    hostcalls_go(&call);
    call.plugin->host.releaseobject(object);
    hostcalls_leave(&call);
}

static void released_string(const struct hostcall *call, const NPString *string)
{
    int kept_errno = errno;

    if (string->UTF8Characters == NULL)
        return;
    struct npn_caller caller = hostcalls_caller(call);
    check_block(&caller, string->UTF8Characters);
    npn_released(&caller, string->UTF8Characters);
    errno = kept_errno;
}

/* Hosts make the variant void. */
void gate_npn_releasevariantvalue(uintptr_t who, NPVariant *variant)
{
    struct hostcall call = HOSTCALLS_BEGIN(releasevariantvalue);

    if (variant != NULL && variant->type == NPVariantType_String)
        released_string(&call, &variant->value.stringValue);
    else if (variant != NULL && variant->type == NPVariantType_Object)
        dropped(&call, variant->value.objectValue, OBJECT_VARIANT);
    hostcalls_go(&call);
    call.plugin->host.releasevariantvalue(variant);
    hostcalls_leave(&call);
}
