/* tests/contract/acts_objects.c - acts with references to objects */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "tests/contract/acts.h"

/* ---- the browser's objects ------------------------------------------------------------------- */

static void window_released(struct act_call *call)
{
    NPObject *window = NULL, *element = NULL;
    browser.getvalue(call->instance->npp, NPNVWindowNPObject, &window);
    browser.getvalue(call->instance->npp, NPNVPluginElementNPObject, &element);
    browser.releaseobject(window);
    browser.releaseobject(element);
}

static void window_kept(struct act_call *call)
{
    NPObject *window = NULL;
    browser.getvalue(call->instance->npp, NPNVWindowNPObject, &window);
    STATE_HELD("NPN_GetValue", 1);
}

static void element_kept(struct act_call *call)
{
    NPObject *element = NULL;
    browser.getvalue(call->instance->npp, NPNVPluginElementNPObject, &element);
    STATE_HELD("NPN_GetValue", 1);
}

/* Comes retained, and is retained once more. */
static void window_retained(struct act_call *call)
{
    NPObject *window = NULL;
    browser.getvalue(call->instance->npp, NPNVWindowNPObject, &window);
    browser.retainobject(window);
    browser.releaseobject(window);
    STATE_HELD("NPN_GetValue", 1);
}

/* Kept until a later act lets it go. */
static void window_left(struct act_call *call)
{
    call->instance->kept = acts_window(call);
}

static void kept_released(struct act_call *call)
{
    browser.releaseobject(call->instance->kept);
    call->instance->kept = NULL;
}

/* An argument is the browser's; who wants to keep it retains it. */
static void argument_left(struct act_call *call)
{
    if (call->argument_count != 1 || call->arguments[0].type != NPVariantType_Object)
        acts_fail("no object as argument");
    call->instance->kept = browser.retainobject(call->arguments[0].value.objectValue);
}

static void argument_kept(struct act_call *call)
{
    if (call->argument_count != 1 || call->arguments[0].type != NPVariantType_Object)
        acts_fail("no object as argument");
    browser.retainobject(call->arguments[0].value.objectValue);
    STATE_HELD("NPN_RetainObject", 1);
}

/* ---- the plug-in's own ----------------------------------------------------------------------- */

/* Without functions: the object's memory is the browser's. */
static void plain_released(struct act_call *call)
{
    browser.releaseobject(browser.createobject(call->instance->npp, &acts_plain_class));
}

static void plain_kept(struct act_call *call)
{
    browser.createobject(call->instance->npp, &acts_plain_class);
    STATE_HELD("NPN_CreateObject", 1);
}

/* It begins with one reference; a second is one too many. */
static void plain_retained(struct act_call *call)
{
    NPObject *object = browser.createobject(call->instance->npp, &acts_plain_class);
    browser.retainobject(object);
    browser.releaseobject(object);
    STATE_HELD("NPN_CreateObject", 1);
}

static NPObject *counted_allocate(NPP npp, NPClass *class)
{
    (void)npp, (void)class;
    return browser.memalloc(sizeof(NPObject) + 8);
}

static void counted_deallocate(NPObject *object)
{
    browser.memfree(object);
}

static NPClass counted_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION,
    .allocate = counted_allocate,
    .deallocate = counted_deallocate,
};

static void counted_released(struct act_call *call)
{
    browser.releaseobject(browser.createobject(call->instance->npp, &counted_class));
}

/* What the plug-in allocates and does not want to deallocate itself, the browser frees. */
static NPClass left_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION,
    .allocate = counted_allocate,
};

static void left_released(struct act_call *call)
{
    browser.releaseobject(browser.createobject(call->instance->npp, &left_class));
    STATE_HANDED(1);
}

static void left_kept(struct act_call *call)
{
    browser.createobject(call->instance->npp, &left_class);
    STATE_HELD("NPN_CreateObject", 1);
    STATE_HANDED(1);
}

/* The object and its memory. */
static void counted_kept(struct act_call *call)
{
    browser.createobject(call->instance->npp, &counted_class);
    STATE_HELD("NPN_CreateObject", 1);
    STATE_LEAK_BY("NPN_MemAlloc", sizeof(NPObject) + 8, "counted_allocate");
}

/* Retained and released as often, in any order and number. */
static void plain_balanced(struct act_call *call)
{
    NPObject *object = browser.createobject(call->instance->npp, &acts_plain_class);
    for (int i = 0; i < 100; i++)
        browser.retainobject(object);
    for (int i = 0; i < 101; i++)
        browser.releaseobject(object);
}

/* A class in memory that cannot be written. */
static const NPClass const_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION,
    .allocate = counted_allocate,
    .deallocate = counted_deallocate,
};

static void const_released(struct act_call *call)
{
    NPObject *object = browser.createobject(call->instance->npp, (NPClass *)&const_class);
    if (object->_class != &const_class)
        acts_fail("the class is another");
    browser.releaseobject(object);
}

/* ---- the scriptable one ---------------------------------------------------------------------- */

/* The reference that each caller gets is missing, but one is left that nobody else gives back:
 * the plug-in gives away its own. */
static void scriptable_given_away(struct act_call *call)
{
    struct acts_instance *instance = call->instance;
    *call->object = acts_scriptable(instance);
    instance->object = NULL;
}

/* A new one for each caller. */
static void scriptable_made(struct act_call *call)
{
    *call->object = browser.createobject(call->instance->npp, &acts_class);
}

static void scriptable_retained_twice(struct act_call *call)
{
    *call->object = browser.createobject(call->instance->npp, &acts_plain_class);
    browser.retainobject(*call->object);
    STATE_HELD("NPN_CreateObject", 1);
}

const struct act acts_objects[] = {
    {"window-released", window_released},
    {"window-kept", window_kept},
    {"element-kept", element_kept},
    {"window-retained", window_retained},
    {"window-left", window_left},
    {"kept-released", kept_released},
    {"argument-left", argument_left},
    {"argument-kept", argument_kept},
    {"plain-released", plain_released},
    {"plain-kept", plain_kept},
    {"plain-retained", plain_retained},
    {"plain-balanced", plain_balanced},
    {"counted-released", counted_released},
    {"counted-kept", counted_kept},
    {"left-kept", left_kept},
    {"left-released", left_released},
    {"const-released", const_released},
    {"scriptable-given-away", scriptable_given_away},
    {"scriptable-made", scriptable_made},
    {"scriptable-retained-twice", scriptable_retained_twice},
    {NULL, NULL},
};
