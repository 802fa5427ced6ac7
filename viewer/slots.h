/* viewer/slots.h - the functions of a browser's table by their place in it */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_SLOTS_H
#define NPNTRACE_VIEWER_SLOTS_H

#include <stdint.h>

/* "NPN_GetURL" of the slot at this offset of NPNetscapeFuncs on a 64-bit machine; NULL if no
 * function is there. Threads: any. */
const char *slots_name(uint32_t offset);

#endif
