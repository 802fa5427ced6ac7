/* shim/instances.h - which instance an NPP is now */
/* SPDX-License-Identifier: MIT */

/*
 * Hosts reuse NPP addresses, so an instance's name is the serial that NPP_New gives it; this maps
 * the host's address to it, per plug-in, from NPP_New to the return of NPP_Destroy. The NPP itself
 * is never dereferenced: in NPN_* calls it may be NULL or garbage. Serials belong to one recording:
 * a forked child, which has another, knows none of its parent's. Any thread.
 */
#ifndef NPNTRACE_SHIM_INSTANCES_H
#define NPNTRACE_SHIM_INSTANCES_H

#include "shim/plugin.h"

/* Before NPP_New: the new serial, 0 if there is no room. After it: gone at once if it failed. */
uint32_t instances_begin(struct plugin *plugin, NPP npp, const char *mime);
void instances_begun(struct plugin *plugin, NPP npp, uint32_t instance, NPError error);

/* Where the instance stands, from the attributes of its tag; what the host tells later (the origin
 * of the document) is a page address too. The first one known counts. */
void instances_note_attributes(uint32_t instance, int16_t count, char *const names[],
                               char *const values[]);
void instances_note_page(uint32_t instance, const char *page);

/* Before NPP_Destroy: the serial. After it: npp is nobody's. */
uint32_t instances_ending(struct plugin *plugin, NPP npp);
void instances_ended(struct plugin *plugin, NPP npp, uint32_t instance, NPError error);

/* The serial, 0 if unknown. */
uint32_t instances_find(struct plugin *plugin, NPP npp);

/* The instance that an object made with NPN_CreateObject belongs to, and the plug-in. */
void instances_own(const void *object, struct plugin *plugin, uint32_t instance);
void instances_disown(const void *object);
uint32_t instances_find_owner(const void *object, struct plugin **ret_plugin);

#endif
