/* tests/contract/acts_misuse.c - acts that free what they should not, or release it twice */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/acts.h"

/* One function for each place: their names stand in the statements. */

static void *made(void)
{
    return browser.memalloc(70);
}

static void freed(void *block)
{
    browser.memfree(block);
}

/* ---- NPN_MemFree ----------------------------------------------------------------------------- */

static void free_twice(struct act_call *call)
{
    (void)call;
    void *block = made();
    freed(block);
    STATE_FINDING("double-free", "made", "freed");
    browser.memfree(block);
}

/* The same in one place again is the same finding. */
static void free_thrice(struct act_call *call)
{
    (void)call;
    void *block = made();
    freed(block);
    for (int i = 0; i < 2; i++) {
        STATE_FINDING("double-free", "made", "freed");
        browser.memfree(block);
    }
}

static NPUTF8 *received(void)
{
    NPUTF8 *text = browser.utf8fromidentifier(browser.getstringidentifier("received"));
    STATE_RECEIVED(1);
    return text;
}

static void received_freed_twice(struct act_call *call)
{
    (void)call;
    NPUTF8 *text = received();
    freed(text);
    STATE_FINDING("double-free", "received", "freed");
    browser.memfree(text);
}

static void free_static(struct act_call *call)
{
    static char text[64];
    (void)call;
    STATE_FINDING("free-of-unissued", "", "");
    browser.memfree(text);
}

/* In the middle of a block. */
static void free_inside(struct act_call *call)
{
    (void)call;
    char *block = made();
    memset(block, 0, 70); /* no header there */
    STATE_FINDING("free-of-unissued", "", "");
    browser.memfree(block + 16);
    browser.memfree(block);
}

static void *heap_made(void)
{
    return malloc(72);
}

static void free_heap(struct act_call *call)
{
    (void)call;
    void *block = heap_made();
    if (getenv("ACTS_HEAP") != NULL)
        STATE_FINDING("memfree-of-heap", "heap_made", "");
    else
        STATE_FINDING("free-of-unissued", "", "");
    browser.memfree(block);
}

static void heap_free(struct act_call *call)
{
    (void)call;
    void *block = made();
    STATE_FINDING("free-of-npn", "made", "");
    free(block);
}

static void heap_realloc(struct act_call *call)
{
    (void)call;
    void *block = made();
    STATE_FINDING("free-of-npn", "made", "");
    free(realloc(block, 700));
}

static void heap_free_received(struct act_call *call)
{
    (void)call;
    void *block = received();
    STATE_FINDING("free-of-npn", "received", "");
    free(block);
}

static void free_user_agent(struct act_call *call)
{
    const char *agent = browser.uagent(call->instance->npp);
    STATE_FINDING("free-of-host-owned", "", "");
    browser.memfree((void *)agent);
}

static void free_attribute(struct act_call *call)
{
    STATE_FINDING("free-of-host-owned", "", "");
    browser.memfree(call->attributes[0]);
}

/* Strings that come with a call are the browser's; who wants to keep them copies them. */
static const NPVariant *string_argument(struct act_call *call)
{
    if (call->argument_count != 1 || call->arguments[0].type != NPVariantType_String)
        acts_fail("no string as argument");
    return call->arguments;
}

static void argument_freed(struct act_call *call)
{
    const NPVariant *argument = string_argument(call);
    STATE_FINDING("free-of-host-owned", "", "");
    browser.memfree((void *)argument->value.stringValue.UTF8Characters);
}

static void argument_released(struct act_call *call)
{
    NPVariant argument = *string_argument(call);
    STATE_FINDING("free-of-host-owned", "", "");
    browser.releasevariantvalue(&argument);
}

/* Identifiers last for ever. */
static void free_identifier(struct act_call *call)
{
    (void)call;
    STATE_FINDING("free-of-unissued", "", "");
    browser.memfree(browser.getstringidentifier("lasting"));
}

/* The MIME type that NPP_New was called with. */
static void free_argument(struct act_call *call)
{
    STATE_FINDING("free-of-host-owned", "", "");
    browser.memfree((void *)*call->value);
}

static void free_buffer(struct act_call *call)
{
    STATE_FINDING("free-of-host-owned", "", "");
    browser.memfree(*call->text);
}

/* ---- between two plug-ins, by way of the environment ----------------------------------------- */

static void block_lent(struct act_call *call)
{
    char text[512];
    (void)call;
    snprintf(text, sizeof text, "%p %u %s", made(), acts_here.serial, state_plugin());
    setenv("ACTS_LENT", text, 1);
}

static void lent_freed(struct act_call *call)
{
    (void)call;
    unsigned serial;
    char owner[256];
    void *block;
    const char *lent = getenv("ACTS_LENT");
    if (lent == NULL || sscanf(lent, "%p %u %255s", &block, &serial, owner) != 3)
        acts_fail("nothing is lent");
    state_of_others("free-of-others", __func__, "made", owner, serial);
    browser.memfree(block);
}

/* Lent and given back, it is freed by its owner. */
static void lent_returned(struct act_call *call)
{
    (void)call;
    browser.memfree((void *)strtoull(getenv("ACTS_LENT"), NULL, 16));
}

/* ---- variants and objects -------------------------------------------------------------------- */

static NPVariant title(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void};
    browser.getproperty(call->instance->npp, window, browser.getstringidentifier("title"), &result);
    browser.releaseobject(window);
    STATE_RECEIVED(1);
    return result;
}

static void release(NPVariant *variant)
{
    browser.releasevariantvalue(variant);
}

