/* tests/plugins/sample_object.c: the sample plug-ins' scriptable object; every step is a method. */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/sample.h"

/*
 * Methods answer with a number, or a string of the browser's memory, which the browser frees.
 * Properties: `alive` (bool), `events` (number of NPP_HandleEvent calls), `label` (string).
 */

enum { METHODS = 128, ARGUMENT_BYTES = 512 };

static struct {
    int method_count;
    NPIdentifier methods[METHODS]; /* in the order of sample_command_at() */
    NPIdentifier alive, events, label;
} names;

struct sample_object {
    NPObject header;
    struct sample_instance *instance;
};

static struct sample_instance *owner(NPObject *object)
{
    return ((struct sample_object *)object)->instance;
}

/* Identifiers last for ever, so no string is asked back from the host later. */
static void names_get(void)
{
    const NPNetscapeFuncs *table = sample_table();
    const struct sample_command *command;
    if (names.method_count != 0)
        return;
    for (int n = 0; n < METHODS && (command = sample_command_at(n)) != NULL; n++)
        names.methods[names.method_count++] = table->getstringidentifier(command->name);
    names.alive = table->getstringidentifier("alive");
    names.events = table->getstringidentifier("events");
    names.label = table->getstringidentifier("label");
}

static const struct sample_command *method(NPIdentifier name)
{
    for (int n = 0; n < names.method_count; n++)
        if (names.methods[n] == name)
            return sample_command_at(n);
    return NULL;
}

static NPObject *object_allocate(NPP npp, NPClass *class)
{
    (void)class;
    struct sample_object *object = calloc(1, sizeof *object);
    object->instance = npp->pdata;
    return &object->header;
}

static void object_deallocate(NPObject *object)
{
    SAMPLE_ENTER(owner(object));
    SITE_AT(sample_phase("deallocate", owner(object)));
    free(object);
}

static void object_invalidate(NPObject *object)
{
    SAMPLE_ENTER(owner(object));
    SITE_AT(sample_phase("invalidate", owner(object)));
}

static bool object_hasmethod(NPObject *object, NPIdentifier name)
{
    (void)object;
    return method(name) != NULL;
}

/* One argument as text, at most ARGUMENT_BYTES. */
static void argument_text(const NPVariant *argument, char *text)
{
    switch (argument->type) {
    case NPVariantType_Int32:
        snprintf(text, ARGUMENT_BYTES, "%d", argument->value.intValue);
        break;
    case NPVariantType_Double:
        snprintf(text, ARGUMENT_BYTES, "%.0f", argument->value.doubleValue);
        break;
    case NPVariantType_String:
        snprintf(text, ARGUMENT_BYTES, "%.*s", (int)argument->value.stringValue.UTF8Length,
                 argument->value.stringValue.UTF8Characters);
        break;
    case NPVariantType_Bool:
        strcpy(text, argument->value.boolValue ? "1" : "0");
        break;
    default:
        strcpy(text, "0");
    }
}

static bool answer_string(const char *text, NPVariant *result)
{
    SITE_ENTER();
    const uint32_t length = (uint32_t)strlen(text);
    char *block = SAMPLE_ALLOC(length + 1);
    if (block == NULL)
        return false;
    memcpy(block, text, length + 1);
    result->type = NPVariantType_String;
    result->value.stringValue = (NPString){block, length};
    tally_handed(block);
    return true;
}

static bool answer_number(long number, NPVariant *result)
{
    result->type = number == (int32_t)number ? NPVariantType_Int32 : NPVariantType_Double;
    if (result->type == NPVariantType_Int32)
        result->value.intValue = (int32_t)number;
    else
        result->value.doubleValue = (double)number;
    return true;
}

static bool object_invoke(NPObject *object, NPIdentifier name, const NPVariant *args,
                          uint32_t count, NPVariant *result)
{
    SAMPLE_ENTER(owner(object));
    const struct sample_command *command = method(name);
    result->type = NPVariantType_Void;
    if (command == NULL)
        return false;
    struct sample_step *step = calloc(1, sizeof *step);
    char(*texts)[ARGUMENT_BYTES] = calloc(SAMPLE_STEP_ARGS, sizeof *texts);
    step->instance = owner(object);
    for (; step->argc < (int)count && step->argc < SAMPLE_STEP_ARGS; step->argc++) {
        argument_text(&args[step->argc], texts[step->argc]);
        step->argv[step->argc] = texts[step->argc];
    }
    long number = SITE_AT(command->run(step));
    bool answered = step->text[0] != '\0' ? SITE_AT(answer_string(step->text, result))
                                          : answer_number(number, result);
    free(texts);
    free(step);
    return answered;
}

static bool object_invokedefault(NPObject *object, const NPVariant *args, uint32_t count,
                                 NPVariant *result)
{
    (void)object, (void)args;
    return answer_number((long)count, result);
}

static bool object_hasproperty(NPObject *object, NPIdentifier name)
{
    (void)object;
    return name == names.alive || name == names.events || name == names.label;
}

static bool object_getproperty(NPObject *object, NPIdentifier name, NPVariant *result)
{
    SAMPLE_ENTER(owner(object));
    result->type = NPVariantType_Void;
    if (name == names.events)
        return answer_number(owner(object)->events, result);
    if (name == names.label)
        return SITE_AT(answer_string("label of a sample plug-in" SAMPLE_SUFFIX, result));
    if (name != names.alive)
        return false;
    result->type = NPVariantType_Bool;
    result->value.boolValue = true;
    return true;
}

static bool object_setproperty(NPObject *object, NPIdentifier name, const NPVariant *value)
{
    (void)value;
    SAMPLE_ENTER(owner(object));
    SITE_AT(sample_phase("setproperty", owner(object)));
    return name == names.label;
}

static bool object_removeproperty(NPObject *object, NPIdentifier name)
{
    (void)object, (void)name;
    return false;
}

/* The host frees the array. */
static bool object_enumerate(NPObject *object, NPIdentifier **ret_names, uint32_t *ret_count)
{
    SAMPLE_ENTER(owner(object));
    NPIdentifier *list = SAMPLE_ALLOC(3 * sizeof *list);
    if (list == NULL)
        return false;
    list[0] = names.alive;
    list[1] = names.events;
    list[2] = names.label;
    *ret_names = list;
    *ret_count = 3;
    tally_handed(list);
    return true;
}

static NPClass object_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION_ENUM,
    .allocate = object_allocate,
    .deallocate = object_deallocate,
    .invalidate = object_invalidate,
    .hasMethod = object_hasmethod,
    .invoke = object_invoke,
    .invokeDefault = object_invokedefault,
    .hasProperty = object_hasproperty,
    .getProperty = object_getproperty,
    .setProperty = object_setproperty,
    .removeProperty = object_removeproperty,
    .enumerate = object_enumerate,
};

/* The instance keeps one reference, and each caller gets one. */
NPObject *sample_object_get(struct sample_instance *instance)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table();
    names_get();
    if (instance->object == NULL) {
        instance->object = SITE_AT(table->createobject(instance->npp, &object_class));
        /* Plug-ins recognise their own objects by this pointer. */
        if (instance->object != NULL && instance->object->_class != &object_class)
            abort();
    }
    return instance->object != NULL ? table->retainobject(instance->object) : NULL;
}
