/* tests/bench/twin_noop.c: a preload library that forwards the malloc family, and nothing else. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/twin.c"

inline void twin_freeing(void *block)
{
    (void)block;
}

inline void twin_allocated(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
}
