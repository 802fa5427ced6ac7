/* shim/brought.h - the libraries that an object brought into the process */
/* SPDX-License-Identifier: MIT */

/*
 * The loader's list is in the order in which objects were loaded. When an object is opened, those
 * that it needs and that are not there yet are loaded behind it. So an object brought in those that
 * can be reached from it by DT_NEEDED and stand behind it in the list, and that no object before it
 * needs (which can only be if the process started with them). The program itself brings nothing:
 * what it needs is the host's.
 */
#ifndef NPNTRACE_SHIM_BROUGHT_H
#define NPNTRACE_SHIM_BROUGHT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BROUGHT_MAX 512

struct brought {
    unsigned count;                              /* more are left out */
    const struct link_map *objects[BROUGHT_MAX]; /* the root first */
};

/* The root must stay loaded, and so do the others then. */
void brought_find(const struct link_map *root, struct brought *ret_brought);

/* How many objects the loader has loaded so far. */
uint64_t brought_loads(void);

/* The path of the object whose file is called so, among those loaded since `loads`. False: none, or
 * no room for it. */
bool brought_since(uint64_t loads, const char *file, char *ret_path, size_t capacity);

/* The file's name in a path. */
const char *brought_file(const char *path);

#endif
