/* tests/shim/class_plugin.c: a plug-in whose NPClass lies where $NPNCLASS says. */
/* SPDX-License-Identifier: MIT */

/*
 *     static   writable data
 *     const    read-only data
 *     heap     heap memory that is kept for ever
 *     own      heap memory of each object
 *     copied   heap memory, copied from a class of which there is an object already
 *     sealed   memory that nobody can make writable
 *     shared   a library's writable data, $NPNCLASS_LIBRARY (class_shared.c)
 *
 * Its scriptable object is a new one each time. Methods answer with a string of the browser's
 * memory: `hello`, `false` (and return false), `direct` (after the plug-in itself has asked its
 * object, and released the answer), `argument` (after it has freed the caller's string). NPP_New
 * frees the value of the first attribute, if there is one.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/shim/class_shared.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *given, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);

static NPNetscapeFuncs *table;
static void *library;

static bool answer(const char *text, NPVariant *result)
{
    const uint32_t length = (uint32_t)strlen(text);
    char *characters = table->memalloc(length);
    memcpy(characters, text, length);
    result->type = NPVariantType_String;
    result->value.stringValue = (NPString){characters, length};
    return true;
}

static bool is_named(NPIdentifier name, const char *text)
{
    return table->getstringidentifier(text) == name;
}

static bool object_invoke(NPObject *object, NPIdentifier name, const NPVariant *args,
                          uint32_t count, NPVariant *result)
{
    if (is_named(name, "false"))
        return !answer("false", result);
    if (is_named(name, "argument") && count > 0)
        table->memfree((void *)args[0].value.stringValue.UTF8Characters);
    if (is_named(name, "direct")) {
        NPVariant own = {.type = NPVariantType_Void};
        if (object->_class->invoke(object, table->getstringidentifier("hello"), NULL, 0, &own))
            table->memfree((void *)own.value.stringValue.UTF8Characters);
    }
    return answer("hello", result);
}

static bool object_construct(NPObject *object, const NPVariant *args, uint32_t count,
                             NPVariant *result)
{
    (void)object, (void)args, (void)count;
    return answer("constructed", result);
}

static bool object_getproperty(NPObject *object, NPIdentifier name, NPVariant *result)
{
    (void)object, (void)name;
    return answer("value", result);
}

static bool object_enumerate(NPObject *object, NPIdentifier **names, uint32_t *count)
{
    (void)object;
    *names = table->memalloc(sizeof **names);
    **names = table->getstringidentifier("hello");
    *count = 1;
    return true;
}

static NPObject *object_allocate(NPP npp, NPClass *class)
{
    (void)npp, (void)class;
    return calloc(1, sizeof(struct shared_object));
}

static void object_deallocate(NPObject *object)
{
    if (((struct shared_object *)object)->owns_class)
        free(object->_class);
    free(object);
}

static bool object_hasmethod(NPObject *object, NPIdentifier name)
{
    (void)object, (void)name;
    return true;
}

#define FUNCTIONS                                                                                  \
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR, .allocate = object_allocate,                    \
    .deallocate = object_deallocate, .hasMethod = object_hasmethod, .invoke = object_invoke,       \
    .getProperty = object_getproperty, .enumerate = object_enumerate,                              \
    .construct = object_construct

static NPClass static_class = {FUNCTIONS};
static const NPClass const_class = {FUNCTIONS};

static NPClass *in_heap(const NPClass *from)
{
    return memcpy(malloc(sizeof *from), from, sizeof *from);
}

static NPClass *copied(NPP npp)
{
    static NPClass *copy;
    if (copy == NULL) {
        table->releaseobject(table->createobject(npp, &static_class));
        copy = in_heap(&static_class);
    }
    return copy;
}

/* A file that was opened for reading. */
static NPClass *sealed(void)
{
    char path[32];
    const int file = memfd_create("class", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const int reader = open(path, O_RDONLY | O_CLOEXEC);
    if (write(file, &const_class, sizeof const_class) != (ssize_t)sizeof const_class)
        abort();
    NPClass *class = mmap(NULL, sizeof *class, PROT_READ, MAP_SHARED, reader, 0);
    close(reader);
    close(file);
    return class != MAP_FAILED ? class : NULL;
}

static NPClass *of_library(void)
{
    if (library == NULL)
        library = dlopen(getenv("NPNCLASS_LIBRARY"), RTLD_NOW);
    return dlsym(library, "shared_class");
}

static NPClass *class_wanted(NPP npp, const char *where)
{
    static NPClass *heap_class;
    if (strcmp(where, "const") == 0)
        return (NPClass *)&const_class;
    if (strcmp(where, "own") == 0)
        return in_heap(&static_class);
    if (strcmp(where, "copied") == 0)
        return copied(npp);
    if (strcmp(where, "sealed") == 0)
        return sealed();
    if (strcmp(where, "shared") == 0)
        return of_library();
    if (strcmp(where, "heap") != 0)
        return &static_class;
    if (heap_class == NULL)
        heap_class = in_heap(&const_class);
    return heap_class;
}

static NPError npp_getvalue(NPP npp, NPPVariable variable, void *value)
{
    const char *where = getenv("NPNCLASS");
    if (variable != NPPVpluginScriptableNPObject || where == NULL)
        return NPERR_GENERIC_ERROR;
    struct shared_object *object =
        (struct shared_object *)table->createobject(npp, class_wanted(npp, where));
    object->invoke = object_invoke;
    object->owns_class = strcmp(where, "own") == 0;
    *(NPObject **)value = &object->header;
    return NPERR_NO_ERROR;
}

static NPError npp_new(NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                       char *argv[], NPSavedData *saved)
{
    (void)type, (void)npp, (void)mode, (void)argn, (void)saved;
    if (argc > 0)
        table->memfree(argv[0]);
    return NPERR_NO_ERROR;
}

static NPError npp_destroy(NPP npp, NPSavedData **save)
{
    (void)npp, (void)save;
    return NPERR_NO_ERROR;
}

NPError NP_Initialize(NPNetscapeFuncs *given, NPPluginFuncs *functions)
{
    table = given;
    functions->newp = npp_new;
    functions->destroy = npp_destroy;
    functions->getvalue = npp_getvalue;
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    if (library != NULL)
        dlclose(library);
    library = NULL;
    return NPERR_NO_ERROR;
}
