/* tracer/selfcheck.h - every so many stacks are unwound once more, by libunwind, and compared */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TRACER_SELFCHECK_H
#define NPNTRACE_TRACER_SELFCHECK_H

#include "tracer/thread.h"

/*
 * Compares the backtrace in the thread's memo with libunwind's, frame by frame, flags included, if
 * it is this one's turn (NPNTRACE_SELFCHECK=N: every N-th of a thread). Differences are counted in
 * the header, and told with NPNTRACE_DEBUG. To be called below the frame that the backtrace began
 * with. libunwind's frames are exact where all is well with the stack; where it stops early, so
 * does the comparison, and a cut end is compared as such.
 */
void selfcheck_stack(struct tracer *tracer, struct thread *thread, unsigned level);

#endif
