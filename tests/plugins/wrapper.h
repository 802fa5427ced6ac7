/* tests/plugins/wrapper.h: what the wrapper plug-in exports. */
/* SPDX-License-Identifier: MIT */

/* Hosts find these by name; nobody includes this but the plug-in itself. */

#ifndef NPNTRACE_TESTS_PLUGINS_WRAPPER_H
#define NPNTRACE_TESTS_PLUGINS_WRAPPER_H

#include "shim/npapi.h"

__attribute__((visibility("default"))) NPError NP_Initialize(NPNetscapeFuncs *table,
                                                             NPPluginFuncs *entries);
__attribute__((visibility("default"))) NPError NP_Shutdown(void);
__attribute__((visibility("default"))) const char *NP_GetMIMEDescription(void);
__attribute__((visibility("default"))) NPError NP_GetValue(void *future, NPPVariable variable,
                                                           void *value);

#endif
