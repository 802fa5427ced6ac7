/* viewer/whole.h - a floating-point number as one without a fraction */
/* SPDX-License-Identifier: MIT */

/* What C says of a conversion ends where the number does not fit, and damaged counters and stamps
 * may make any number. Threads: any. Memory: none. */
#ifndef NPNTRACE_VIEWER_WHOLE_H
#define NPNTRACE_VIEWER_WHOLE_H

#include <stdint.h>

/* Cut, not rounded. 0 for what is less and for what is no number, UINT64_MAX for what is more. */
static inline uint64_t whole_of(double number)
{
    if (!(number >= 1))
        return 0;
    return number >= 0x1p64 ? UINT64_MAX : (uint64_t)number;
}

#endif
