/* tests/shim/class_host.c: a host that looks closely at NPClass structures, action by action. */
/* SPDX-License-Identifier: MIT */

/*
 *     load N FILE      open a plug-in, NP_Initialize
 *     new N [VALUE]    NPP_New of its only instance, with an attribute or none
 *     object N M       fetch its scriptable object and keep it as object M
 *     invoke M NAME [TEXT]  print the answer and free it, without the browser's functions
 *     construct M, get M, names M
 *     release M
 *     again N          open the same file once more and close it
 *     unload N         NPP_Destroy, NP_Shutdown, dlclose
 *     slots M          print where the functions of object M's class lie, and whether the class's
 *                      memory may be written
 *
 * What is printed does not depend on addresses. Classes of objects are kept in mind, so `slots`
 * works for objects that are gone, as long as their class is readable.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/npapi.h"

enum { PLUGINS = 4, OBJECTS = 128, NAMES = 16 };

static struct {
    void *handle;
    const char *file;
    NPPluginFuncs functions;
    NP_ShutdownFunc shutdown;
    NPP_t npp;
} plugins[PLUGINS];

static struct {
    NPObject *object;
    NPClass *class;
    int plugin;
} objects[OBJECTS];

static char *names[NAMES];

static void fail(const char *what)
{
    fprintf(stderr, "class_host: %s\n", what);
    exit(2);
}

/* ---- the browser's functions --------------------------------------------------------------- */

static void *host_memalloc(uint32_t size)
{
    return malloc(size);
}

static void host_memfree(void *block)
{
    free(block);
}

static uint32_t host_memflush(uint32_t size)
{
    (void)size;
    return 0;
}

static NPIdentifier host_getstringidentifier(const NPUTF8 *name)
{
    int i = 0;
    while (i < NAMES && names[i] != NULL && strcmp(names[i], name) != 0)
        i++;
    if (i == NAMES)
        fail("too many names");
    if (names[i] == NULL)
        names[i] = strdup(name);
    return &names[i];
}

static NPObject *host_createobject(NPP npp, NPClass *class)
{
    NPObject *object =
        class->allocate != NULL ? class->allocate(npp, class) : malloc(sizeof *object);
    object->_class = class;
    object->referenceCount = 1;
    return object;
}

static NPObject *host_retainobject(NPObject *object)
{
    object->referenceCount++;
    return object;
}

static void host_releaseobject(NPObject *object)
{
    if (--object->referenceCount != 0)
        return;
    if (object->_class->deallocate != NULL)
        object->_class->deallocate(object);
    else
        free(object);
}

static void host_releasevariantvalue(NPVariant *variant)
{
    if (variant->type == NPVariantType_String)
        free((void *)variant->value.stringValue.UTF8Characters);
    else if (variant->type == NPVariantType_Object)
        host_releaseobject(variant->value.objectValue);
    variant->type = NPVariantType_Void;
}

static NPNetscapeFuncs table = {
    .size = sizeof table,
    .version = NP_VERSION_MINOR,
    .memalloc = host_memalloc,
    .memfree = host_memfree,
    .memflush = host_memflush,
    .getstringidentifier = host_getstringidentifier,
    .createobject = host_createobject,
    .retainobject = host_retainobject,
    .releaseobject = host_releaseobject,
    .releasevariantvalue = host_releasevariantvalue,
};

/* ---- actions ------------------------------------------------------------------------------- */

static int number(char **words, int n, int limit)
{
    const int value = words[n] != NULL ? atoi(words[n]) : -1;
    if (value < 0 || value >= limit)
        fail("a number is wrong or missing");
    return value;
}

static void act_load(char **words)
{
    const int n = number(words, 1, PLUGINS);
    plugins[n].file = words[2];
    plugins[n].handle = dlopen(words[2], RTLD_NOW);
    if (plugins[n].handle == NULL)
        fail(dlerror());
    NP_InitializeFunc initialize = (NP_InitializeFunc)dlsym(plugins[n].handle, "NP_Initialize");
    plugins[n].shutdown = (NP_ShutdownFunc)dlsym(plugins[n].handle, "NP_Shutdown");
    plugins[n].functions = (NPPluginFuncs){.size = sizeof plugins[n].functions};
    printf("NP_Initialize: %d\n", initialize(&table, &plugins[n].functions));
}

static void act_new(char **words)
{
    char type[] = "application/x-class";
    const int n = number(words, 1, PLUGINS);
    char name[] = "src", *argn[] = {name}, *argv[] = {words[2] != NULL ? strdup(words[2]) : NULL};
    printf("NPP_New: %d\n", plugins[n].functions.newp(type, &plugins[n].npp, NP_EMBED,
                                                      words[2] != NULL, argn, argv, NULL));
}

static void act_object(char **words)
{
    const int n = number(words, 1, PLUGINS), m = number(words, 2, OBJECTS);
    NPObject *object = NULL;
    const NPError error =
        plugins[n].functions.getvalue(&plugins[n].npp, NPPVpluginScriptableNPObject, &object);
    if (object == NULL)
        fail("no object");
    objects[m].object = object;
    objects[m].class = object->_class;
    objects[m].plugin = n;
    printf("object: %d, has a method: %d\n", error,
           object->_class->hasMethod(object, host_getstringidentifier("hello")));
}

