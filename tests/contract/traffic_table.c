/* tests/contract/traffic_table.c - the random plug-in's calls of the browser, and its counts */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_slots.h"
#include "tests/support/splitmix.h"

/* ---- the table ------------------------------------------------------------------------------- */

static NPNetscapeFuncs *browser;

void table_keep(NPNetscapeFuncs *table)
{
    static NPNetscapeFuncs copy;

    if (table->size < sizeof copy)
        traffic_fail("a short table");
    copy = *table;
    browser = TRAFFIC_VARIANT == 1 ? table : &copy;
}

static atomic_ulong slot_counts[SLOTS];

#define COUNTED(returns, slot, parameters, arguments)                                              \
    returns npn_##slot parameters                                                                  \
    {                                                                                              \
        atomic_fetch_add(&slot_counts[SLOT_##slot], 1);                                            \
        return browser->slot arguments;                                                            \
    }
#define VOID_COUNTED(slot, parameters, arguments)                                                  \
    void npn_##slot parameters                                                                     \
    {                                                                                              \
        atomic_fetch_add(&slot_counts[SLOT_##slot], 1);                                            \
        browser->slot arguments;                                                                   \
    }
TABLE_WATCHED_SLOTS(COUNTED, VOID_COUNTED)
TABLE_PLAIN_SLOTS(COUNTED, VOID_COUNTED)

void *npn_getJavaEnv(void)
{
    atomic_fetch_add(&slot_counts[SLOT_getJavaEnv], 1);
    return browser->getJavaEnv();
}

/* ---- counts ---------------------------------------------------------------------------------- */

enum { PLACES = 64 };

struct tally tally;

static struct {
    const char *name;
    unsigned long count;
} places[PLACES];

void count(const char *name)
{
    int i = 0;

    while (i < PLACES && places[i].name != NULL && strcmp(places[i].name, name) != 0)
        i++;
    if (i == PLACES)
        traffic_fail("too many places");
    places[i].name = name;
    places[i].count++;
}

void count_received(const void *block)
{
    if (block != NULL)
        atomic_fetch_add(&tally.received, 1);
}

void count_handed(const void *block)
{
    if (block != NULL)
        atomic_fetch_add(&tally.handed, 1);
}

static void write_line(int fd, const char *what, const char *name, unsigned long number)
{
    char line[96];
    const int length = snprintf(line, sizeof line, "%s %s %lu\n", what, name, number);

    if (number != 0 && write(fd, line, (size_t)length) != length)
        traffic_fail("the counts cannot be written");
}

/* Of the file that this is. */
static const char *own_name(void)
{
    Dl_info info;

    if (dladdr(&tally, &info) == 0 || strchr(info.dli_fname, '/') == NULL)
        traffic_fail("no name");
    return strrchr(info.dli_fname, '/') + 1;
}

/* One file for the process; each time the plug-in is shut down, what was counted since. */
void tally_write(void)
{
    const char *folder = getenv("NPNSAMPLE_STATE");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : ".", own_name());
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const struct {
        const char *name;
        atomic_ulong *number;
    } sums[] = {
        {"allocs", &tally.allocs},     {"bytes_allocated", &tally.bytes},
        {"frees", &tally.frees},       {"flushes", &tally.flushes},
        {"handed_over", &tally.handed}, {"received_blocks", &tally.received},
        {"begun", &tally.begun},       {"failed", &tally.failed},
        {"ended", &tally.ended},
    };

    if (fd < 0)
        traffic_fail("the counts cannot be written");
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        write_line(fd, "sum", sums[i].name, atomic_exchange(sums[i].number, 0));
    for (int i = 0; i < SLOTS; i++)
        write_line(fd, "slot", slot_names[i], atomic_exchange(&slot_counts[i], 0));
    for (int i = 0; i < PLACES && places[i].name != NULL; i++) {
        write_line(fd, "place", places[i].name, places[i].count);
        places[i].count = 0;
    }
    close(fd);
}

/* ---- chance ---------------------------------------------------------------------------------- */

static _Thread_local uint64_t random_state;

void chance_begin(uint64_t seed)
{
    random_state = seed;
}

uint32_t below(uint32_t number)
{
    return splitmix_below(&random_state, number);
}

bool one_in(uint32_t number)
{
    return below(number) == 0;
}

void traffic_fail(const char *what)
{
    fprintf(stderr, "nptraffic: %s\n", what);
    abort();
}
