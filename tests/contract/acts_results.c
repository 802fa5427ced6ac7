/* tests/contract/acts_results.c - acts with results of scripts: strings and objects */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/acts.h"

/* Each of these brings one result and lets the window go. */

static NPVariant get(struct act_call *call, const char *property)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void};
    NPIdentifier name = browser.getstringidentifier(property);
    if (!browser.getproperty(call->instance->npp, window, name, &result))
        acts_fail(property);
    browser.releaseobject(window);
    return result;
}

static NPVariant echo(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void};
    NPVariant word = {.type = NPVariantType_String, .value.stringValue = {"echoed", 6}};
    NPIdentifier name = browser.getstringidentifier("echo");
    if (!browser.invoke(call->instance->npp, window, name, &word, 1, &result))
        acts_fail("echo");
    browser.releaseobject(window);
    return result;
}

/* A function of the page if it has one of that name, else the window itself. */
static NPObject *callee(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPVariant function = {.type = NPVariantType_Void};
    NPIdentifier name = browser.getstringidentifier("callee");
    if (!browser.getproperty(call->instance->npp, window, name, &function) ||
        function.type != NPVariantType_Object)
        return window;
    browser.releaseobject(window);
    return function.value.objectValue;
}

static NPVariant apply(struct act_call *call)
{
    NPObject *function = callee(call);
    NPVariant result = {.type = NPVariantType_Void};
    if (!browser.invokeDefault(call->instance->npp, function, NULL, 0, &result))
        acts_fail("callee()");
    browser.releaseobject(function);
    return result;
}

static NPVariant construct(struct act_call *call)
{
    NPObject *function = callee(call);
    NPVariant result = {.type = NPVariantType_Void};
    if (!browser.construct(call->instance->npp, function, NULL, 0, &result))
        acts_fail("new callee()");
    browser.releaseobject(function);
    return result;
}

static NPVariant evaluate(struct act_call *call, const char *text)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void};
    NPString script = {text, (uint32_t)strlen(text)};
    if (!browser.evaluate(call->instance->npp, window, &script, &result))
        acts_fail(text);
    browser.releaseobject(window);
    return result;
}

/* ---- strings --------------------------------------------------------------------------------- */

static void strings_released(struct act_call *call)
{
    NPVariant results[] = {get(call, "title"), get(call, "blank"), echo(call), apply(call),
                           evaluate(call, "'a string'")};
    STATE_RECEIVED(5);
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        browser.releasevariantvalue(&results[i]);
}

/* Also works, on all known browsers but one. */
static void string_freed(struct act_call *call)
{
    NPVariant result = get(call, "title");
    STATE_RECEIVED(1);
    browser.memfree((void *)result.value.stringValue.UTF8Characters);
}

static void string_got_kept(struct act_call *call)
{
    NPVariant result = get(call, "title");
    STATE_RECEIVED(1);
    STATE_LEAK_BY("result string", result.value.stringValue.UTF8Length, "get");
}

static void string_empty_kept(struct act_call *call)
{
    (void)get(call, "blank");
    STATE_RECEIVED(1);
    STATE_LEAK_BY("result string", 0, "get");
}

static void string_invoked_kept(struct act_call *call)
{
    NPVariant result = echo(call);
    STATE_RECEIVED(1);
    STATE_LEAK_BY("result string", result.value.stringValue.UTF8Length, "echo");
}

static void string_applied_kept(struct act_call *call)
{
    NPVariant result = apply(call);
    STATE_RECEIVED(1);
    STATE_LEAK_BY("result string", result.value.stringValue.UTF8Length, "apply");
}

static void string_evaluated(struct act_call *call)
{
    NPVariant result = evaluate(call, "'released'");
    STATE_RECEIVED(1);
    browser.releasevariantvalue(&result);
}

static void string_evaluated_kept(struct act_call *call)
{
    NPVariant result = evaluate(call, "'kept'");
    STATE_RECEIVED(1);
    STATE_LEAK_BY("result string", result.value.stringValue.UTF8Length, "evaluate");
}

/* Scripts' constructors make objects; those of plug-ins' objects make what they like. */
static void string_constructed_kept(struct act_call *call)
{
    NPVariant result = {.type = NPVariantType_Void};
    if (!browser.construct(call->instance->npp, acts_scriptable(call->instance), NULL, 0, &result))
        acts_fail("no construction");
    STATE_RECEIVED(1);
    STATE_LEAK("result string", result.value.stringValue.UTF8Length);
}

/* Numbers and void own nothing, and may be released; so may what a failed call left as it was. */
static void nothing_released(struct act_call *call)
{
    NPVariant number = get(call, "answer"), thrown = evaluate(call, "throw");
    browser.releasevariantvalue(&number);
    browser.releasevariantvalue(&thrown);
    NPObject *window = acts_window(call);
    NPVariant none = {.type = NPVariantType_Void};
    NPIdentifier name = browser.getstringidentifier("not there");
    if (browser.getproperty(call->instance->npp, window, name, &none) &&
        none.type != NPVariantType_Void)
        acts_fail("there is what is not there");
    browser.releasevariantvalue(&none);
    if (browser.invoke(call->instance->npp, window, name, NULL, 0, &none))
        acts_fail("something is called that is not there");
    browser.releasevariantvalue(&none);
    browser.releaseobject(window);
}

