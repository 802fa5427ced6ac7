/* viewer/own_instances.h - the instances of each plug-in */
/* SPDX-License-Identifier: MIT */

/*
 * Tables of a recording can have 65,535 plug-ins and nearly a million instances, in a file of a few
 * hundred bytes: to look through all instances for each plug-in would take minutes.
 *
 *   for (uint32_t serial = own->first[plugin]; serial != 0; serial = own->next[serial])
 *
 * Threads: one. Memory: 4 bytes for each instance, 8 for each plug-in, until own_instances_free().
 */
#ifndef NPNTRACE_VIEWER_OWN_INSTANCES_H
#define NPNTRACE_VIEWER_OWN_INSTANCES_H

#include "viewer/recording.h"

struct own_instances {
    uint32_t *first; /* by plug-in (0: not listed): the lowest serial, 0 if there is none */
    uint32_t *next;  /* by serial: the next one of the same plug-in, 0 behind the last */
    uint32_t *count; /* by plug-in */
};

struct own_instances own_instances_find(const struct recording *recording);
void own_instances_free(struct own_instances *own);

#endif
