/* tests/contract/acts_checked.c - acts that write where they should not, for record --check */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/acts.h"

static char *room(void)
{
    return browser.memalloc(20);
}

/* Seen when the block is freed. */
static void write_behind(struct act_call *call)
{
    (void)call;
    char *block = room();
    strcpy(block, "twenty bytes and one");
    STATE_FINDING("overrun", "room", "");
    browser.memfree(block);
}

static void give_back(char *block)
{
    browser.memfree(block);
}

/* Seen when the block really goes back, at the latest after NP_Shutdown; who wrote is not known, so
 * the place is that of the release. */
static void write_freed(struct act_call *call)
{
    (void)call;
    char *block = room();
    give_back(block);
    block[7] = 'x';
    state("finding", "write-after-free", 1, "give_back", "room", "give_back");
}

static void write_within(struct act_call *call)
{
    (void)call;
    char *block = room();
    memset(block, 'x', 20);
    browser.memfree(block);
}

const struct act acts_checked[] = {
    {"write-behind", write_behind},
    {"write-freed", write_freed},
    {"write-within", write_within},
    {NULL, NULL},
};
