/* viewer/clock_now.h - what time it is, by the clocks that recordings use */
/* SPDX-License-Identifier: MIT */

/* Threads: any. */
#ifndef NPNTRACE_VIEWER_CLOCK_NOW_H
#define NPNTRACE_VIEWER_CLOCK_NOW_H

#include <stdbool.h>
#include <stdint.h>

#include "format/ring.h"

uint64_t clock_now_ns(void); /* CLOCK_MONOTONIC */

/* Both clocks of RING_CLOCK_TSC at one moment. False: this machine has no such counter. */
bool clock_now_pair(struct ring_clock_pair *ret_pair);

#endif
