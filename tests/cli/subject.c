/* tests/cli/subject.c - a program whose stacks have known names, lines and inlined functions */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

static inline __attribute__((always_inline)) void *take(size_t bytes)
{
    return malloc(bytes); /* line: take */
}

static inline __attribute__((always_inline)) void *take_more(size_t bytes)
{
    return take(2 * bytes); /* line: take_more */
}

__attribute__((noinline)) static void *grow(size_t bytes)
{
    void *block = take_more(bytes); /* line: grow */

    __asm__ volatile("" : : "r"(block) : "memory");
    return block;
}

int main(void)
{
    void *block = grow(1000); /* line: main */

    __asm__ volatile("" : : "r"(block) : "memory");
    return 0;
}
