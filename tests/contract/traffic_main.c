/* tests/contract/traffic_main.c - what the random plug-in exports, and its instances */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

enum { LEVELS = 5 };

struct instance traffic_module;

static unsigned level; /* calls of ours within each other */

/* ---- acts ------------------------------------------------------------------------------------ */

static const struct act *const parts[] = {acts_memory, acts_browser, acts_script, acts_later};

enum { PARTS = sizeof parts / sizeof parts[0] };

static unsigned all_shares(void)
{
    unsigned shares = 0;

    for (size_t i = 0; i < PARTS; i++)
        for (const struct act *act = parts[i]; act->run != NULL; act++)
            shares += act->share;
    return shares;
}

static const struct act *some_act(void)
{
    uint32_t chosen = below(all_shares());

    for (size_t i = 0; i < PARTS; i++)
        for (const struct act *act = parts[i]; act->run != NULL; act++) {
            if (chosen < act->share)
                return act;
            chosen -= act->share;
        }
    traffic_fail("no act");
}

void acts_some(struct instance *me, unsigned most)
{
    for (uint32_t times = level < LEVELS ? below(most + 1) : 0; times > 0; times--) {
        const struct act *act = some_act();
        if (me->npp != NULL || act->alone)
            act->run(me);
    }
}

/* ---- instances ------------------------------------------------------------------------------- */

void enter(struct instance *me)
{
    level++;
    me->frames++;
    threads_work();
}

/* The last to leave an instance that is over clears it away. */
void leave(struct instance *me)
{
    level--;
    if (--me->frames == 0 && me->npp == NULL && me != &traffic_module)
        free(me);
}

struct instance *instance_begin(NPP npp)
{
    struct instance *me = calloc(1, sizeof *me);

    if (me == NULL)
        traffic_fail("no memory");
    me->npp = npp;
    me->keeps = true;
    npp->pdata = me;
    threads_know(me);
    return me;
}

/* Nothing runs any script from here on. */
void instance_end(struct instance *me)
{
    threads_forget(me);
    me->keeps = false;
    later_end(me);
    browser_end(me);
    script_end(me);
    memory_end(me);
    class_owner_ends(me);
    errands_end(me);
    me->npp->pdata = NULL;
    me->npp = NULL;
}

/* ---- what is exported ------------------------------------------------------------------------ */

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries);
EXPORT NPError NP_Shutdown(void);
EXPORT const char *NP_GetMIMEDescription(void);
EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value);

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries)
{
    const char *seed = getenv("NPNTRAFFIC_SEED");

    chance_begin((seed != NULL ? strtoull(seed, NULL, 0) : 1) + TRAFFIC_VARIANT);
    table_keep(table);
    entries_fill(entries);
    classes_begin();
    threads_begin();
    mem_free(mem_alloc(100));
    return NPERR_NO_ERROR;
}

EXPORT NPError NP_Shutdown(void)
{
    threads_end();
    errands_end(&traffic_module);
    classes_end();
    if (threads_instances != NULL || traffic_module.things != NULL)
        traffic_fail("NP_Shutdown while there are instances");
    tally_write();
    return NPERR_NO_ERROR;
}

EXPORT const char *NP_GetMIMEDescription(void)
{
    return "application/x-nptraffic::random traffic";
}

EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value)
{
    (void)future;
    if (variable != NPPVpluginNameString && variable != NPPVpluginDescriptionString)
        return NPERR_INVALID_PARAM;
    *(const char **)value = "random traffic";
    return NPERR_NO_ERROR;
}
