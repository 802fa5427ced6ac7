/* viewer/module_map.h - which module an address belonged to, at a time */
/* SPDX-License-Identifier: MIT */

/*
 * Modules may overlap: where one was unloaded another one was mapped later, and has a later epoch.
 * A recording names up to 16,384 of them, and each node of each stack asks. So each module is put
 * into the O(log n) nodes of a segment tree over all boundaries that cover it exactly, and a
 * question goes from the address's leaf up:
 *
 *     boundaries     0x1000      0x2000      0x3000      0x4000
 *     leaves               {a}         {}          {b}
 *     above                      {c}                     c covers both leaves below
 *
 * In each list modules ascend by epoch, then by index, so the latest one of an epoch is found by
 * bisection. Threads: any, once it is made. Memory: 16 bytes for each module, and 4 log n.
 */
#ifndef NPNTRACE_VIEWER_MODULE_MAP_H
#define NPNTRACE_VIEWER_MODULE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct module_map;
struct recording_module;

/* Keeps no pointer to the modules. */
struct module_map *module_map_new(const struct recording_module *modules, size_t count);
void module_map_free(struct module_map *map); /* NULL is fine */

/* The module with start <= pc < end and the greatest first_epoch <= epoch; of equals the one with
 * the greatest index, which was mapped later. -1: there is none. */
ptrdiff_t module_map_at(const struct module_map *map, uint64_t pc, uint64_t epoch);

#endif
