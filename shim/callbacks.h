/* shim/callbacks.h - calls that the plug-in asks the host to make later */
/* SPDX-License-Identifier: MIT */

/*
 * NPN_PluginThreadAsyncCall, NPN_ScheduleTimer and the callbacks of objects made by
 * NPN_CreateObject bring the host back into the plug-in outside any NPP_* call. The function handed
 * to the host is one of ours, which notes the instance that asked and calls the plug-in's. Where
 * there is no room for that note, the plug-in's own function is handed over and the call is not
 * attributed to an instance.
 */
#ifndef NPNTRACE_SHIM_CALLBACKS_H
#define NPNTRACE_SHIM_CALLBACKS_H

#include <stdint.h>

#include "shim/npapi.h"

void gate_pluginthreadasynccall(uint32_t set, NPP npp, void (*function)(void *), void *data);
uint32_t gate_scheduletimer(uint32_t set, NPP npp, uint32_t interval, NPBool repeat,
                            void (*function)(NPP, uint32_t));
NPObject *gate_createobject(uint32_t set, NPP npp, NPClass *type);

#endif
