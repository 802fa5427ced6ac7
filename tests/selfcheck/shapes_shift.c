/* tests/selfcheck/shapes_shift.c - stacks on which return addresses alone would lie */
/* SPDX-License-Identifier: MIT */

/*
 * middle() has an array of variable size, so its frame is found through the frame pointer. It is
 * called by left() and then, with a smaller array, by right(), whose frame is larger by as much:
 *
 *        first call                      second call
 *   outer|                               |outer
 *   left |   room of left()              |right   room of right()
 *        | return address into left  <---|------- still there, in the middle of right()'s room,
 *        | saved registers               |        which nobody has written to
 *        |   array of middle()           | return address into right
 *        |                               |   array of middle()
 *   inner| return address into middle    | return address into middle, at the same place
 *
 * The stack pointer and the return address in inner() are the same. Who knows the first stack and
 * compares return addresses where they were finds both unchanged, and takes left() for the caller.
 * The frame pointer of middle() tells: inner() has it in its register or, where that is needed for
 * something else, has saved it.
 *
 * The program looks for itself whether that came to pass, and counts how often it did.
 */
#include "tests/selfcheck/shapes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_SIZE 1000 /* of blocks, plus an even number */
#define ROUNDS 3

struct shift { /* where the return addresses of a call lie, and what they are */
    uint64_t inner_frame, middle_frame;
    uint64_t inner_return, middle_return;
};

static struct shift first, now;
static unsigned lies;
static size_t size;

typedef void inner_function(void);
static inner_function *inner;

/* The word below the frame's address is the return address, on x86-64. */
static uint64_t return_at(uint64_t frame)
{
    return ((const volatile uint64_t *)frame)[-1];
}

/* Whether a look at the return addresses alone would take the stack of now for the first one. */
static __attribute__((noinline)) void compare(void)
{
    if (first.inner_frame == now.inner_frame && first.inner_return == now.inner_return &&
        first.middle_frame > now.middle_frame &&
        return_at(first.middle_frame) == first.middle_return &&
        now.middle_return != first.middle_return)
        lies++;
}

static __attribute__((noinline)) void note(uint64_t frame)
{
    now.inner_frame = frame;
    now.inner_return = return_at(frame);
    compare();
}

static __attribute__((noinline)) void inner_plain(void)
{
    note((uint64_t)__builtin_dwarf_cfa());
    free(malloc(size));
    __asm__ volatile("");
}

/* The register that holds middle()'s frame is needed here, so it is saved on the stack. */
static __attribute__((noinline)) void inner_saving(void)
{
    note((uint64_t)__builtin_dwarf_cfa());
#if defined(__x86_64__)
    __asm__ volatile("xorl %%ebp, %%ebp" ::: "rbp");
#endif
    free(malloc(size));
    __asm__ volatile("");
}

static __attribute__((noinline)) void middle(size_t bytes)
{
    volatile char array[bytes];

    now.middle_frame = (uint64_t)__builtin_dwarf_cfa();
    now.middle_return = return_at(now.middle_frame);
    array[0] = 1;
    inner();
    if (array[0] != 1)
        abort();
}

#define CALLER(side, bytes)                                                                        \
    static __attribute__((noinline)) void side##_##bytes(size_t array_bytes)                       \
    {                                                                                              \
        volatile char room[bytes];                                                                 \
        room[0] = 1;                                                                               \
        middle(array_bytes);                                                                       \
        if (room[0] != 1)                                                                          \
            abort();                                                                               \
    }

#define EACH_SIZE(side)                                                                            \
    CALLER(side, 40) CALLER(side, 56) CALLER(side, 72) CALLER(side, 88) CALLER(side, 104)          \
    CALLER(side, 120) CALLER(side, 136) CALLER(side, 152) CALLER(side, 280) CALLER(side, 408)

EACH_SIZE(left)
EACH_SIZE(right)

#define CALLERS(side)                                                                              \
    {                                                                                              \
        side##_40, side##_56, side##_72, side##_88, side##_104, side##_120, side##_136,            \
            side##_152, side##_280, side##_408                                                     \
    }
enum { SIZES = 10 };
static void (*const lefts[SIZES])(size_t) = CALLERS(left);
static void (*const rights[SIZES])(size_t) = CALLERS(right);
static const size_t rooms[SIZES] = {40, 56, 72, 88, 104, 120, 136, 152, 280, 408};

/* One after the other, from one frame, with nothing in between. */
static __attribute__((noinline)) void outer(unsigned l, size_t left_bytes, unsigned r,
                                            size_t right_bytes)
{
    memset(&first, 0, sizeof(first));
    size = LEFT_SIZE + 2 * l;
    lefts[l](left_bytes);
    first = now;
    size = LEFT_SIZE + 2 * r + 1;
    rights[r](right_bytes);
}

/* Arrays such that what middle() has less is what right() has more. */
static unsigned shift(inner_function *how)
{
    lies = 0;
    inner = how;
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned l = 0; l < SIZES; l++)
            for (unsigned r = l + 1; r < SIZES; r++)
                for (size_t bytes = 16; bytes <= 64; bytes += 16)
                    outer(l, bytes + rooms[r] - rooms[l], r, bytes);
    return lies;
}

unsigned shapes_shift(void)
{
    return shift(inner_plain);
}

unsigned shapes_shift_saved(void)
{
    return shift(inner_saving);
}
