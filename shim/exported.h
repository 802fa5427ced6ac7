/* shim/exported.h - what is visible outside the library */
/* SPDX-License-Identifier: MIT */

/*
 * Everything is compiled hidden; these are the exceptions. The list that counts is
 * shim/exports.list, from which the version script is made; tests compare the two. Definitions
 * carry no symbol version: an unversioned one answers references to any version.
 */
#ifndef NPNTRACE_SHIM_EXPORTED_H
#define NPNTRACE_SHIM_EXPORTED_H

#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *NPN_MemAlloc(uint32_t size);
EXPORTED void NPN_MemFree(void *ptr);
EXPORTED uint32_t NPN_MemFlush(uint32_t size);

/* Of the malloc family those that malloc.h and stdlib.h do not declare (shim/heap.c). */
EXPORTED void cfree(void *block);
EXPORTED void free_sized(void *block, size_t size);
EXPORTED void free_aligned_sized(void *block, size_t alignment, size_t size);

/* What is behind a host's function pointer that is one of the above: the host exports functions of
 * those names too, and its own reference found ours first. The next definition in the global scope,
 * or else ours, without a host. Any other pointer is returned as it is. */
void *exported_behind(void *function);

#endif
