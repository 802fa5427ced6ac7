/* tracer/modules.h - names for addresses, kept for when the object is gone */
/* SPDX-License-Identifier: MIT */

/*
 * Before a pc gets its first node under an epoch's root, the object that holds it is written to
 * RING_MODULES, unless the latest entry for that address is the same object. So every pc in a
 * recording has its module there, unloaded or not.
 */
#ifndef NPNTRACE_TRACER_MODULES_H
#define NPNTRACE_TRACER_MODULES_H

#include "tracer/tracer.h"

/* Makes sure that the object at pc is in the table, as of epoch. */
void modules_note(struct tracer *tracer, uint64_t pc, uint32_t epoch);

/* True if the latest entry for pc is the object that is mapped there now (or neither exists). */
bool modules_agree(struct tracer *tracer, uint64_t pc);

#endif
