/* tests/minihost/object.c: identifiers, objects and variants of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/object.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/offthread.h"
#include "tests/minihost/script.h"
#include "tests/minihost/scripting.h"
#include "tests/minihost/table.h"

/* ---- identifiers ----------------------------------------------------------------------------- */

struct identifier {
    struct identifier *next;
    char *name; /* NULL for a number */
    int32_t number;
};

static struct identifier *identifiers;

static struct identifier *identifier_add(const char *name, int32_t number)
{
    struct identifier *added = malloc(sizeof *added);
    *added = (struct identifier){identifiers, name != NULL ? strdup(name) : NULL, number};
    return identifiers = added;
}

/* Host threads ask for the same names at once: a name must get one identifier only. */
static pthread_mutex_t identifier_lock = PTHREAD_MUTEX_INITIALIZER;

static struct identifier *find_identifier(const char *name, int32_t number)
{
    struct identifier *found = identifiers;

    while (found != NULL && (name != NULL ? found->name == NULL || strcmp(found->name, name) != 0
                                          : found->name != NULL || found->number != number))
        found = found->next;
    return found;
}

static NPIdentifier identifier_of(const char *name, int32_t number)
{
    pthread_mutex_lock(&identifier_lock);
    NPIdentifier identifier = find_identifier(name, number);
    if (identifier == NULL)
        identifier = identifier_add(name, number);
    pthread_mutex_unlock(&identifier_lock);
    return identifier;
}

NPIdentifier object_identifier(const char *name)
{
    return identifier_of(name, 0);
}

NPIdentifier object_int_identifier(int32_t value)
{
    return identifier_of(NULL, value);
}

const char *object_identifier_name(NPIdentifier identifier)
{
    return ((struct identifier *)identifier)->name;
}

static void npn_getstringidentifiers(const NPUTF8 **names, int32_t count, NPIdentifier *list)
{
    for (int32_t i = 0; i < count; i++)
        list[i] = object_identifier(names[i]);
}

static wide npn_identifierisstring(NPIdentifier identifier)
{
    return WIDE_BOOL(object_identifier_name(identifier) != NULL);
}

static NPUTF8 *npn_utf8fromidentifier(NPIdentifier identifier)
{
    const char *name = object_identifier_name(identifier);
    return name != NULL ? memory_own_string(name) : NULL;
}

static wide npn_intfromidentifier(NPIdentifier identifier)
{
    return WIDE_32(((struct identifier *)identifier)->number);
}

/* ---- objects --------------------------------------------------------------------------------- */

NPObject *object_create(NPP npp, NPClass *class)
{
    NPObject *object =
        class->allocate != NULL ? class->allocate(npp, class) : memory_own_alloc(sizeof *object);
    if (object == NULL)
        return NULL;
    object->_class = class;
    object->referenceCount = 1;
    return object;
}

NPObject *object_retain(NPObject *object)
{
    object->referenceCount++;
    return object;
}

static void object_deallocate(NPObject *object)
{
    if (object->_class->deallocate != NULL)
        object->_class->deallocate(object);
    else
        memory_own_free(object);
}

void object_release(NPObject *object)
{
    if (--object->referenceCount == 0)
        object_deallocate(object);
}

void object_end(NPObject *object)
{
    if (object->_class->invalidate != NULL)
        object->_class->invalidate(object);
    object_deallocate(object);
}

/* ---- the functions of the table -------------------------------------------------------------- */

static NPIdentifier npn_getstringidentifier(const NPUTF8 *name)
{
    offthread_check("NPN_GetStringIdentifier");
    return object_identifier(name);
}

static NPObject *npn_createobject(NPP npp, NPClass *class)
{
    return offthread_refuses("NPN_CreateObject") ? NULL : object_create(npp, class);
}

static NPObject *npn_retainobject(NPObject *object)
{
    offthread_check("NPN_RetainObject");
    return object_retain(object);
}

/* One browser leaves the object as it is. */
static void npn_releaseobject(NPObject *object)
{
    if (!offthread_refuses("NPN_ReleaseObject"))
        object_release(object);
}

static void npn_releasevariantvalue(NPVariant *variant)
{
    offthread_check("NPN_ReleaseVariantValue");
    variant_release(variant);
}

const struct slot object_slots[] = {
    SLOT(getstringidentifier, npn_getstringidentifier),
    SLOT(getstringidentifiers, npn_getstringidentifiers),
    SLOT(getintidentifier, object_int_identifier),
    SLOT(identifierisstring, npn_identifierisstring),
    SLOT(utf8fromidentifier, npn_utf8fromidentifier),
    SLOT(intfromidentifier, npn_intfromidentifier),
    SLOT(createobject, npn_createobject),
    SLOT(retainobject, npn_retainobject),
    SLOT(releaseobject, npn_releaseobject),
    SLOT(releasevariantvalue, npn_releasevariantvalue),
    {NULL, 0, NULL},
};

/* ---- variants -------------------------------------------------------------------------------- */

void variant_release(NPVariant *variant)
{
    if (variant->type == NPVariantType_String)
        memory_own_free((void *)variant->value.stringValue.UTF8Characters);
    else if (variant->type == NPVariantType_Object)
        object_release(variant->value.objectValue);
    variant->type = NPVariantType_Void;
}

NPVariant variant_string(const char *text)
{
    const uint32_t length = (uint32_t)strlen(text);
    NPVariant variant = {.type = NPVariantType_String};
    char *bytes = memory_own_alloc(length);
    memcpy(bytes, text, length);
    variant.value.stringValue = (NPString){bytes, length};
    return variant;
}

NPVariant variant_object(NPObject *object)
{
    return (NPVariant){.type = NPVariantType_Object, .value.objectValue = object};
}

void variant_print(const NPVariant *variant, char *text, size_t text_bytes)
{
    switch (variant->type) {
    case NPVariantType_Int32:
        snprintf(text, text_bytes, "%d", variant->value.intValue);
        break;
    case NPVariantType_Double:
        snprintf(text, text_bytes, "%g", variant->value.doubleValue);
        break;
    case NPVariantType_Bool:
        snprintf(text, text_bytes, "%s", variant->value.boolValue ? "true" : "false");
        break;
    case NPVariantType_String:
        snprintf(text, text_bytes, "'%.*s'", (int)variant->value.stringValue.UTF8Length,
                 variant->value.stringValue.UTF8Characters);
        break;
    case NPVariantType_Object:
        snprintf(text, text_bytes, "object");
        break;
    default:
        snprintf(text, text_bytes, variant->type == NPVariantType_Null ? "null" : "void");
    }
}

NPVariant variant_read(const char *word)
{
    char *end;
    const long number = strtol(word, &end, 0);
    NPVariant variant = {.type = NPVariantType_Int32, .value.intValue = (int32_t)number};
    if (*word != '\0' && *end == '\0') {
        if (number == (int32_t)number)
            return variant;
        variant.type = NPVariantType_Double;
        variant.value.doubleValue = (double)number;
    } else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        variant.type = NPVariantType_Bool;
        variant.value.boolValue = *word == 't';
    } else if (strcmp(word, "<window>") == 0) {
        variant = variant_object(script_window());
    } else if (*word == '<') {
        variant = variant_object(object_retain(page_variable(word)));
    } else {
        variant.type = NPVariantType_String;
        variant.value.stringValue = (NPString){word, (uint32_t)strlen(word)};
    }
    return variant;
}