static void print_and_free(const char *what, bool done, NPVariant *result)
{
    printf("%s: %s", what, done ? "" : "false, ");
    if (result->type != NPVariantType_String)
        printf("no string\n");
    else
        printf("%.*s\n", (int)result->value.stringValue.UTF8Length,
               result->value.stringValue.UTF8Characters);
    if (done)
        host_releasevariantvalue(result);
}

static void act_invoke(char **words)
{
    NPObject *object = objects[number(words, 1, OBJECTS)].object;
    NPVariant result = {.type = NPVariantType_Void}, argument = {.type = NPVariantType_Void};
    const uint32_t count = words[3] != NULL;
    if (count != 0) {
        argument.type = NPVariantType_String;
        argument.value.stringValue = (NPString){strdup(words[3]), (uint32_t)strlen(words[3])};
    }
    print_and_free(words[2],
                   object->_class->invoke(object, host_getstringidentifier(words[2]), &argument,
                                          count, &result),
                   &result);
}

static void act_construct(char **words)
{
    NPObject *object = objects[number(words, 1, OBJECTS)].object;
    NPVariant result = {.type = NPVariantType_Void};
    print_and_free(words[0], object->_class->construct(object, NULL, 0, &result), &result);
}

static void act_get(char **words)
{
    NPObject *object = objects[number(words, 1, OBJECTS)].object;
    NPVariant result = {.type = NPVariantType_Void};
    NPIdentifier name = host_getstringidentifier("property");
    print_and_free(words[0], object->_class->getProperty(object, name, &result), &result);
}

static void act_names(char **words)
{
    NPObject *object = objects[number(words, 1, OBJECTS)].object;
    NPIdentifier *list = NULL;
    uint32_t count = 0;
    printf("names: %d", object->_class->enumerate(object, &list, &count));
    for (uint32_t i = 0; i < count; i++)
        printf(" %s", *(char **)list[i]);
    printf("\n");
    free(list);
}

static void act_release(char **words)
{
    const int m = number(words, 1, OBJECTS);
    host_releaseobject(objects[m].object);
    objects[m].object = NULL;
}

static void act_again(char **words)
{
    void *handle = dlopen(plugins[number(words, 1, PLUGINS)].file, RTLD_NOW);
    printf("closed: %d\n", dlclose(handle));
}

static void act_unload(char **words)
{
    const int n = number(words, 1, PLUGINS);
    plugins[n].functions.destroy(&plugins[n].npp, NULL);
    printf("NP_Shutdown: %d", plugins[n].shutdown());
    printf(", closed: %d\n", dlclose(plugins[n].handle));
}

/* The permissions of the memory at address, as the system shows them; "" if there is none. */
static const char *permissions(const void *address)
{
    static char shown[5];
    char line[512];
    unsigned long start, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    bool found = false;
    while (!found && maps != NULL && fgets(line, sizeof line, maps) != NULL)
        found = sscanf(line, "%lx-%lx %4s", &start, &end, shown) == 3 &&
                (unsigned long)address >= start && (unsigned long)address < end;
    if (maps != NULL)
        fclose(maps);
    return found ? shown : "";
}

/* Heap memory or data of an object that is still there. */
static void act_slots(char **words)
{
    const NPClass *class = objects[number(words, 1, OBJECTS)].class;
    int nowhere = 0, somewhere = 0;
    if (*permissions(class) == '\0') {
        printf("slots: the class is gone\n");
        return;
    }
    for (size_t at = offsetof(NPClass, allocate); at < sizeof *class; at += sizeof(void *)) {
        void *function;
        memcpy(&function, (const char *)class + at, sizeof function);
        if (function != NULL)
            *(*permissions(function) != '\0' ? &somewhere : &nowhere) += 1;
    }
    printf("slots: %d lead somewhere, %d nowhere, memory %s\n", somewhere, nowhere,
           permissions(class));
}

static const struct {
    const char *name;
    void (*act)(char **words);
} actions[] = {
    {"load", act_load},           {"new", act_new},
    {"object", act_object},       {"invoke", act_invoke},
    {"construct", act_construct}, {"get", act_get},
    {"names", act_names},         {"release", act_release},
    {"again", act_again},         {"unload", act_unload},
    {"slots", act_slots},
};

static void run(char *action)
{
    char *words[8] = {NULL};
    int count = 0;
    for (char *word = strtok(action, " "); word != NULL && count < 7; word = strtok(NULL, " "))
        words[count++] = word;
    for (size_t i = 0; count > 0 && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].name, words[0]) == 0) {
            actions[i].act(words);
            return;
        }
    fail("no such action");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        printf("> %s\n", strstr(argv[i], "load ") == argv[i] ? "load" : argv[i]);
        run(argv[i]);
    }
    return 0;
}
