/* viewer/xalloc.c - allocation that ends the program when there is no memory */
/* SPDX-License-Identifier: MIT */

#include "viewer/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xalloc_checked(void *memory)
{
    if (memory == NULL) {
        fputs("npntrace: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void *xalloc_zeroed(size_t count, size_t size)
{
    return xalloc_checked(calloc(count == 0 ? 1 : count, size));
}

void *xalloc_resized(void *memory, size_t count, size_t size)
{
    return xalloc_checked(reallocarray(memory, count == 0 ? 1 : count, size));
}

char *xalloc_string(const char *text)
{
    return xalloc_checked(strdup(text));
}

char *xalloc_substring(const char *text, size_t bytes)
{
    return xalloc_checked(strndup(text, bytes));
}

char *xalloc_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return xalloc_checked(length < 0 ? NULL : text);
}

void *xalloc_grown(void *array, size_t used, size_t *capacity, size_t size)
{
    if (used < *capacity)
        return array;
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    array = xalloc_resized(array, wanted, size);
    *capacity = wanted;
    return array;
}