static void variant_twice(struct act_call *call)
{
    NPVariant result = title(call), copy = result;
    release(&result);
    STATE_FINDING("variant-released-twice", "title", "release");
    browser.releasevariantvalue(&copy);
}

static NPVariant document(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPVariant result = {.type = NPVariantType_Void};
    browser.getproperty(call->instance->npp, window, browser.getstringidentifier("document"),
                        &result);
    browser.releaseobject(window);
    return result;
}

/* Of an object, by the function of variants. */
static void variant_object_twice(struct act_call *call)
{
    NPVariant result = document(call), copy = result;
    release(&result);
    STATE_FINDING("object-over-released", "document", "");
    browser.releasevariantvalue(&copy);
}

static NPObject *object_made(struct act_call *call)
{
    return browser.createobject(call->instance->npp, &acts_plain_class);
}

static void object_twice(struct act_call *call)
{
    NPObject *object = object_made(call);
    browser.retainobject(object); /* memory that the host looks at */
    browser.releaseobject(object);
    browser.releaseobject(object);
    STATE_FINDING("object-over-released", "object_made", "");
    browser.releaseobject(object);
}

static void window_twice(struct act_call *call)
{
    NPObject *window = acts_window(call);
    browser.releaseobject(window);
    STATE_FINDING("object-over-released", "acts_window", "");
    browser.releaseobject(window);
}

/* ---- sizes, caches, functions that are not there --------------------------------------------- */

static void negative_size(struct act_call *call)
{
    const int count = -2;
    (void)call;
    STATE_FINDING("negative-size", "", "");
    void *block = browser.memalloc((uint32_t)(count * 8));
    browser.memfree(block);
}

/* Until it returns 0: on a browser where it never does, the host has to be ended. */
static void flush_spins(struct act_call *call)
{
    (void)call;
    STATE_FINDING("flush-spins", "", "");
    for (int i = 0; i < 20000 && browser.memflush(1 << 20) != 0; i++)
        continue;
}

static void flush_some(struct act_call *call)
{
    (void)call;
    for (int i = 0; i < 10 && browser.memflush(1000) != 0; i++)
        continue;
}

/* No function of the browser is called, and so nobody is there to see it: the process ends. */
static void missing_called(struct act_call *call)
{
    browser.scheduletimer(call->instance->npp, 10, false, NULL);
}

/* Of the newest part of the table, which some browsers do not know. */
static void missing_beyond_called(struct act_call *call)
{
    if (browser.initasyncsurface(call->instance->npp, NULL, 0, NULL, NULL) != NPERR_NO_ERROR)
        call->error = NPERR_GENERIC_ERROR;
}

/* What is NULL here is no function of the browser's. */
static void null_called(struct act_call *call)
{
    static void (*volatile nothing)(struct act_call *);
    nothing(call);
    call->returns = false;
}

static void null_read(struct act_call *call)
{
    static struct act_call *volatile nothing;
    call->returns = nothing->returns;
}

static void signal_sent(struct act_call *call)
{
    (void)call;
    raise(SIGSEGV);
}

/* ---- after NP_Shutdown ----------------------------------------------------------------------- */

static void after_shutdown(struct act_call *call)
{
    (void)call;
    STATE_FINDING("call-after-shutdown", "", "");
    browser.getstringidentifier("late");
}

/* By name, where somebody provides it. */
static void exported_called(struct act_call *call)
{
    void *(*memalloc)(uint32_t) = (void *(*)(uint32_t))dlsym(RTLD_DEFAULT, "NPN_MemAlloc");
    void (*memfree)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "NPN_MemFree");
    if (memalloc == NULL || memfree == NULL)
        acts_fail("nobody provides NPN_MemAlloc");
    void *block = memalloc(74);
    memfree(block);
    call->returns = block != NULL; /* no jump to it: the place counts */
}

static void module_block_left(struct act_call *call)
{
    (void)call;
    acts_module.block = browser.memalloc(73);
}

static void module_block_freed(struct act_call *call)
{
    (void)call;
    browser.memfree(acts_module.block);
}

static void module_block_freed_late(struct act_call *call)
{
    (void)call;
    STATE_FINDING("call-after-shutdown", "", "");
    browser.memfree(acts_module.block);
}

const struct act acts_misuse[] = {
    {"free-twice", free_twice},
    {"free-thrice", free_thrice},
    {"received-freed-twice", received_freed_twice},
    {"free-static", free_static},
    {"free-inside", free_inside},
    {"free-heap", free_heap},
    {"heap-free", heap_free},
    {"heap-realloc", heap_realloc},
    {"heap-free-received", heap_free_received},
    {"free-user-agent", free_user_agent},
    {"free-argument", free_argument},
    {"free-attribute", free_attribute},
    {"free-identifier", free_identifier},
    {"argument-freed", argument_freed},
    {"argument-released", argument_released},
    {"free-buffer", free_buffer},
    {"block-lent", block_lent},
    {"lent-freed", lent_freed},
    {"lent-returned", lent_returned},
    {"variant-twice", variant_twice},
    {"variant-object-twice", variant_object_twice},
    {"object-twice", object_twice},
    {"window-twice", window_twice},
    {"negative-size", negative_size},
    {"flush-spins", flush_spins},
    {"flush-some", flush_some},
    {"missing-called", missing_called},
    {"missing-beyond-called", missing_beyond_called},
    {"null-called", null_called},
    {"null-read", null_read},
    {"signal-sent", signal_sent},
    {"exported-called", exported_called},
    {"after-shutdown", after_shutdown},
    {"module-block-left", module_block_left},
    {"module-block-freed", module_block_freed},
    {"module-block-freed-late", module_block_freed_late},
    {NULL, NULL},
};
