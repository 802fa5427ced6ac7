/* shim/table.h - the private copy of the host's function table */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in never sees the host's NPNetscapeFuncs, and the host's is never written: it may be
 * const, shared by plug-ins, on the stack, or rewritten before each call. The copy has exactly the
 * host's size and version, its unknown trailing bytes, its NULL slots; every function that is
 * there, inside its size and known to us, is replaced by a stub of the plug-in's own
 * (shim/stubs.h). It lies at the same address for ever and is refreshed in place.
 */
#ifndef NPNTRACE_SHIM_TABLE_H
#define NPNTRACE_SHIM_TABLE_H

#include "shim/plugin.h"

#define TABLE_BYTES 65536 /* any value of the table's uint16_t size fits */

/* Fills the plug-in's copy from table (not NULL, size not 0). The host's own table if nothing can
 * be done. */
NPNetscapeFuncs *table_copy(struct plugin *plugin, NPNetscapeFuncs *table);

#endif
