/* tests/shim/class_shared.h: objects whose class several plug-ins share. */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_SHIM_CLASS_SHARED_H
#define NPNTRACE_TESTS_SHIM_CLASS_SHARED_H

#include "shim/npapi.h"

struct shared_object {
    NPObject header;
    NPInvokeFunctionPtr invoke; /* of the plug-in that made it */
    bool owns_class;            /* frees it with itself */
};

#endif
