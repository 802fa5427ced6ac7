/* viewer/whatif.h - what npntrace did to the plug-ins because it was told to */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_WHATIF_H
#define NPNTRACE_VIEWER_WHATIF_H

#include "viewer/recording.h"

/* "What-if: ..." as sentences; NULL: nothing was done. The caller frees it. Threads: any. */
char *whatif_sentence(const struct recording *recording);

/* Names of the set bits, one after the other: *at begins at 0; NULL when there are no more. "fail",
 * "limit", "check". */
const char *whatif_name(uint32_t bits, unsigned *at);

#endif
