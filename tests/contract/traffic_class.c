/* tests/contract/traffic_class.c - the random plug-in's classes of objects */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

/* An object of an instance; when that is over, or has told nobody, of none. */
struct thing {
    NPObject header;
    struct instance *me;
    struct thing *next, **place; /* in the instance's list */
};

static struct instance *owner(const NPObject *object)
{
    struct instance *me = ((const struct thing *)object)->me;

    return me != NULL ? me : &traffic_module;
}

static void begin(struct thing *thing, struct instance *me)
{
    memset(thing, 0, sizeof *thing);
    thing->me = me;
    thing->place = &me->things;
    thing->next = me->things;
    if (thing->next != NULL)
        thing->next->place = &thing->next;
    me->things = thing;
}

static void lose_owner(NPObject *object)
{
    struct thing *thing = (struct thing *)object;

    if (thing->me == NULL)
        return;
    *thing->place = thing->next;
    if (thing->next != NULL)
        thing->next->place = thing->place;
    thing->me = NULL;
}

void class_owner_ends(struct instance *me)
{
    while (me->things != NULL)
        lose_owner(&me->things->header);
}

/* ---- life ------------------------------------------------------------------------------------ */

static NPObject *allocate_npn(NPP npp, NPClass *class)
{
    struct thing *thing = mem_alloc(sizeof *thing);

    (void)class;
    count("allocate");
    begin(thing, npp->pdata);
    return &thing->header;
}

static void deallocate_npn(NPObject *object)
{
    count("deallocate");
    lose_owner(object);
    mem_free(mem_alloc(mem_size()));
    mem_free(object);
}

static NPObject *allocate_heap(NPP npp, NPClass *class)
{
    struct thing *thing = malloc(sizeof *thing);

    (void)class;
    count("allocate");
    begin(thing, npp->pdata);
    mem_free(mem_alloc(mem_size()));
    return &thing->header;
}

static void deallocate_heap(NPObject *object)
{
    count("deallocate");
    lose_owner(object);
    free(object);
}

/* The browser frees it, which tells nobody. */
static NPObject *allocate_only(NPP npp, NPClass *class)
{
    struct thing *thing = mem_alloc(sizeof *thing);

    (void)npp, (void)class;
    count_handed(thing);
    memset(thing, 0, sizeof *thing);
    return &thing->header;
}

static void invalidate(NPObject *object)
{
    struct instance *me = owner(object);

    count("invalidate");
    enter(me);
    lose_owner(object);
    mem_free(mem_alloc(mem_size()));
    leave(me);
}

/* ---- answers --------------------------------------------------------------------------------- */

static NPVariant variant_object(NPObject *object)
{
    return (NPVariant){.type = NPVariantType_Object, .value.objectValue = object};
}

static NPVariant copy_of(const NPVariant *from)
{
    NPVariant copy = *from;

    if (copy.type == NPVariantType_Object)
        npn_retainobject(copy.value.objectValue);
    if (copy.type == NPVariantType_String) {
        const NPString *string = &from->value.stringValue;
        char *bytes = mem_alloc(string->UTF8Length);
        if (string->UTF8Length != 0)
            memcpy(bytes, string->UTF8Characters, string->UTF8Length);
        copy.value.stringValue.UTF8Characters = bytes;
    }
    return copy;
}

/* What the page has, given on as it came. */
static NPVariant passed_on(struct instance *me)
{
    NPVariant result = {.type = NPVariantType_Null};
    NPObject *object = some_object(me);

    if (!npn_getproperty(me->npp, object, some_identifier(), &result))
        result.type = NPVariantType_Null;
    else if (result.type == NPVariantType_String)
        count_received(result.value.stringValue.UTF8Characters);
    npn_releaseobject(object);
    return result;
}

static NPVariant some_answer(struct instance *me, NPObject *object, const NPVariant *args,
                             uint32_t count)
{
    NPVariant number = {.type = NPVariantType_Int32, .value.intValue = 4};

    switch (below(8)) {
    case 0:
    case 1:
        return some_text();
    case 2:
        return variant_object(npn_retainobject(object));
    case 3:
        return me->npp != NULL ? variant_object(class_object(me)) : number;
    case 4:
    case 5:
        return count > 0 ? copy_of(&args[below(count)]) : some_variant(me);
    case 6:
        return me->npp != NULL ? passed_on(me) : number;
    default:
        return number;
    }
}

