/* tests/contract/traffic_script.c - the random plug-in calls objects, its own and others' */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

enum { ARGUMENTS = 4 };

/* ---- what an instance keeps ------------------------------------------------------------------ */

void keep_object(struct instance *me, NPObject *object)
{
    NPObject **place = &me->objects[below(KEPT)], *old = *place;

    if (!me->keeps) {
        npn_releaseobject(object);
        return;
    }
    *place = object;
    if (old != NULL)
        npn_releaseobject(old);
}

void keep_variant(struct instance *me, NPVariant *variant)
{
    NPVariant *place = &me->variants[below(KEPT)], old = *place;

    if (!me->keeps) {
        npn_releasevariantvalue(variant);
        return;
    }
    *place = *variant;
    npn_releasevariantvalue(&old);
}

void script_end(struct instance *me)
{
    for (int i = 0; i < KEPT; i++) {
        NPObject *object = me->objects[i];
        me->objects[i] = NULL;
        if (object != NULL)
            npn_releaseobject(object);
        NPVariant variant = me->variants[i];
        me->variants[i].type = NPVariantType_Void;
        npn_releasevariantvalue(&variant);
    }
    NPObject *scriptable = me->scriptable;
    me->scriptable = NULL;
    if (scriptable != NULL)
        npn_releaseobject(scriptable);
}

/* ---- objects and values ---------------------------------------------------------------------- */

static NPObject *page(struct instance *me)
{
    NPObject *object = NULL;

    if (npn_getvalue(me->npp, one_in(2) ? NPNVWindowNPObject : NPNVPluginElementNPObject,
                     &object) != NPERR_NO_ERROR)
        traffic_fail("no window");
    return object;
}

NPObject *some_object(struct instance *me)
{
    NPObject *kept = me->objects[below(KEPT)];

    if (kept == NULL && me->npp == NULL)
        return NULL;
    if (kept != NULL)
        return npn_retainobject(kept);
    return one_in(3) ? class_object(me) : page(me);
}

/* Of memory of the browser's; one of no characters may have a block or none. */
NPVariant some_text(void)
{
    NPVariant variant = {.type = NPVariantType_String};
    const uint32_t length = one_in(6) ? 0 : mem_size();
    const bool none = length == 0 && one_in(2);

    variant.value.stringValue =
        (NPString){.UTF8Characters = none ? NULL : mem_alloc(length), .UTF8Length = length};
    return variant;
}

/* With what the caller is to release. */
NPVariant some_variant(struct instance *me)
{
    NPVariant variant = {.type = NPVariantType_Int32, .value.intValue = (int32_t)below(1000)};
    const uint32_t what = below(6);

    if (what == 0)
        return some_text();
    if (what == 1) {
        NPObject *object = some_object(me);
        variant.type = object != NULL ? NPVariantType_Object : NPVariantType_Null;
        variant.value.objectValue = object;
    } else if (what == 2) {
        variant.type = NPVariantType_Void;
    } else if (what == 3) {
        variant.type = NPVariantType_Double;
        variant.value.doubleValue = 1.5;
    }
    return variant;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void received(struct instance *me, bool done, NPVariant *result)
{
    if (!done)
        return;
    if (result->type == NPVariantType_String)
        count_received(result->value.stringValue.UTF8Characters);
    if (one_in(3))
        keep_variant(me, result);
    else if (result->type == NPVariantType_Object && one_in(2))
        keep_object(me, result->value.objectValue);
    else if (result->type == NPVariantType_Object && one_in(2))
        npn_releaseobject(result->value.objectValue);
    else
        npn_releasevariantvalue(result);
}

/* How: which of the functions that take arguments. */
static void call_with(struct instance *me, int how)
{
    NPVariant args[ARGUMENTS], result = {.type = NPVariantType_Void};
    const uint32_t count = below(ARGUMENTS + 1);
    NPObject *object = some_object(me);
    bool done;

    for (uint32_t i = 0; i < count; i++)
        args[i] = some_variant(me);
    if (how == 0)
        done = npn_invoke(me->npp, object, some_identifier(), args, count, &result);
    else if (how == 1)
        done = npn_invokeDefault(me->npp, object, args, count, &result);
    else
        done = npn_construct(me->npp, object, args, count, &result);
    for (uint32_t i = 0; i < count; i++)
        npn_releasevariantvalue(&args[i]);
    received(me, done, &result);
    npn_releaseobject(object);
}

static void invoke(struct instance *me)
{
    call_with(me, 0);
}

static void invoke_default(struct instance *me)
{
    call_with(me, 1);
}

static void construct(struct instance *me)
{
    call_with(me, 2);
}

static void get(struct instance *me)
{
    NPVariant result = {.type = NPVariantType_Void};
    NPObject *object = some_object(me);
    bool done = npn_getproperty(me->npp, object, some_identifier(), &result);

    received(me, done, &result);
    npn_releaseobject(object);
}

static void set(struct instance *me)
{
    NPObject *object = some_object(me);
    NPVariant value = some_variant(me);

    npn_setproperty(me->npp, object, some_identifier(), &value);
    npn_releasevariantvalue(&value);
    npn_releaseobject(object);
}

static void has(struct instance *me)
{
    NPObject *object = some_object(me);
    const uint32_t what = below(3);

    if (what == 0)
        npn_hasmethod(me->npp, object, some_identifier());
    else if (what == 1)
        npn_hasproperty(me->npp, object, some_identifier());
    else
        npn_removeproperty(me->npp, object, some_identifier());
    npn_releaseobject(object);
}

static void enumerate(struct instance *me)
{
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    NPObject *object = some_object(me);

    if (npn_enumerate(me->npp, object, &names, &count)) {
        count_received(names);
        for (uint32_t i = 0; i < count; i++)
            npn_identifierisstring(names[i]);
        mem_free(names);
    }
    npn_releaseobject(object);
}

static void evaluate(struct instance *me)
{
    NPVariant result = {.type = NPVariantType_Void};
    NPString script = {"what now?", 9};
    NPObject *object = page(me);
    bool done = npn_evaluate(me->npp, object, &script, &result);

    received(me, done, &result);
    npn_releaseobject(object);
}

static void make(struct instance *me)
{
    keep_object(me, class_object(me));
}

static void retain(struct instance *me)
{
    NPObject *object = some_object(me);

    for (uint32_t i = below(3); i > 0; i--)
        keep_object(me, npn_retainobject(object));
    npn_releaseobject(object);
}

static void complain(struct instance *me)
{
    NPObject *object = some_object(me);
    char text[] = "a complaint";

    npn_setexception(object, text);
    npn_releaseobject(object);
}

/* A value that the plug-in makes itself may be released like a result. */
static void own_value(struct instance *me)
{
    NPVariant value = some_variant(me);

    if (one_in(2))
        keep_variant(me, &value);
    else
        npn_releasevariantvalue(&value);
}

const struct act acts_script[] = {
    {invoke, 5, false},   {invoke_default, 3, false}, {construct, 2, false}, {get, 5, false},
    {set, 3, false},      {has, 4, false},            {enumerate, 3, false}, {evaluate, 4, false},
    {make, 3, false},     {retain, 3, false},         {complain, 1, false},  {own_value, 4, true},
    {NULL, 0, false},
};
