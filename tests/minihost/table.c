/* tests/minihost/table.c: makes, protects and checks the browser's tables of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/options.h"

enum { TABLES = 64 };

/* What was written into each table, to compare with what is there. */
static struct made {
    NPNetscapeFuncs *table; /* NULL once destroyed */
    void *written;
} made[TABLES];

static struct made *made_find(const NPNetscapeFuncs *table)
{
    for (int i = 0; i < TABLES; i++)
        if (made[i].table == table)
            return &made[i];
    return NULL;
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* 65535 bytes at most, so a fixed number of pages before the guard. */
static size_t room_bytes(void)
{
    return (65536 + page_bytes() - 1) & ~(page_bytes() - 1);
}

void *table_guarded(size_t bytes)
{
    const size_t room = room_bytes();
    char *start =
        mmap(NULL, room + page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + room, page_bytes(), PROT_NONE) != 0)
        script_error("no memory for a table");
    return start + ((room - bytes) & ~(size_t)7);
}

static bool is_null_slot(const char *name)
{
    const size_t length = strlen(name);
    for (const char *p = options.null_slots; p != NULL && *p != '\0';) {
        const size_t here = strcspn(p, ",");
        if (here == length && memcmp(p, name, length) == 0)
            return true;
        p += here + (p[here] == ',');
    }
    return false;
}

/* Slots that do not lie wholly within the table's size do not exist. */
static void fill_slot(char *place, size_t size, const struct slot *slot)
{
    if (slot->offset + sizeof slot->func > size)
        return;
    void (*func)(void) = is_null_slot(slot->name) ? NULL : slot->func;
    memcpy(place + slot->offset, &func, sizeof func);
}

void table_fill(void *place, int set)
{
    const struct memory_set *memory = &memory_sets[set];
    const struct slot memory_slots[] = {
        SLOT(memalloc, memory->memalloc),
        SLOT(memfree, memory->memfree),
        SLOT(memflush, memory->memflush),
        {NULL, 0, NULL},
    };
    const struct slot *const lists[] = {memory_slots, object_slots, script_slots, browser_slots,
                                        later_slots};
    const size_t size = options.table_size_bytes;
    unsigned char *bytes = place;
    for (size_t i = 0; i < size; i++) /* the tail, and holes that nobody fills */
        bytes[i] = i < sizeof(NPNetscapeFuncs) && i < (size & ~(size_t)7)
                       ? 0
                       : (unsigned char)(i * 13 + 5);
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++)
        for (const struct slot *slot = lists[l]; slot->func != NULL; slot++)
            fill_slot(place, size, slot);
    const uint16_t head[2] = {options.table_size_bytes, options.table_version};
    memcpy(place, head, size < sizeof head ? size : sizeof head);
}

NPNetscapeFuncs *table_place(void)
{
    struct made *m = made_find(NULL);
    if (m == NULL)
        script_error("too many tables");
    size_t bytes = options.table_size_bytes < 4 ? 4 : options.table_size_bytes;
    m->table = table_guarded(bytes);
    m->written = calloc(1, bytes);
    return m->table;
}

static void protect(NPNetscapeFuncs *table, int protection)
{
    char *start = (char *)((uintptr_t)table & ~(uintptr_t)(page_bytes() - 1));
    char *end = (char *)table + options.table_size_bytes;
    if (mprotect(start, (size_t)(end - start), protection) != 0)
        script_error("a table could not be protected");
}

void table_seal(NPNetscapeFuncs *table)
{
    memcpy(made_find(table)->written, table, options.table_size_bytes);
    if (options.table == TABLE_CONST)
        protect(table, PROT_READ);
}

void table_unseal(NPNetscapeFuncs *table)
{
    protect(table, PROT_READ | PROT_WRITE);
}

void table_destroy(NPNetscapeFuncs *table)
{
    protect(table, PROT_NONE);
    made_find(table)->table = NULL;
}

bool table_unchanged(void)
{
    bool unchanged = true;
    for (int i = 0; i < TABLES; i++) {
        if (made[i].table == NULL ||
            memcmp(made[i].table, made[i].written, options.table_size_bytes) == 0)
            continue;
        say("host: ITS TABLE WAS WRITTEN");
        unchanged = false;
    }
    return unchanged;
}
