/* tests/selfcheck/shapes.c - a program whose call stacks are hard to unwind */
/* SPDX-License-Identifier: MIT */

#include "tests/selfcheck/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 7

static const struct {
    const char *name;
    shapes_case *run;
} cases[] = {
    {"shift", shapes_shift},         {"shift-saved", shapes_shift_saved},
    {"realigned", shapes_realigned}, {"jumps", shapes_jumps},
    {"recursion", shapes_recursion}, {"callbacks", shapes_callbacks},
    {"coroutines", shapes_coroutines}, {"alternate", shapes_alternate},
    {"faults", shapes_faults},       {"threads", shapes_threads},
};

static __thread void *kept[KEPT];
static __thread unsigned turn;

__attribute__((noinline)) void shapes_allocate(size_t size)
{
    void **slot = &kept[turn++ % KEPT];

    free(*slot);
    *slot = malloc(size);
    if (*slot == NULL)
        abort();
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t found = 0;
        while (found < sizeof(cases) / sizeof(cases[0]) && strcmp(cases[found].name, argv[i]) != 0)
            found++;
        if (found == sizeof(cases) / sizeof(cases[0])) {
            fprintf(stderr, "shapes: %s: no such case\n", argv[i]);
            return 2;
        }
        printf("%s %u\n", argv[i], cases[found].run());
    }
    return 0;
}
