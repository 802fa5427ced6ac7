/* tracer/objects.h - the references to NPObjects that plug-ins hold */
/* SPDX-License-Identifier: MIT */

/*
 * NPObject::referenceCount is the sum over everybody, the browser included. Here stands what each
 * plug-in took and did not give back, in RING_OBJECTS, so that it survives the process. A plug-in
 * may give back a reference that another one took: only where nobody holds one, and the object is
 * not deallocated meanwhile, is it a finding.
 *
 * Objects come by the hundred, not by the million: one lock, the tracer's table lock. Signal-safe
 * as that is. Any thread. errno may change.
 */
#ifndef NPNTRACE_TRACER_OBJECTS_H
#define NPNTRACE_TRACER_OBJECTS_H

#include "format/ring.h"
#include "tracer/npn.h"

/* What is remembered beside RING_OBJECTS, in a tracer that starts. NULL: no memory; then objects
 * are not listed. */
struct objects *objects_map(const struct ring_header *ring);

/* One reference more. instance: as for npn_received(). step: CREATED, GOT, RESULT or RETAINED. */
void object_held(const struct npn_caller *caller, uint32_t instance, const void *object,
                 enum object_step step);

/* One reference less, before the browser's function runs. step: RELEASED, VARIANT or HANDED. */
void object_dropped(const struct npn_caller *caller, const void *object, enum object_step step);

/* NPClass.deallocate is about to be called: nobody holds it any more. */
void object_gone(const struct npn_caller *caller, const void *object);

/* Where the plug-in came to hold the object, as of a block. False: it does not. */
bool object_holder(struct tracer *tracer, uint64_t address, uint32_t plugin,
                   struct live_block *ret_holder);

#endif
