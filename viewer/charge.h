/* viewer/charge.h - to whom and to which frame an allocation is charged */
/* SPDX-License-Identifier: MIT */

/*
 * By default an allocation is charged to the plug-in in whose call it was recorded, and to the
 * innermost frame that is in that plug-in's file; without such a frame to the innermost one. The
 * other rules read the stack:
 *
 *   innermost     the innermost frame in the file of any plug-in, and that plug-in
 *   outermost     the outermost one, and its plug-in
 *   non-system    the innermost frame that is neither in a file of the system nor unknown, and its
 *                 plug-in, if it is a plug-in's
 *
 * Where no frame fits, what was recorded stays. Files of the system are those below /lib* and
 * /usr/lib* and the kernel's, but for plug-ins. What was found for a frame holds for all that it
 * calls without another, so each frame is looked at once. Threads: one. Memory: by frames and
 * plug-ins, until charge_seen_free().
 */
#ifndef NPNTRACE_VIEWER_CHARGE_H
#define NPNTRACE_VIEWER_CHARGE_H

#include "viewer/stacks.h"

enum charge { CHARGE_RECORDED, CHARGE_INNERMOST, CHARGE_OUTERMOST, CHARGE_NON_SYSTEM, CHARGES };

struct charged {
    uint32_t frame;  /* of the stack; 0: the stack is empty */
    uint32_t plugin; /* id */
};

/* What was found already, by one rule. All-zero is empty. */
struct charge_seen {
    uint32_t *found; /* by frame: the one that is charged; 0: not known */
    size_t capacity;
    struct charge_mark *recorded; /* by frame, as of the plug-in that was asked for last */
    size_t recorded_capacity;
    struct charge_owner *owners; /* plug-ins */
    struct charge_owner *by_name;
};
struct charged charge_stack(const struct recording *recording, const struct stacks *stacks,
                            struct charge_seen *seen, enum charge charge, uint32_t plugin,
                            uint32_t stack);
void charge_seen_free(struct charge_seen *seen);

#endif
