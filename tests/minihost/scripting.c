/* tests/minihost/scripting.c: the mini-host's actions with the scriptable objects of instances. */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/later.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/object.h"
#include "tests/minihost/options.h"
#include "tests/minihost/scripting.h"

enum { VALUE_BYTES = 2048 };

/* The instance's object, fetched when first needed and kept until the instance ends. */
NPObject *scripting_object(struct instance *instance)
{
    if (instance->object != NULL)
        return instance->object;
    NPError error = instance->plugin->funcs->getvalue(&instance->npp, NPPVpluginScriptableNPObject,
                                                      &instance->object);
    if (error != NPERR_NO_ERROR || instance->object == NULL)
        script_error("%s has no object (%d)", instance_name(instance), error);
    return instance->object;
}

long scripting_result(const char *what, bool done, NPVariant *value, enum false_results if_false)
{
    char text[VALUE_BYTES];
    long number = done ? 0 : -1;
    if (done && value->type == NPVariantType_Int32)
        number = value->value.intValue;
    variant_print(value, text, sizeof text);
    say("  %s: %s%s", what, done ? "" : "failed, ", text);
    if (done || (options.false_results & (int)if_false) != 0)
        variant_release(value);
    return number;
}

int scripting_arguments(int count, char **words, NPVariant *ret_arguments)
{
    for (int i = 0; i < count; i++)
        ret_arguments[i] = variant_read(words[i]);
    return count;
}

/* Strings are the action's words. */
void scripting_arguments_end(int count, NPVariant *arguments)
{
    for (int i = 0; i < count; i++)
        if (arguments[i].type == NPVariantType_Object)
            variant_release(&arguments[i]);
}

long scripting_invoke(NPObject *object, int count, char **words)
{
    NPIdentifier method = object_identifier(words[0]);
    NPVariant arguments[HOST_WORDS];
    NPVariant result = {.type = NPVariantType_Void};
    scripting_arguments(count - 1, words + 1, arguments);
    if (!object->_class->hasMethod(object, method)) {
        say("  no method %s", words[0]);
        return -1;
    }
    object_retain(object);
    bool done = object->_class->invoke(object, method, arguments, (uint32_t)(count - 1), &result);
    scripting_arguments_end(count - 1, arguments);
    long number = scripting_result(words[0], done, &result, FALSE_INVOKE);
    object_release(object);
    return number;
}

/* invoke INSTANCE METHOD [ARGUMENT...]: as a script does, first asks whether there is one */
static long act_invoke(int count, char **words)
{
    return scripting_invoke(scripting_object(instance_named(words[1])), count - 2, words + 2);
}

/* get INSTANCE PROPERTY */
static long act_get(int count, char **words)
{
    (void)count;
    NPObject *object = scripting_object(instance_named(words[1]));
    NPVariant result = {.type = NPVariantType_Void};
    bool done = object->_class->getProperty(object, object_identifier(words[2]), &result);
    return scripting_result(words[2], done, &result, FALSE_GET);
}

/* set INSTANCE PROPERTY VALUE */
static long act_set(int count, char **words)
{
    (void)count;
    NPObject *object = scripting_object(instance_named(words[1]));
    NPVariant value = variant_read(words[3]);
    bool done = object->_class->setProperty(object, object_identifier(words[2]), &value);
    scripting_arguments_end(1, &value);
    say("  %s: %s", words[2], done ? "set" : "refused");
    return done;
}

/* names INSTANCE: the object's properties, in an array that the host frees */
static long act_names(int count, char **words)
{
    (void)count;
    NPObject *object = scripting_object(instance_named(words[1]));
    NPIdentifier *names = NULL;
    uint32_t n = 0;
    if (!object->_class->enumerate(object, &names, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        say("  %s", object_identifier_name(names[i]));
    memory_own_free(names);
    return n;
}

/* drop INSTANCE: the host's reference to its object */
static long act_drop(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    if (instance->object != NULL)
        object_release(instance->object);
    instance->object = NULL;
    return 0;
}

/* timers: fires each; calls: makes the asynchronous ones */
static long act_timers(int count, char **words)
{
    (void)count, (void)words;
    return later_fire_timers();
}

static long act_calls(int count, char **words)
{
    (void)count, (void)words;
    return later_make_calls();
}

const struct action script_actions[] = {
    {"invoke", "INSTANCE METHOD [ARGUMENT...]", 2, act_invoke},
    {"get", "INSTANCE PROPERTY", 2, act_get},
    {"set", "INSTANCE PROPERTY VALUE", 3, act_set},
    {"names", "INSTANCE", 1, act_names},
    {"drop", "INSTANCE", 1, act_drop},
    {"timers", "", 0, act_timers},
    {"calls", "", 0, act_calls},
    {NULL, NULL, 0, NULL},
};
