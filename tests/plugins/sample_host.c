/* tests/plugins/sample_host.c: the sample plug-ins' steps that call the host in other ways. */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/sample.h"

/* The page's global object, with a reference for the caller; NULL if the host has none. */
static NPObject *window_object(struct sample_instance *instance)
{
    SITE_ENTER();
    NPObject *window = NULL;
    if (SITE_AT(sample_table()->getvalue(instance->npp, NPNVWindowNPObject, &window)) != 0)
        return NULL;
    return window;
}

/* identifiers COUNT: asks the host for strings and frees them */
static long step_identifiers(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table();
    long length = 0;
    for (long n = sample_number(step, 0, 1); n > 0; n--) {
        char name[32];
        snprintf(name, sizeof name, "name%ld", n);
        NPUTF8 *text = SITE_AT(table->utf8fromidentifier(table->getstringidentifier(name)));
        length += (long)strlen(text);
        SAMPLE_FREE(text);
    }
    return length;
}

/* keepidentifiers COUNT: asks for strings and forgets them */
static long step_keepidentifiers(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table();
    for (long n = sample_number(step, 0, 1); n > 0; n--) {
        NPUTF8 *text = SITE_AT(table->utf8fromidentifier(table->getstringidentifier("kept")));
        tally_received(text, (uint32_t)strlen(text) + 1);
    }
    return 0;
}

/* A variant as text, as a script would print it. */
static void variant_text(const NPVariant *value, char *text, size_t text_bytes)
{
    switch (value->type) {
    case NPVariantType_Int32:
        snprintf(text, text_bytes, "%d", value->value.intValue);
        break;
    case NPVariantType_Double:
        snprintf(text, text_bytes, "%g", value->value.doubleValue);
        break;
    case NPVariantType_Bool:
        snprintf(text, text_bytes, "%s", value->value.boolValue ? "true" : "false");
        break;
    case NPVariantType_String:
        snprintf(text, text_bytes, "%.*s", (int)value->value.stringValue.UTF8Length,
                 value->value.stringValue.UTF8Characters);
        break;
    case NPVariantType_Object:
        snprintf(text, text_bytes, "object");
        break;
    default:
        snprintf(text, text_bytes, "%s", value->type == NPVariantType_Null ? "null" : "void");
    }
}

/* eval SCRIPT: the host's language; what it gives is the answer */
static long step_eval(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table();
    NPObject *window = SITE_AT(window_object(step->instance));
    if (window == NULL || step->argc == 0)
        return -1;
    NPString script = {step->argv[0], (uint32_t)strlen(step->argv[0])};
    NPVariant result = {.type = NPVariantType_Void};
    bool done = SITE_AT(table->evaluate(step->instance->npp, window, &script, &result));
    if (done)
        variant_text(&result, step->text, sizeof step->text);
    SITE_AT(table->releasevariantvalue(&result));
    SITE_AT(table->releaseobject(window));
    return done ? 0 : -1;
}

/* enumerate: the names of the window's properties, in an array that the plug-in frees */
static long step_enumerate(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    NPObject *window = SITE_AT(window_object(step->instance));
    NPIdentifier *list = NULL;
    uint32_t count = 0;
    if (window == NULL || table->enumerate == NULL)
        return -1;
    bool done = SITE_AT(table->enumerate(step->instance->npp, window, &list, &count));
    if (list != NULL)
        SAMPLE_FREE(list);
    SITE_AT(table->releaseobject(window));
    return done ? (long)count : -1;
}

/* What a timer or an asynchronous call does: allocates as many bytes as its data say. */
static void later(void *data)
{
    SITE_ENTER();
    (void)SAMPLE_ALLOC((uintptr_t)data);
}

static void on_timer(NPP npp, uint32_t id)
{
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    (void)id;
    SITE_AT(sample_phase("timer", instance));
}

/* timer MILLISECONDS [REPEAT]: runs the steps of the phase `timer` */
static long step_timer(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->scheduletimer == NULL)
        return -1;
    const uint32_t interval = (uint32_t)sample_number(step, 0, 1);
    const NPBool repeat = sample_number(step, 1, 0) != 0;
    NPP npp = step->instance->npp;
    step->instance->timer = SITE_AT(table->scheduletimer(npp, interval, repeat, on_timer));
    return step->instance->timer;
}

/* untimer: takes the last timer back */
static long step_untimer(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->unscheduletimer == NULL)
        return -1;
    SITE_AT(table->unscheduletimer(step->instance->npp, step->instance->timer));
    return 0;
}

struct async {
    struct sample_instance *instance;
    uint32_t bytes;
};

static void on_async(void *data)
{
    struct async async = *(struct async *)data;
    free(data);
    SAMPLE_ENTER(async.instance);
    SITE_AT(later((void *)(uintptr_t)async.bytes));
}

/* async BYTES: allocates later, on the host's thread; asyncnull: the same without an instance */
static long schedule_async(struct sample_step *step, struct sample_instance *instance)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->pluginthreadasynccall == NULL)
        return -1;
    struct async *async = malloc(sizeof *async);
    *async = (struct async){instance, (uint32_t)sample_number(step, 0, 16)};
    SITE_AT(table->pluginthreadasynccall(instance->npp, on_async, async));
    return 0;
}

static long step_async(struct sample_step *step)
{
    SITE_ENTER();
    return SITE_AT(schedule_async(step, step->instance));
}

static long step_asyncnull(struct sample_step *step)
{
    SITE_ENTER();
    return SITE_AT(schedule_async(step, sample_module()));
}

const struct sample_command sample_host_commands[] = {
    {"identifiers", step_identifiers},
    {"keepidentifiers", step_keepidentifiers},
    {"eval", step_eval},
    {"enumerate", step_enumerate},
    {"timer", step_timer},
    {"untimer", step_untimer},
    {"async", step_async},
    {"asyncnull", step_asyncnull},
    {NULL, NULL},
};
