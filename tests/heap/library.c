/* tests/heap/library.c - a library that comes with a plug-in */
/* SPDX-License-Identifier: MIT */

#include "tests/heap/family.h"
#include "tests/heap/libraries.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT void LIBRARY_RUN(void)
{
    family_few(6);
    family_by_pointers();
}
