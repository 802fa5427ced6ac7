/* shim/handed.h - what a plug-in's functions give to the host when they return, or are given */
/* SPDX-License-Identifier: MIT */

/*
 * Each is called by the wrapper of a function after the plug-in's own returned and before its host
 * goes on, while the wrapper's entry still stands: the stack is the host's way into the plug-in.
 * Nothing is told where the function was called by plug-in code, its own (a plug-in that asks its
 * own object) or that of a plug-in which hosts another: then nothing came to the browser.
 *
 * Hosts may pass variables that they did not initialise, and plug-ins may leave them so. What was
 * there before the call tells a value that the plug-in stored.
 *
 * The plug-in's memory is read where the API says that the host will read it, and not directly
 * where it is no block that we know. errno may change. Any thread.
 */
#ifndef NPNTRACE_SHIM_HANDED_H
#define NPNTRACE_SHIM_HANDED_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/npapi.h"

struct handed_by {
    uint32_t plugin;     /* id */
    const void *address; /* the wrapper's return address */
};

/* A function of an NPClass that has a result. */
void handed_result(const struct handed_by *by, const NPVariant *before, const NPVariant *result,
                   bool done);

/* NPClass.enumerate returned true. */
void handed_names(const struct handed_by *by, const NPIdentifier *before, const NPIdentifier *names,
                  uint32_t count);

/* NPP_GetValue returned NPERR_NO_ERROR; before: what value pointed to, if handed_is_pointer(). */
void handed_value(const struct handed_by *by, NPPVariable variable, const void *before,
                  const void *after);

/* The values of NPP_GetValue that come to be the host's: pointers. */
bool handed_is_pointer(NPPVariable variable);

/* NPP_Destroy, with a save that is not NULL. */
void handed_saved(const struct handed_by *by, const NPSavedData *before, const NPSavedData *saved);

/* NPP_New is about to be called: saved data of an earlier instance is the new one's. */
void handed_back(const struct handed_by *by, uint32_t instance, const NPSavedData *saved);

/* NPP_GetSitesWithData. */
void handed_sites(const struct handed_by *by, char *const *sites);

/* NPClass.deallocate is about to run. */
void handed_gone(const struct handed_by *by, const NPObject *object);

#endif
