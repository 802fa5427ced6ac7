/* shim/freelist.h - records that are handed out and come back */
/* SPDX-License-Identifier: MIT */

/*
 * For what a host or the C library is given to hold for us, and may never give back: such a record
 * is lost, and no other. Their memory is the kernel's and never returned. Under the shim's lock;
 * any thread.
 */
#ifndef NPNTRACE_SHIM_FREELIST_H
#define NPNTRACE_SHIM_FREELIST_H

#include <stddef.h>

struct freelist {
    void *first;       /* a free record begins with the address of the next */
    size_t item_bytes; /* a multiple of a word */
};

/* Not cleared. NULL: no memory, or this thread holds the lock. */
void *freelist_take(struct freelist *list);

void freelist_return(struct freelist *list, void *item);

#endif
