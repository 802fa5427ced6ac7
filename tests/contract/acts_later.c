/* tests/contract/acts_later.c - acts whose end comes later, outside the call that began them */
/* SPDX-License-Identifier: MIT */

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
    (void)data;
    NPUTF8 *text = browser.utf8fromidentifier(browser.getstringidentifier("asynchronous"));
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_UTF8FromIdentifier", strlen(text) + 1);
}

static void async_keeps(struct act_call *call)
{
    browser.pluginthreadasynccall(call->instance->npp, async_keep, NULL);
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
    (void)npp, (void)id;
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
    if (browser.geturlnotify(call->instance->npp, "http://example.org/later", NULL,
                             browser.memalloc(44)) != NPERR_NO_ERROR)
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

/* ---- NPP_Write ------------------------------------------------------------------------------- */

/* The buffer is the browser's, and lasts for the call. */
static void buffer_copied(struct act_call *call)
{
    if (call->instance->block == NULL)
        call->instance->block = browser.memalloc(4);
    memcpy(call->instance->block, *call->text, 4);
}

const struct act acts_later[] = {
    {"block-left", block_left},       {"block-freed", block_freed},
    {"block-kept", block_kept},       {"block-80-freed", block_80_freed},
    {"new-fails", new_fails},         {"async-asked", async_asked},
    {"async-lost", async_lost},       {"async-keeps", async_keeps},
    {"timer-asked", timer_asked},     {"timer-keeps", timer_keeps},
    {"notify-asked", notify_asked},   {"notify-lost", notify_lost},
    {"buffer-copied", buffer_copied}, {NULL, NULL},
};
