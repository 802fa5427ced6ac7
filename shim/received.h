/* shim/received.h - what the browser gives to a plug-in */
/* SPDX-License-Identifier: MIT */

/*
 * Strings and arrays that a plug-in has to free, and references to objects that it has to release.
 * Called by a gate after the host's function said that it did it; what it did not write is NULL.
 * npp: the call's argument, which says whom it is for if no entry into the plug-in does; NULL if
 * there is none. errno is kept.
 */
#ifndef NPNTRACE_SHIM_RECEIVED_H
#define NPNTRACE_SHIM_RECEIVED_H

#include "shim/hostcalls.h"

/* NULL: nothing. */
void received_block(const struct hostcall *call, NPP npp, const void *block, uint64_t bytes,
                    enum npn_origin origin);
void received_object(const struct hostcall *call, NPP npp, const NPObject *object,
                     enum object_step step);

/* One that has just been made: who held another at its address does so no longer. */
void received_new_object(const struct hostcall *call, NPP npp, const NPObject *object);

#endif
