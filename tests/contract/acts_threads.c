/* tests/contract/acts_threads.c - acts on threads of the plug-in's own */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <string.h>

#include "tests/contract/acts.h"

/* What the thread works with is got on the main thread. */
struct errand {
    struct act_call *call;
    NPObject *window;
    NPVariant title;
    NPIdentifier name;
};

static void run(struct errand *errand, void *(*routine)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, errand) != 0 || pthread_join(thread, NULL) != 0)
        acts_fail("no thread");
}

static struct errand errand_for(struct act_call *call)
{
    struct errand errand = {.call = call, .name = browser.getstringidentifier("title")};
    errand.window = acts_window(call);
    return errand;
}

/* ---- what any thread may do ------------------------------------------------------------------ */

static void nothing_to_do(void *data)
{
    (void)data;
}

static void *allowed(void *data)
{
    struct errand *errand = data;
    void *block = browser.memalloc(90);
    browser.memflush(0);
    browser.memfree(block);
    NPUTF8 *text = browser.utf8fromidentifier(errand->name);
    browser.memfree(text);
    STATE_RECEIVED(1);
    if (!browser.identifierisstring(errand->name))
        acts_fail("no string");
    browser.pluginthreadasynccall(errand->call->instance->npp, nothing_to_do, NULL);
    return NULL;
}

static void thread_allowed(struct act_call *call)
{
    struct errand errand = errand_for(call);
    run(&errand, allowed);
    browser.releaseobject(errand.window);
}

static void *keeps(void *data)
{
    struct errand *errand = data;
    NPUTF8 *text = browser.utf8fromidentifier(errand->name);
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_UTF8FromIdentifier", strlen(text) + 1);
    return NULL;
}

static void thread_keeps(struct act_call *call)
{
    struct errand errand = errand_for(call);
    run(&errand, keeps);
    browser.releaseobject(errand.window);
}

/* ---- what it may not ------------------------------------------------------------------------- */

static void *identifies(void *data)
{
    (void)data;
    STATE_FINDING("call-off-thread", "", "");
    browser.getstringidentifier("title");
    return NULL;
}

static void thread_identifies(struct act_call *call)
{
    struct errand errand = {.call = call};
    run(&errand, identifies);
}

static void *retains(void *data)
{
    struct errand *errand = data;
    STATE_FINDING("call-off-thread", "", "");
    browser.retainobject(errand->window);
    return NULL;
}

static void thread_retains(struct act_call *call)
{
    struct errand errand = errand_for(call);
    run(&errand, retains);
    browser.releaseobject(errand.window);
    browser.releaseobject(errand.window);
}

/* One browser does nothing at all then, and the object stays: its own leak. */
static void *releases(void *data)
{
    struct errand *errand = data;
    STATE_FINDING("call-off-thread", "", "");
    browser.releaseobject(errand->window);
    return NULL;
}

static void thread_releases(struct act_call *call)
{
    struct errand errand = errand_for(call);
    run(&errand, releases);
}

static void *releases_variant(void *data)
{
    struct errand *errand = data;
    STATE_FINDING("call-off-thread", "", "");
    browser.releasevariantvalue(&errand->title);
    return NULL;
}

static void thread_releases_variant(struct act_call *call)
{
    struct errand errand = errand_for(call);
    browser.getproperty(call->instance->npp, errand.window, errand.name, &errand.title);
    STATE_RECEIVED(1);
    browser.releaseobject(errand.window);
    run(&errand, releases_variant);
}

/* Browsers that refuse leave the result alone. */
static void *gets(void *data)
{
    struct errand *errand = data;
    STATE_FINDING("call-off-thread", "", "");
    if (browser.getproperty(errand->call->instance->npp, errand->window, errand->name,
                            &errand->title))
        STATE_RECEIVED(1);
    return NULL;
}

static void thread_gets(struct act_call *call)
{
    struct errand errand = errand_for(call);
    run(&errand, gets);
    browser.releasevariantvalue(&errand.title);
    browser.releaseobject(errand.window);
}

static void *creates(void *data)
{
    struct errand *errand = data;
    STATE_FINDING("call-off-thread", "", "");
    errand->window = browser.createobject(errand->call->instance->npp, &acts_plain_class);
    return NULL;
}

static void thread_creates(struct act_call *call)
{
    struct errand errand = {.call = call};
    run(&errand, creates);
    if (errand.window != NULL)
        browser.releaseobject(errand.window);
}

static void *asks(void *data)
{
    struct errand *errand = data;
    NPBool windowless = false;
    STATE_FINDING("call-off-thread", "", "");
    browser.getvalue(errand->call->instance->npp, NPNVSupportsWindowless, &windowless);
    return NULL;
}

static void thread_asks(struct act_call *call)
{
    struct errand errand = {.call = call};
    run(&errand, asks);
}

const struct act acts_threads[] = {
    {"thread-allowed", thread_allowed},
    {"thread-keeps", thread_keeps},
    {"thread-identifies", thread_identifies},
    {"thread-retains", thread_retains},
    {"thread-releases", thread_releases},
    {"thread-releases-variant", thread_releases_variant},
    {"thread-gets", thread_gets},
    {"thread-creates", thread_creates},
    {"thread-asks", thread_asks},
    {NULL, NULL},
};
