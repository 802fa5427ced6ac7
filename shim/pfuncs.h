/* shim/pfuncs.h - the plug-in's functions, wrapped where the host keeps them */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_SHIM_PFUNCS_H
#define NPNTRACE_SHIM_PFUNCS_H

#include "shim/plugin.h"

/* After a successful NP_Initialize: wraps the non-NULL entries of functions in place, as far as the
 * size that the host had set before the call reaches; plug-ins write the field. Entries that are
 * wrapped already (a plug-in that did not fill the structure again) stay. */
void pfuncs_wrap(struct plugin *plugin, NPPluginFuncs *functions, uint16_t size);

/* The stubs' common parts; set is the plug-in's stub set. */
NPError gate_newp(uint32_t set, NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                  char *argv[], NPSavedData *saved);
NPError gate_destroy(uint32_t set, NPP npp, NPSavedData **save);
NPError gate_setwindow(uint32_t set, NPP npp, NPWindow *window);
NPError gate_newstream(uint32_t set, NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable,
                       uint16_t *stype);
NPError gate_destroystream(uint32_t set, NPP npp, NPStream *stream, NPReason reason);
void gate_asfile(uint32_t set, NPP npp, NPStream *stream, const char *name);
int32_t gate_writeready(uint32_t set, NPP npp, NPStream *stream);
int32_t gate_write(uint32_t set, NPP npp, NPStream *stream, int32_t offset, int32_t length,
                   void *buffer);
void gate_print(uint32_t set, NPP npp, NPPrint *print);
int16_t gate_event(uint32_t set, NPP npp, void *event);
void gate_urlnotify(uint32_t set, NPP npp, const char *url, NPReason reason, void *data);
NPError gate_getvalue(uint32_t set, NPP npp, NPPVariable variable, void *value);
NPError gate_setvalue(uint32_t set, NPP npp, NPNVariable variable, void *value);
NPBool gate_gotfocus(uint32_t set, NPP npp, NPFocusDirection direction);
void gate_lostfocus(uint32_t set, NPP npp);
void gate_urlredirectnotify(uint32_t set, NPP npp, const char *url, int32_t status, void *data);
NPError gate_clearsitedata(uint32_t set, const char *site, uint64_t flags, uint64_t age);
char **gate_getsiteswithdata(uint32_t set);
void gate_didComposite(uint32_t set, NPP npp);

#endif
