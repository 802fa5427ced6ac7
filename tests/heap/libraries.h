/* tests/heap/libraries.h - what the plug-ins' libraries do */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_HEAP_LIBRARIES_H
#define NPNTRACE_TESTS_HEAP_LIBRARIES_H

/* libheapbrought.so is linked to, libheapopened.so is opened. Both state their calls. */
void brought_run(void);
void opened_run(void);

#endif
