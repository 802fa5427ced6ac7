/* tests/selfcheck/reload_library.c - a library that is loaded where another one was */
/* SPDX-License-Identifier: MIT */

/*
 * Compiled twice, with RELOAD_ROOM_BYTES of 32 and 96: the instructions have the same lengths, the
 * functions the same addresses, the return addresses too; the frames have different sizes. What is
 * known of one is wrong of the other.
 */
#include "tests/selfcheck/reload.h"

#include <stdlib.h>

reload_function reload_allocate;

__attribute__((noinline, visibility("default"))) void reload_allocate(size_t size, unsigned depth)
{
    volatile char room[RELOAD_ROOM_BYTES];

    room[0] = (char)depth;
    if (depth > 0)
        reload_allocate(size, depth - 1);
    else
        free(malloc(size));
    if (room[0] != (char)depth)
        abort();
}
