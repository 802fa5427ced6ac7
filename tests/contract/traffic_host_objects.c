/* tests/contract/traffic_host_objects.c - the random host's identifiers, objects and variants */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic_host.h"

/* ---- identifiers: for ever, few -------------------------------------------------------------- */

enum { IDENTIFIERS = 512 };

static struct identifier {
    char name[32]; /* "": a number */
    int32_t number;
} identifiers[IDENTIFIERS];
static uint32_t identifier_count;

static NPIdentifier add_identifier(const char *name, int32_t number)
{
    for (uint32_t i = 0; i < identifier_count; i++)
        if (strcmp(identifiers[i].name, name) == 0 && identifiers[i].number == number)
            return &identifiers[i];
    if (identifier_count == IDENTIFIERS || strlen(name) >= sizeof identifiers[0].name)
        host_fail("too many identifiers");
    strcpy(identifiers[identifier_count].name, name);
    identifiers[identifier_count].number = number;
    return &identifiers[identifier_count++];
}

NPIdentifier identifier_of(const char *name)
{
    return add_identifier(name, 0);
}

NPIdentifier identifier_any(void)
{
    if (identifier_count == 0)
        return identifier_of("any");
    return &identifiers[host_below(identifier_count)];
}

const char *identifier_name(NPIdentifier identifier)
{
    const struct identifier *known = identifier;

    return known->name[0] != '\0' ? known->name : NULL;
}

NPIdentifier host_getstringidentifier(const NPUTF8 *name)
{
    return identifier_of(name);
}

void host_getstringidentifiers(const NPUTF8 **names, int32_t count, NPIdentifier *list)
{
    for (int32_t i = 0; i < count; i++)
        list[i] = identifier_of(names[i]);
}

NPIdentifier host_getintidentifier(int32_t number)
{
    return add_identifier("", number);
}

bool host_identifierisstring(NPIdentifier identifier)
{
    return identifier_name(identifier) != NULL;
}

NPUTF8 *host_utf8fromidentifier(NPIdentifier identifier)
{
    const char *name = identifier_name(identifier);

    return name != NULL ? host_text(name) : NULL;
}

int32_t host_intfromidentifier(NPIdentifier identifier)
{
    return ((struct identifier *)identifier)->number;
}

/* ---- objects --------------------------------------------------------------------------------- */

/* What the host knows of each: whose it is, and how many references are the host's own. */
static struct known {
    NPObject *object;
    uint64_t owner; /* serial of the instance, 0: the page */
    uint32_t own;
    int busy; /* calls of it under way */
} known[HOST_OBJECTS];
static int known_count;

static struct known *find(const NPObject *object)
{
    for (int i = 0; i < known_count; i++)
        if (known[i].object == object)
            return &known[i];
    host_fail("an object that there is not");
}

long object_count(void)
{
    return known_count;
}

NPObject *object_create(struct host_instance *instance, NPClass *class)
{
    const uint64_t owner = instance != NULL ? instance->serial : 0;
    NPObject *object = class->allocate != NULL
                           ? class->allocate(instance != NULL ? &instance->npp : NULL, class)
                           : host_alloc(sizeof *object);

    if (object == NULL || known_count == HOST_OBJECTS)
        host_fail("no object");
    object->_class = class;
    object->referenceCount = 1;
    known[known_count++] = (struct known){.object = object, .owner = owner};
    return object;
}

static void end_object(NPObject *object)
{
    struct known *k = find(object);

    *k = known[--known_count];
    if (object->_class->deallocate != NULL)
        object->_class->deallocate(object);
    else
        host_free(object);
}

static void release(NPObject *object)
{
    find(object);
    if (object->referenceCount == 0)
        host_fail("an object is released too often");
    if (--object->referenceCount == 0)
        end_object(object);
}

void object_taken_over(NPObject *object)
{
    find(object)->own++;
}

void object_given(NPObject *object)
{
    struct known *k = find(object);

    if (k->own == 0)
        host_fail("the host gave a reference that it has not");
    k->own--;
}

void object_take(NPObject *object)
{
    object->referenceCount++;
    object_taken_over(object);
}

void object_drop(NPObject *object)
{
    object_given(object);
    release(object);
}

void object_busy(NPObject *object, int step)
{
    find(object)->busy += step;
}

/* Some browsers end what is left of an instance, whatever the count; here, if only the page has it.
 */
static bool end_by_force(struct known *k)
{
    NPObject *object = k->object;

    if (object->_class->invalidate != NULL)
        object->_class->invalidate(object);
    k = find(object);
    k->owner = 0;
    return k->busy == 0 && k->own == object->referenceCount;
}

void object_owner_ends(uint64_t serial)
{
    for (int i = 0; i < known_count; i++) {
        struct known *k = &known[i];
        if (k->owner != serial)
            continue;
        if (!host_options.invalidate) {
            k->owner = 0;
            continue;
        }
        NPObject *object = k->object;
        if (end_by_force(k)) {
            page_lose(object);
            end_object(object);
        }
        i = -1; /* the list has changed */
    }
}

NPObject *host_createobject(NPP npp, NPClass *class)
{
    return object_create(instance_of(npp), class);
}

NPObject *host_retainobject(NPObject *object)
{
    find(object);
    object->referenceCount++;
    return object;
}

void host_releaseobject(NPObject *object)
{
    release(object);
}

/* ---- variants -------------------------------------------------------------------------------- */

void host_releasevariantvalue(NPVariant *variant)
{
    if (variant->type == NPVariantType_String)
        host_free((void *)variant->value.stringValue.UTF8Characters);
    else if (variant->type == NPVariantType_Object)
        release(variant->value.objectValue);
    variant->type = NPVariantType_Void;
}

void variant_end(NPVariant *variant)
{
    if (variant->type == NPVariantType_Object)
        object_given(variant->value.objectValue);
    host_releasevariantvalue(variant);
}

/* Counted, without a NUL. */
NPVariant variant_text(const char *text)
{
    NPVariant variant = {.type = NPVariantType_String};
    const uint32_t length = (uint32_t)strlen(text);

    variant.value.stringValue = (NPString){
        .UTF8Characters = memcpy(host_alloc(length), text, length), .UTF8Length = length};
    return variant;
}

/* An object comes with a reference of the host's. */
NPVariant variant_any(void)
{
    NPVariant variant = {.type = NPVariantType_Int32, .value.intValue = (int32_t)host_below(100)};

    switch (host_below(7)) {
    case 0:
        variant.type = NPVariantType_Void;
        return variant;
    case 1:
        variant.type = NPVariantType_Double;
        variant.value.doubleValue = 0.5;
        return variant;
    case 2:
        variant.type = NPVariantType_Bool;
        variant.value.boolValue = true;
        return variant;
    case 3:
        return variant_text("a text of the page's");
    case 4:
        return variant_text("");
    case 5:
        variant.type = NPVariantType_Object;
        variant.value.objectValue = page_object();
        object_take(variant.value.objectValue);
        return variant;
    default:
        return variant;
    }
}
