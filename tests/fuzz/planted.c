/* tests/fuzz/planted.c - a harness with faults, to see that each is found */
/* SPDX-License-Identifier: MIT */

/* The first byte of the input says which. */
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <stdlib.h>

#define BEYOND_BYTES (UINT64_C(1) << 32)

static volatile int sink;

static void overrun(void)
{
    volatile uint8_t *bytes = malloc(16);

    sink = bytes[16 + (sink & 1)];
    free((void *)bytes);
}

static void overflow(void)
{
    sink = INT_MAX;
    sink = sink + 1;
}

static void leak(void)
{
    void *volatile lost = malloc(100);

    lost = NULL;
    (void)lost;
}

static void hang(void)
{
    while (sink == 0)
        continue;
}

static void allocate(void)
{
    void *volatile much = malloc(BEYOND_BYTES);

    free(much);
}

static void leave(void)
{
    exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sink = 0;
    switch (size == 0 ? 0 : data[0]) {
    case 'r': overrun(); break;
    case 'o': overflow(); break;
    case 'l': leak(); break;
    case 'h': hang(); break;
    case 'a': allocate(); break;
    case 'e': leave(); break;
    default:;
    }
    return 0;
}