static bool answer(const char *name, NPObject *object, const NPVariant *args, uint32_t arg_count,
                   NPVariant *result)
{
    struct instance *me = owner(object);

    count(name);
    enter(me);
    acts_some(me, 3);
    bool done = !one_in(5);
    if (done)
        *result = some_answer(me, object, args, arg_count);
    else if (one_in(2))
        *result = (NPVariant){.type = NPVariantType_Int32};
    if (done && result->type == NPVariantType_String)
        count_handed(result->value.stringValue.UTF8Characters);
    leave(me);
    return done;
}

static bool invoke(NPObject *object, NPIdentifier name, const NPVariant *args, uint32_t count,
                   NPVariant *result)
{
    (void)name;
    return answer("invoke", object, args, count, result);
}

static bool invoke_default(NPObject *object, const NPVariant *args, uint32_t count,
                           NPVariant *result)
{
    return answer("invokeDefault", object, args, count, result);
}

static bool construct(NPObject *object, const NPVariant *args, uint32_t count, NPVariant *result)
{
    return answer("construct", object, args, count, result);
}

static bool get_property(NPObject *object, NPIdentifier name, NPVariant *result)
{
    (void)name;
    return answer("getProperty", object, NULL, 0, result);
}

static bool ask(const char *what, const NPObject *object)
{
    struct instance *me = owner(object);

    count(what);
    enter(me);
    acts_some(me, 2);
    leave(me);
    return one_in(2);
}

static bool has_method(NPObject *object, NPIdentifier name)
{
    if (npn_identifierisstring(name)) {
        NPUTF8 *text = npn_utf8fromidentifier(name);
        count_received(text);
        mem_free(text);
    }
    return ask("hasMethod", object);
}

static bool has_property(NPObject *object, NPIdentifier name)
{
    (void)name;
    return ask("hasProperty", object);
}

static bool remove_property(NPObject *object, NPIdentifier name)
{
    (void)name;
    return ask("removeProperty", object);
}

/* The value stays the browser's. */
static bool set_property(NPObject *object, NPIdentifier name, const NPVariant *value)
{
    struct instance *me = owner(object);
    NPVariant copy = copy_of(value);

    (void)name;
    count("setProperty");
    enter(me);
    acts_some(me, 2);
    keep_variant(me, &copy);
    leave(me);
    return one_in(2);
}

static bool enumerate(NPObject *object, NPIdentifier **ret_names, uint32_t *ret_count)
{
    const uint32_t names = below(5);

    if (!ask("enumerate", object))
        return false;
    *ret_names = names != 0 || one_in(2) ? mem_alloc(names * sizeof **ret_names) : NULL;
    for (uint32_t i = 0; i < names; i++)
        (*ret_names)[i] = some_identifier();
    count_handed(*ret_names);
    *ret_count = names;
    return true;
}

/* ---- classes --------------------------------------------------------------------------------- */

#define FUNCTIONS                                                                                  \
    .hasMethod = has_method, .invoke = invoke, .invokeDefault = invoke_default,                    \
    .hasProperty = has_property, .getProperty = get_property, .setProperty = set_property,         \
    .removeProperty = remove_property, .enumerate = enumerate, .construct = construct

static NPClass class_npn = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .allocate = allocate_npn,
    .deallocate = deallocate_npn,
    .invalidate = invalidate,
    FUNCTIONS,
};

/* In memory that cannot be written. */
static const NPClass class_constant = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .allocate = allocate_heap,
    .deallocate = deallocate_heap,
    .invalidate = invalidate,
    FUNCTIONS,
};

static NPClass class_allocates = {
    .structVersion = NP_CLASS_STRUCT_VERSION_ENUM,
    .allocate = allocate_only,
    FUNCTIONS,
};

static NPClass class_plain = {.structVersion = 1};

static NPClass *class_made; /* of malloc's memory, between NP_Initialize and NP_Shutdown */

void classes_begin(void)
{
    class_made = malloc(sizeof *class_made);
    *class_made = class_constant;
}

void classes_end(void)
{
    free(class_made);
    class_made = NULL;
}

NPObject *class_object(struct instance *me)
{
    NPClass *classes[] = {&class_npn,       &class_npn,   (NPClass *)(uintptr_t)&class_constant,
                          &class_allocates, &class_plain, class_made};
    NPObject *object = npn_createobject(me->npp, classes[below(6)]);

    if (object == NULL || object->referenceCount != 1)
        traffic_fail("no object");
    return object;
}
