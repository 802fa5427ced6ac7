/* shim/classes.h - callbacks of the plug-in's objects */
/* SPDX-License-Identifier: MIT */

/*
 * A host calls the functions of an NPClass directly, outside any NPP_* call, when script uses an
 * object. To know whose call that is, the class's own slots are redirected in place when the
 * plug-in first makes an object of it. NPObject::_class stays as it is: hosts and plug-ins compare
 * it. Read-only classes are made writable for the moment of the change. Where that cannot be done
 * the class is left alone, and what its callbacks allocate outside NPP_* calls is charged to the
 * plug-in without an instance.
 */
#ifndef NPNTRACE_SHIM_CLASSES_H
#define NPNTRACE_SHIM_CLASSES_H

#include <stdint.h>

#include "shim/plugin.h"

void classes_watch(struct plugin *plugin, NPClass *type);

/* The stubs' common parts; set is the class's. */
NPObject *class_allocate(uint32_t set, NPP npp, NPClass *type);
void class_deallocate(uint32_t set, NPObject *object);
void class_invalidate(uint32_t set, NPObject *object);
bool class_hasMethod(uint32_t set, NPObject *object, NPIdentifier name);
bool class_invoke(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *args,
                  uint32_t count, NPVariant *result);
bool class_invokeDefault(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                         NPVariant *result);
bool class_hasProperty(uint32_t set, NPObject *object, NPIdentifier name);
bool class_getProperty(uint32_t set, NPObject *object, NPIdentifier name, NPVariant *result);
bool class_setProperty(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *value);
bool class_removeProperty(uint32_t set, NPObject *object, NPIdentifier name);
bool class_enumerate(uint32_t set, NPObject *object, NPIdentifier **names, uint32_t *count);
bool class_construct(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                     NPVariant *result);

#endif
