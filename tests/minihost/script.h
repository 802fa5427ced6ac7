/* tests/minihost/script.h: the page that the mini-host has. */
/* SPDX-License-Identifier: MIT */

/* One window object for the whole process. For one thread at a time. */

#ifndef NPNTRACE_TESTS_MINIHOST_SCRIPT_H
#define NPNTRACE_TESTS_MINIHOST_SCRIPT_H

#include "shim/npapi.h"

/* With a reference for the caller. */
NPObject *script_window(void);

#endif
