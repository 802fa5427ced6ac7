/* viewer/xalloc.h - allocation that ends the program when there is no memory */
/* SPDX-License-Identifier: MIT */

/*
 * The viewer is a program that prints and exits: without memory there is nothing left to do. Each
 * function returns memory or says "out of memory" on stderr and exits with status 2. Sizes are
 * checked for overflow. free() releases what they return.
 */
#ifndef NPNTRACE_VIEWER_XALLOC_H
#define NPNTRACE_VIEWER_XALLOC_H

#include <stddef.h>

void *xalloc_zeroed(size_t count, size_t size); /* zeroed; count 0 is a valid, empty block */
void *xalloc_resized(void *memory, size_t count, size_t size);
char *xalloc_string(const char *text);
char *xalloc_substring(const char *text, size_t bytes);
char *xalloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What somebody else allocated. */
void *xalloc_checked(void *memory);

/* Room for one more element in an array that doubles: returns the (moved) array. */
void *xalloc_grown(void *array, size_t used, size_t *capacity, size_t size);

#endif
