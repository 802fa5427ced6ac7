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
 * /usr/lib* and the kernel's, but for plug-ins. Threads: one. Memory: none.
 */
#ifndef NPNTRACE_VIEWER_CHARGE_H
#define NPNTRACE_VIEWER_CHARGE_H

#include "viewer/stacks.h"

enum charge { CHARGE_RECORDED, CHARGE_INNERMOST, CHARGE_OUTERMOST, CHARGE_NON_SYSTEM, CHARGES };

struct charged {
    uint32_t frame;  /* of the stack; 0: the stack is empty */
    uint32_t plugin; /* id */
};

struct charged charge_stack(const struct recording *recording, const struct stacks *stacks,
                            enum charge charge, uint32_t plugin, uint32_t stack);

#endif
