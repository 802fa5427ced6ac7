/* shim/loaded.h - the loader's list of objects, while it cannot change */
/* SPDX-License-Identifier: MIT */

/*
 * The list is in the order in which objects were loaded. Objects leave it, and the process, at any
 * time, unless the caller knows what holds them; so it is read inside of dl_iterate_phdr. Meanwhile
 * no function of the loader's may be called that takes its other lock (dlopen, dlsym). Not for
 * signal handlers.
 */
#ifndef NPNTRACE_SHIM_LOADED_H
#define NPNTRACE_SHIM_LOADED_H

#include <link.h>
#include <stdint.h>

/* `loads`: how many objects have been loaded so far. */
typedef void loaded_work(const struct link_map *head, uint64_t loads, void *context);

/* Runs work once, for the namespace that `member` is in (NULL: ours). */
void loaded_with_list(loaded_work *work, const struct link_map *member, void *context);

/* The object at an address; NULL: none. Needs no lock. */
const struct link_map *loaded_at(const void *address);

/* This library's own, and the C library's. */
const struct link_map *loaded_self(void);
const struct link_map *loaded_libc(void);

#endif
