/* tests/heap/early_main.c - what becomes of blocks that were allocated very early */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/heap/early.h"
#include "tests/heap/say.h"

static void check(const char *what, int good)
{
    say("%s: %s\n", what, good ? "good" : "BAD");
}

static int all_are(const char *bytes, size_t count, char value)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != value)
            return 0;
    return 1;
}

/* A library's static memory, or nobody's: the heap. */
static void say_place(const void *block)
{
    struct dl_find_object object;

    if (_dl_find_object((void *)(uintptr_t)block, &object) == 0)
        say("place: %s\n", object.dlfo_link_map->l_name);
    else
        say("place: heap\n");
}

int main(void)
{
    const struct early *blocks = early_get();

    say_place(blocks->plain);
    check("answer", early_answer() == 42);
    check("usable", blocks->usable >= 100 && malloc_usable_size(blocks->plain) >= 100);
    check("zeroed", all_are(blocks->zeroed, 200, 0));
    check("aligned", blocks->aligned != NULL && ((uintptr_t)blocks->aligned & 255) == 0);
    memset(blocks->plain, 'p', 100);
    memset(blocks->resized, 'r', 200);
    memset(blocks->aligned, 'a', 100);
    errno = 77;
    char *moved = realloc(blocks->plain, 100000);
    check("moved", moved != NULL && all_are(moved, 100, 'p') && errno == 77);
    char *again = reallocarray(blocks->resized, 1000, 30);
    check("moved again", again != NULL && all_are(again, 200, 'r'));
    free(moved);
    free(again);
    free(blocks->zeroed);
    free(blocks->aligned);
    free(blocks->constructed);
    check("errno", errno == 77);
    return 0;
}
