/* tests/minihost/page.c: the mini-host's actions of a page that goes on after its plug-ins. */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/later.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/object.h"
#include "tests/minihost/scripting.h"

/* Objects that a variable of the page refers to, whatever becomes of their instance. */
enum { VARIABLES = 16 };
static struct variable {
    char name[16];
    NPObject *object;
} variables[VARIABLES];

static struct variable *variable_named(const char *name)
{
    for (int i = 0; i < VARIABLES; i++)
        if (strcmp(variables[i].name, name) == 0)
            return &variables[i];
    return NULL;
}

/* hold INSTANCE VARIABLE: the page keeps a reference to the instance's object */
static long act_hold(int count, char **words)
{
    (void)count;
    struct variable *free_place = variable_named("");
    if (free_place == NULL || strlen(words[2]) >= sizeof free_place->name)
        script_error("no room for a variable `%s'", words[2]);
    free_place->object = object_retain(scripting_object(instance_named(words[1])));
    strcpy(free_place->name, words[2]);
    return 0;
}

static struct variable *held(const char *name)
{
    struct variable *variable = variable_named(name);
    if (variable == NULL)
        script_error("there is no variable `%s'", name);
    return variable;
}

NPObject *page_variable(const char *word)
{
    char name[sizeof variables[0].name] = "";
    const size_t length = strcspn(word + 1, ">");
    if (length < sizeof name)
        memcpy(name, word + 1, length);
    return held(name)->object;
}

/* call VARIABLE METHOD [ARGUMENT...] */
static long act_call(int count, char **words)
{
    return scripting_invoke(held(words[1])->object, count - 2, words + 2);
}

/* letgo VARIABLE: as when scripts' garbage is collected */
static long act_letgo(int count, char **words)
{
    (void)count;
    struct variable *variable = held(words[1]);
    NPObject *object = variable->object;
    *variable = (struct variable){.object = NULL};
    object_release(object);
    return 0;
}

/* fetch INSTANCE: NPP_GetValue once more, whose reference is released at once */
static long act_fetch(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    NPObject *object = NULL;
    NPError error =
        instance->plugin->funcs->getvalue(&instance->npp, NPPVpluginScriptableNPObject, &object);
    if (error == NPERR_NO_ERROR && object != NULL)
        object_release(object);
    say("  object: %s (%d)", object != NULL ? "given" : "none", error);
    return error;
}

/* apply INSTANCE [ARGUMENT...]: the object called as a function */
static long act_apply(int count, char **words)
{
    NPObject *object = scripting_object(instance_named(words[1]));
    NPVariant arguments[HOST_WORDS], result = {.type = NPVariantType_Void};
    int n = scripting_arguments(count - 2, words + 2, arguments);
    bool done = object->_class->invokeDefault(object, arguments, (uint32_t)n, &result);
    scripting_arguments_end(n, arguments);
    return scripting_result("called", done, &result, FALSE_INVOKE);
}

/* construct INSTANCE [ARGUMENT...]: the object called by `new` */
static long act_construct(int count, char **words)
{
    NPObject *object = scripting_object(instance_named(words[1]));
    NPVariant arguments[HOST_WORDS], result = {.type = NPVariantType_Void};
    int n = scripting_arguments(count - 2, words + 2, arguments);
    bool done = object->_class->construct(object, arguments, (uint32_t)n, &result);
    scripting_arguments_end(n, arguments);
    return scripting_result("constructed", done, &result, FALSE_INVOKE);
}

/* One round of `for (x in plugin)`, which asks of each name what it is. */
static uint32_t enumerate_once(NPObject *object)
{
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    if (!object->_class->enumerate(object, &names, &count))
        return 0;
    for (uint32_t i = 0; i < count; i++)
        if (!object->_class->hasProperty(object, names[i]))
            object->_class->hasMethod(object, names[i]);
    memory_own_free(names);
    return count;
}

/* forin INSTANCE [TIMES]: `for (x in plugin)` */
static long act_forin(int count, char **words)
{
    NPObject *object = scripting_object(instance_named(words[1]));
    long names = 0;
    for (int times = count > 2 ? atoi(words[2]) : 1; times > 0; times--)
        names += enumerate_once(object);
    say("  %ld names", names);
    return names;
}

/* notify: NPP_URLNotify for each address that was asked for */
static long act_notify(int count, char **words)
{
    (void)count, (void)words;
    return later_tell();
}

const struct action page_actions[] = {
    {"hold", "INSTANCE VARIABLE", 2, act_hold},
    {"call", "VARIABLE METHOD [ARGUMENT...]", 2, act_call},
    {"letgo", "VARIABLE", 1, act_letgo},
    {"fetch", "INSTANCE", 1, act_fetch},
    {"apply", "INSTANCE [ARGUMENT...]", 1, act_apply},
    {"construct", "INSTANCE [ARGUMENT...]", 1, act_construct},
    {"forin", "INSTANCE [TIMES]", 1, act_forin},
    {"notify", "", 0, act_notify},
    {NULL, NULL, 0, NULL},
};
