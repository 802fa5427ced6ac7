/* tests/heap/early.h - a library that allocates before anything else is ready */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_HEAP_EARLY_H
#define NPNTRACE_TESTS_HEAP_EARLY_H

#include <stddef.h>

struct early {
    void *plain;       /* 100 bytes */
    void *zeroed;      /* 200 bytes */
    void *resized;     /* 200 bytes */
    void *aligned;     /* 100 bytes, aligned to 256 */
    void *constructed; /* 70 bytes, by the library's constructor */
    size_t usable;     /* of `plain`, as it was told then */
};

/* Not as a variable, of which the program would have a copy of its own. */
__attribute__((visibility("default"))) const struct early *early_get(void);
__attribute__((visibility("default"))) int early_answer(void);

#endif
