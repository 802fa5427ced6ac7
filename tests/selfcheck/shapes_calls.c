/* tests/selfcheck/shapes_calls.c - moving frames, jumps out of them, calls through libraries */
/* SPDX-License-Identifier: MIT */

#include "tests/selfcheck/shapes.h"

#include <alloca.h>
#include <link.h>
#include <search.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static unsigned long state = 1;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % below);
}

/* ---- realigned stacks, with and without arrays, in any order ---- */

static unsigned realigned_frames;

typedef void step(unsigned depth);
static step plain, realigned_64, realigned_256, realigned_array, variable;
static step *const steps[] = {plain, realigned_64, realigned_256, realigned_array, variable};

static void go_on(unsigned depth)
{
    shapes_allocate(16 + depth);
    if (depth > 0)
        steps[draw(sizeof(steps) / sizeof(steps[0]))](depth - 1);
    if (depth % 5 == 2)
        shapes_allocate(100 + depth);
}

static __attribute__((noinline)) void plain(unsigned depth)
{
    go_on(depth);
    __asm__ volatile("");
}

static __attribute__((noinline)) void realigned_64(unsigned depth)
{
    _Alignas(64) volatile char room[64];

    room[0] = 1;
    realigned_frames += (uintptr_t)room % 64 == 0;
    go_on(depth);
    room[0] = 2;
}

static __attribute__((noinline)) void realigned_256(unsigned depth)
{
    _Alignas(256) volatile char room[300];

    room[0] = 1;
    realigned_frames += (uintptr_t)room % 256 == 0;
    go_on(depth);
    room[0] = 2;
}

static __attribute__((noinline)) void realigned_array(unsigned depth)
{
    _Alignas(128) volatile char room[128];
    volatile char *more = alloca(1 + draw(200));

    room[0] = more[0] = 1;
    realigned_frames += (uintptr_t)room % 128 == 0;
    go_on(depth);
    room[0] = more[0] = 2;
}

static __attribute__((noinline)) void variable(unsigned depth)
{
    size_t bytes = 1 + draw(200);
    volatile char room[bytes];

    room[bytes - 1] = 1;
    go_on(depth);
    if (room[bytes - 1] != 1)
        abort();
}

unsigned shapes_realigned(void)
{
    realigned_frames = 0;
    for (unsigned i = 0; i < 400; i++)
        plain(1 + draw(20));
    return realigned_frames;
}

/* ---- longjmp ---- */

static jmp_buf places[4];

static __attribute__((noinline)) void jump_from(unsigned depth, unsigned place)
{
    shapes_allocate(32);
    if (depth == 0)
        longjmp(places[place], 1);
    if (depth % 2 == 0)
        variable(1);
    if (state != 0) /* always */
        jump_from(depth - 1, place);
    __asm__ volatile("");
}

/* Each level can be jumped back to. */
static __attribute__((noinline)) unsigned jumps(unsigned level)
{
    volatile unsigned count = 0;

    for (volatile unsigned i = 0; i < 12; i++) {
        if (setjmp(places[level]) != 0) {
            count++;
            shapes_allocate(48);
            continue;
        }
        if (level + 1 < sizeof(places) / sizeof(places[0]) && i % 3 == 0)
            count += jumps(level + 1);
        jump_from(1 + draw(12), draw(2) != 0 ? level : draw(level + 1));
    }
    return count;
}

/* A jump to an outer level starts that level's loop anew, so count the ones that came back here. */
unsigned shapes_jumps(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < 20; i++)
        count += jumps(0);
    return count;
}

/* ---- deep recursion that comes back a part of the way ---- */

static __attribute__((noinline)) void recurse(unsigned depth)
{
    if (depth % 16 == 0)
        shapes_allocate(depth + 1);
    if (depth > 0)
        recurse(depth - 1);
    if (depth % 64 == 1) {
        shapes_allocate(depth + 2);
        if (depth < 200 && depth > 8)
            recurse(depth / 2);
    }
}

unsigned shapes_recursion(void)
{
    recurse(1000);
    recurse(300);
    return 2;
}

/* ---- the C library calls back ---- */

static unsigned called_back;

static int compare(const void *a, const void *b)
{
    called_back++;
    shapes_allocate(24);
    return *(const int *)a - *(const int *)b;
}

static int visit(struct dl_phdr_info *info, size_t bytes, void *depth)
{
    (void)info;
    (void)bytes;
    called_back++;
    shapes_allocate(40);
    if (*(unsigned *)depth > 0) {
        unsigned less = *(unsigned *)depth - 1;
        plain(less);
    }
    return 0;
}

static void walk(const void *node, VISIT which, int depth)
{
    (void)node;
    (void)which;
    called_back++;
    shapes_allocate(56 + (size_t)depth);
}

unsigned shapes_callbacks(void)
{
    int numbers[400];
    void *tree = NULL;
    unsigned depth = 3;

    called_back = 0;
    for (unsigned i = 0; i < 400; i++) {
        numbers[i] = (int)draw(1000);
        tsearch(&numbers[i], &tree, compare);
    }
    twalk(tree, walk);
    qsort(numbers, 400, sizeof(numbers[0]), compare);
    dl_iterate_phdr(visit, &depth);
    return called_back;
}
