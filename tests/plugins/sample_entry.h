/* tests/plugins/sample_entry.h: the entry points of the sample plug-ins. */
/* SPDX-License-Identifier: MIT */

/*
 * sample_entry.c has the functions that a host calls for an instance, sample_main.c those that the
 * plug-in exports by name.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_SAMPLE_ENTRY_H
#define NPNTRACE_TESTS_PLUGINS_SAMPLE_ENTRY_H

#include "shim/npapi.h"

/* All NPP_* functions that the plug-in has. */
extern const NPPluginFuncs sample_entries;

/* Name and description: what NP_GetValue tells too. Static strings. */
NPError sample_describe(NPPVariable variable, void *value);

/* The exports, which hosts find by name. */
NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries);
NPError NP_Shutdown(void);
const char *NP_GetMIMEDescription(void);
NPError NP_GetValue(void *future, NPPVariable variable, void *value);
char *NP_GetPluginVersion(void);

#endif
