/* tests/minihost/later.h: timers and asynchronous calls of the mini-host. */
/* SPDX-License-Identifier: MIT */

/*
 * Nothing happens by time: timers fire, calls are made and NPP_URLNotify comes when an action says
 * so. What is pending for an instance is dropped when the instance is destroyed.
 * NPN_PluginThreadAsyncCall may be called from any thread, the rest is for the thread that runs the
 * actions.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_LATER_H
#define NPNTRACE_TESTS_MINIHOST_LATER_H

#include "shim/npapi.h"

/* Whether the plug-in is to be told when this address has been loaded: one that has "later" in it.
 */
bool later_notify(NPP npp, const char *url, void *data);

/* Each returns how many there were. */
int later_fire_timers(void);
int later_make_calls(void);
int later_tell(void);

void later_drop(NPP npp);

#endif
