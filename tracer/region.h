/* tracer/region.h - the mapped region that holds an address */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TRACER_REGION_H
#define NPNTRACE_TRACER_REGION_H

#include <stdbool.h>
#include <stdint.h>

struct region {
    uint64_t start;
    uint64_t end;
    bool writable;
    bool executable;
};

/* From /proc/self/maps, read without libc's help. False if it cannot be told. errno may change. */
bool region_find(uint64_t address, struct region *ret_region);

#endif
