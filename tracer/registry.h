/* tracer/registry.h - the tables of strings, plug-ins, instances and modules */
/* SPDX-License-Identifier: MIT */

/*
 * Append-only tables in the segment. Entries never move and are never reused, so ids may be kept
 * and used without a lock. All appends take the table lock (signals blocked); looking up by id
 * takes nothing. When a table is full the loss is counted in the header and 0 is returned:
 * recording goes on with less.
 */
#ifndef NPNTRACE_TRACER_REGISTRY_H
#define NPNTRACE_TRACER_REGISTRY_H

#include <stddef.h>

#include "tracer/tracer.h"

/* What identifies a plug-in: the file, not the path by which it was opened. */
struct plugin_identity {
    const char *path; /* absolute where that can be told */
    uint64_t device;  /* 0 with inode 0: unknown, the path counts */
    uint64_t inode;
    uint8_t build_id[RING_BUILD_ID_BYTES];
    uint8_t build_id_bytes;
};

/* The plug-in's id: of the entry with the same file, or a new one (*ret_new). 0: no room. */
uint32_t registry_add_plugin(struct tracer *tracer, const struct plugin_identity *identity,
                             uint32_t flags, uint64_t stamp, bool *ret_new);

/* A new instance's serial; 0: no room (the instance is charged to its plug-in only). */
uint32_t registry_add_instance(struct tracer *tracer, uint32_t plugin, const char *mime,
                               uint64_t npp, uint64_t stamp);

/* Where the instance stands, as the host told it; the first time counts. Long addresses are cut. */
void registry_set_page(struct tracer *tracer, uint32_t serial, const char *page);

struct ring_plugin *registry_plugin(struct tracer *tracer, uint32_t id);
struct ring_instance *registry_instance(struct tracer *tracer, uint32_t serial);

/* Appends a string. 0: no room. Under the table lock. */
uint32_t registry_string_locked(struct tracer *tracer, const char *text, size_t bytes);

#endif