/* A variant that the plug-in has made itself is released by the same function. */
static void own_variant_released(struct act_call *call)
{
    (void)call;
    char *text = browser.memalloc(16);
    NPVariant own = {.type = NPVariantType_String, .value.stringValue = {text, 16}};
    browser.releasevariantvalue(&own);
}

/* Of the plug-in's own object: its string goes to the browser, and comes back. */
static void string_of_own_released(struct act_call *call)
{
    NPVariant result = {.type = NPVariantType_Void};
    NPIdentifier name = browser.getstringidentifier("answer-string");
    if (!browser.invoke(call->instance->npp, acts_scriptable(call->instance), name, NULL, 0,
                        &result))
        acts_fail("answer-string");
    STATE_RECEIVED(1);
    browser.releasevariantvalue(&result);
}

/* An argument that is an object, perhaps another plug-in's, is asked; its string is this one's. */
static NPVariant ask(struct act_call *call)
{
    NPVariant result = {.type = NPVariantType_Void};
    NPIdentifier name = browser.getstringidentifier("answer-string");
    if (call->argument_count != 1 || call->arguments[0].type != NPVariantType_Object)
        acts_fail("no object as argument");
    if (!browser.invoke(call->instance->npp, call->arguments[0].value.objectValue, name, NULL, 0,
                        &result))
        acts_fail("answer-string");
    STATE_RECEIVED(1);
    return result;
}

static void argument_asked(struct act_call *call)
{
    NPVariant result = ask(call);
    browser.releasevariantvalue(&result);
}

static void argument_asked_kept(struct act_call *call)
{
    NPVariant result = ask(call);
    STATE_LEAK_BY("result string", result.value.stringValue.UTF8Length, "ask");
}

/* ---- objects --------------------------------------------------------------------------------- */

static void objects_released(struct act_call *call)
{
    NPVariant document = get(call, "document"), made = construct(call);
    browser.releasevariantvalue(&document);
    browser.releaseobject(made.value.objectValue);
}

static void object_got_kept(struct act_call *call)
{
    (void)get(call, "document");
    STATE_HELD_BY("result", 1, "get");
}

static void object_made_kept(struct act_call *call)
{
    (void)construct(call);
    STATE_HELD_BY("result", 1, "construct");
}

static NPVariant echo_object(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void}, document = get(call, "document");
    NPIdentifier name = browser.getstringidentifier("echo");
    if (!browser.invoke(call->instance->npp, window, name, &document, 1, &result))
        acts_fail("echo");
    browser.releasevariantvalue(&document);
    browser.releaseobject(window);
    return result;
}

static void object_invoked_released(struct act_call *call)
{
    NPVariant result = echo_object(call);
    browser.releasevariantvalue(&result);
}

static void object_invoked_kept(struct act_call *call)
{
    (void)echo_object(call);
    STATE_HELD_SINCE("result", 1, "get", "echo_object");
}

static void object_evaluated_kept(struct act_call *call)
{
    (void)evaluate(call, "({})");
    STATE_HELD_BY("result", 1, "evaluate");
}

/* ---- calls of its own that fail -------------------------------------------------------------- */

/* NPN_Evaluate lets the page do something; its name follows in the argument. */
static void page_does(struct act_call *call)
{
    char text[512];
    const NPString *script = &call->arguments[0].value.stringValue;
    if (call->argument_count != 1 || script->UTF8Length >= sizeof text)
        acts_fail("page-does needs a script");
    memcpy(text, script->UTF8Characters, script->UTF8Length);
    text[script->UTF8Length] = '\0';
    NPVariant result = evaluate(call, text);
    browser.releasevariantvalue(&result);
}

const struct act acts_results[] = {
    {"strings-released", strings_released},
    {"string-freed", string_freed},
    {"string-got-kept", string_got_kept},
    {"string-empty-kept", string_empty_kept},
    {"string-invoked-kept", string_invoked_kept},
    {"string-applied-kept", string_applied_kept},
    {"string-evaluated", string_evaluated},
    {"string-evaluated-kept", string_evaluated_kept},
    {"nothing-released", nothing_released},
    {"own-variant-released", own_variant_released},
    {"string-of-own-released", string_of_own_released},
    {"objects-released", objects_released},
    {"object-got-kept", object_got_kept},
    {"object-made-kept", object_made_kept},
    {"string-constructed-kept", string_constructed_kept},
    {"object-invoked-released", object_invoked_released},
    {"object-invoked-kept", object_invoked_kept},
    {"object-evaluated-kept", object_evaluated_kept},
    {"argument-asked", argument_asked},
    {"argument-asked-kept", argument_asked_kept},
    {"page-does", page_does},
    {NULL, NULL},
};
