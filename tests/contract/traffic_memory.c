/* tests/contract/traffic_memory.c - the random plug-in's blocks, its own and the browser's */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

/* ---- counted NPN_Mem* ------------------------------------------------------------------------ */

void *mem_alloc(uint32_t bytes)
{
    unsigned char *block = npn_memalloc(bytes);

    if (block == NULL)
        traffic_fail("NPN_MemAlloc");
    atomic_fetch_add(&tally.allocs, 1);
    atomic_fetch_add(&tally.bytes, bytes);
    memset(block, 0x5a, bytes);
    return block;
}

void mem_free(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&tally.frees, 1);
    npn_memfree(block);
}

/* As the guide says: until there is nothing left to free. */
void mem_flush(uint32_t bytes)
{
    do
        atomic_fetch_add(&tally.flushes, 1);
    while (npn_memflush(bytes) != 0);
}

/* Mostly small. */
uint32_t mem_size(void)
{
    return one_in(10) ? below(50000) : below(one_in(3) ? 2000 : 80);
}

/* ---- what an instance keeps ------------------------------------------------------------------ */

/* What was there before is released. */
void keep_block(struct instance *me, void *block)
{
    void **place = &me->blocks[below(KEPT)], *old = *place;

    if (!me->keeps) {
        mem_free(block);
        return;
    }
    *place = block;
    mem_free(old);
}

static void release_or_keep(struct instance *me, void *block)
{
    if (one_in(3))
        keep_block(me, block);
    else
        mem_free(block);
}

void memory_end(struct instance *me)
{
    for (int i = 0; i < KEPT; i++) {
        if (me->blocks[i] != NULL)
            mem_free(me->blocks[i]);
        me->blocks[i] = NULL;
    }
}

/* ---- acts ------------------------------------------------------------------------------------ */

static void allocate(struct instance *me)
{
    release_or_keep(me, mem_alloc(mem_size()));
}

static void allocate_many(struct instance *me)
{
    void *blocks[8];

    (void)me;
    for (int i = 0; i < 8; i++)
        blocks[i] = mem_alloc(mem_size());
    for (int i = 0; i < 8; i++)
        mem_free(blocks[(i + 3) % 8]);
}

static void free_nothing(struct instance *me)
{
    (void)me;
    mem_free(NULL);
}

static void flush(struct instance *me)
{
    (void)me;
    mem_flush(1 + below(4000));
}

NPIdentifier some_identifier(void)
{
    char name[32];

    snprintf(name, sizeof name, "name%u", below(100));
    return one_in(5) ? npn_getintidentifier((int32_t)below(50)) : npn_getstringidentifier(name);
}

static void identify(struct instance *me)
{
    NPIdentifier identifier = some_identifier();

    if (!npn_identifierisstring(identifier)) {
        if (npn_intfromidentifier(identifier) >= 50)
            traffic_fail("another number");
        if (npn_utf8fromidentifier(identifier) != NULL)
            traffic_fail("a number has a name");
        return;
    }
    NPUTF8 *text = npn_utf8fromidentifier(identifier);
    count_received(text);
    if (strncmp(text, "name", 4) != 0 && npn_getstringidentifier(text) != identifier)
        traffic_fail("another name");
    release_or_keep(me, text);
}

static void identify_many(struct instance *me)
{
    const NPUTF8 *names[] = {"name1", "name2", "more"};
    NPIdentifier identifiers[3];

    (void)me;
    npn_getstringidentifiers(names, 3, identifiers);
    if (identifiers[0] != npn_getstringidentifier("name1"))
        traffic_fail("another identifier");
}

static void get_origin(struct instance *me)
{
    char *origin = NULL;

    if (npn_getvalue(me->npp, NPNVdocumentOrigin, &origin) != NPERR_NO_ERROR)
        return;
    count_received(origin);
    release_or_keep(me, origin);
}

static void get_cookie(struct instance *me)
{
    char *value = NULL;
    uint32_t length = 0;

    if (npn_getvalueforurl(me->npp, one_in(4) ? NPNURLVProxy : NPNURLVCookie,
                           "http://example.org/", &value, &length) != NPERR_NO_ERROR)
        return;
    count_received(value);
    if (one_in(2))
        npn_setvalueforurl(me->npp, NPNURLVCookie, "http://example.org/", value, length);
    release_or_keep(me, value);
}

static void get_login(struct instance *me)
{
    char *user = NULL, *password = NULL;
    uint32_t user_length = 0, password_length = 0;

    if (npn_getauthenticationinfo(me->npp, "http", "example.org", one_in(4) ? 81 : 80, "basic",
                                  "realm", &user, &user_length, &password,
                                  &password_length) != NPERR_NO_ERROR)
        return;
    count_received(user);
    count_received(password);
    release_or_keep(me, password);
    release_or_keep(me, user);
}

const struct act acts_memory[] = {
    {allocate, 12, true},     {allocate_many, 2, true}, {free_nothing, 1, true},
    {flush, 1, true},         {identify, 6, true},      {identify_many, 2, true},
    {get_origin, 2, false},   {get_cookie, 2, false},   {get_login, 2, false},
    {NULL, 0, false},
};
