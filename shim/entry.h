/* shim/entry.h - NP_Initialize and NP_Shutdown */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_SHIM_ENTRY_H
#define NPNTRACE_SHIM_ENTRY_H

#include <stdint.h>

#include "shim/npapi.h"

/* What a host gets for the plug-in's real function: a trampoline that is always the same for the
 * same plug-in, or the real function if there is no place for another plug-in. */
void *entry_initialize(void *real);
void *entry_shutdown(void *real);

/* The trampolines' common part; place is the plug-in's index. `rest` is passed on: some platforms'
 * hosts give a third argument. */
NPError gate_NP_Initialize(uint32_t place, NPNetscapeFuncs *table, NPPluginFuncs *functions,
                           void *rest);
NPError gate_NP_Shutdown(uint32_t place);

#endif
