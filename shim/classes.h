/* shim/classes.h - callbacks of the plug-in's objects */
/* SPDX-License-Identifier: MIT */

/*
 * A host calls the functions of an NPClass directly, outside any NPP_* call, when script uses an
 * object. To know whose call that is and what comes of it, the class's own slots are redirected in
 * place when the plug-in first makes an object of it. NPObject::_class stays as it is: hosts and
 * plug-ins compare it. Read-only classes are made writable for the moment of the change. Where that
 * cannot be done the class is left alone, and what its callbacks allocate outside NPP_* calls is
 * charged to the plug-in without an instance. doc/OWNERSHIP.md says what else follows from that.
 *
 * A class belongs to a set of stubs until it is gone, with the object that holds it or its
 * functions, or overwritten. Around dlclose its slots are put back: what is left of a class when
 * its plug-in has gone (in heap memory) is as the plug-in made it. Any thread; under the shim's
 * lock.
 */
#ifndef NPNTRACE_SHIM_CLASSES_H
#define NPNTRACE_SHIM_CLASSES_H

#include <stdint.h>

#include "shim/plugin.h"
#include "tracer/object.h"

void classes_watch(struct plugin *plugin, NPClass *type);

/* Before dlclose of a handle to this object, which may be the last: puts back the slots of the
 * classes that are in it or whose functions are. After it: redirects those that stayed, and forgets
 * those that have gone, whichever object it was. */
void classes_closing(const struct object *object);
void classes_closed(void);

/* For the stubs: the plug-in's functions of a set's class, and whose class it is. */
const NPClass *classes_own(uint32_t set);
struct plugin *classes_plugin(uint32_t set);

/* The stubs' common parts (class_calls.c); set is the class's. */
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
