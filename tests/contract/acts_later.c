/* tests/contract/acts_later.c - acts whose end comes later, outside the call that began them */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/contract/acts.h"

/* What one act leaves in the instance, another frees. */

static void block_left(struct act_call *call)
{
    call->instance->block = browser.memalloc(60);
}

static void block_freed(struct act_call *call)
{
    browser.memfree(call->instance->block);
    call->instance->block = NULL;
}

/* Of the size of a block that a host may have freed unseen. */
static void block_80_freed(struct act_call *call)
{
    (void)call;
    browser.memfree(browser.memalloc(80));
}

static void block_kept(struct act_call *call)
{
    (void)call;
    browser.memalloc(61);
    STATE_LEAK("NPN_MemAlloc", 61);
}

/* NPP_New fails, and nobody calls NPP_Destroy. */
static void new_fails(struct act_call *call)
{
    call->error = NPERR_GENERIC_ERROR;
}

/* ---- NPN_PluginThreadAsyncCall --------------------------------------------------------------- */

static void async_free(void *data)
{
    browser.memfree(data);
}

static void async_asked(struct act_call *call)
{
    browser.pluginthreadasynccall(call->instance->npp, async_free, browser.memalloc(40));
}

/* The call never comes, since the instance ends before. */
static void async_lost(struct act_call *call)
{
    void *data = browser.memalloc(41);
    STATE_LEAK("NPN_MemAlloc", 41);
    browser.pluginthreadasynccall(call->instance->npp, async_free, data);
}

static void async_keep(void *data)
{
    acts_here = (struct acts_here){(unsigned)(uintptr_t)data, __func__};
    NPUTF8 *text = browser.utf8fromidentifier(browser.getstringidentifier("asynchronous"));
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_UTF8FromIdentifier", strlen(text) + 1);
}

static void async_keeps(struct act_call *call)
{
    browser.pluginthreadasynccall(call->instance->npp, async_keep,
                                  (void *)(uintptr_t)acts_here.serial);
}

/* ---- NPN_ScheduleTimer ----------------------------------------------------------------------- */

static void timer_free(NPP npp, uint32_t id)
{
    struct acts_instance *instance = npp->pdata;
    (void)id;
    browser.memfree(instance->block);
    instance->block = NULL;
}

static void timer_asked(struct act_call *call)
{
    call->instance->block = browser.memalloc(42);
    call->instance->timer = browser.scheduletimer(call->instance->npp, 10, false, timer_free);
}

static void timer_keep(NPP npp, uint32_t id)
{
    (void)id;
    acts_here = (struct acts_here){((struct acts_instance *)npp->pdata)->serial, __func__};
    browser.memalloc(43);
    STATE_LEAK("NPN_MemAlloc", 43);
}

static void timer_keeps(struct act_call *call)
{
    browser.scheduletimer(call->instance->npp, 10, true, timer_keep);
}

/* ---- NPN_GetURLNotify ------------------------------------------------------------------------ */

static void notify_asked(struct act_call *call)
{
    const char *url = getenv("ACTS_URL");
    if (browser.geturlnotify(call->instance->npp, url != NULL ? url : "http://example.org/later",
                             NULL, browser.memalloc(44)) != NPERR_NO_ERROR)
        acts_fail("NPN_GetURLNotify");
}

static void notify_lost(struct act_call *call)
{
    void *data = browser.memalloc(45);
    STATE_LEAK("NPN_MemAlloc", 45);
    if (browser.geturlnotify(call->instance->npp, "http://example.org/later", NULL, data) !=
        NPERR_NO_ERROR)
        acts_fail("NPN_GetURLNotify");
}

/* A script asks whether NPP_URLNotify or an asynchronous call has come. */
static void answer_come(struct act_call *call)
{
    call->result->type = NPVariantType_Int32;
    call->result->value.intValue = call->instance->come;
}

static void notify_came(struct act_call *call)
{
    call->instance->come = 1;
}

static void async_come(void *data)
{
    ((struct acts_instance *)data)->come = 1;
}

/* After those that were asked for before. */
static void async_told(struct act_call *call)
{
    browser.pluginthreadasynccall(call->instance->npp, async_come, call->instance);
}

/* ---- NPP_Write ------------------------------------------------------------------------------- */

/* The buffer is the browser's, and lasts for the call. */
static void buffer_copied(struct act_call *call)
{
    static char copy[4];
    memcpy(copy, *call->text, sizeof copy);
}

const struct act acts_later[] = {
    {"block-left", block_left},       {"block-freed", block_freed},
    {"block-kept", block_kept},       {"block-80-freed", block_80_freed},
    {"new-fails", new_fails},         {"async-asked", async_asked},
    {"async-lost", async_lost},       {"async-keeps", async_keeps},
    {"timer-asked", timer_asked},     {"timer-keeps", timer_keeps},
    {"notify-asked", notify_asked},   {"notify-lost", notify_lost},
    {"answer-come", answer_come},     {"notify-came", notify_came},
    {"async-told", async_told},       {"buffer-copied", buffer_copied},
    {NULL, NULL},
};
