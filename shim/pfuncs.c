/* shim/pfuncs.c - the plug-in's functions, wrapped where the host keeps them */
/* SPDX-License-Identifier: MIT */

#include "shim/pfuncs.h"

#include <errno.h>
#include <string.h>

#include "shim/handed.h"
#include "shim/instances.h"
#include "shim/opened.h"
#include "shim/stubs.h"
#include "tracer/contract.h"
#include "tracer/npn.h"

/* One call of the host into the plug-in. */
struct call {
    const NPPluginFuncs *own;
    struct handed_by by;
    uint32_t token;
};

/* Inlined, so that the frame address is the gate's: what the plug-in calls lies below it. */
static inline __attribute__((always_inline)) struct call enter(uint32_t set, uint32_t instance)
{
    struct plugin *plugin = plugin_of_set(set);
    int kept_errno = errno;
    uint32_t id = plugin_id(plugin);
    struct call call = {
        .own = &plugin->own,
        .by = {.plugin = id, .address = __builtin_return_address(0)},
        .token = npn_entry_push(id, instance, (uint64_t)(uintptr_t)__builtin_frame_address(0)),
    };

    errno = kept_errno;
    return call;
}

static inline __attribute__((always_inline)) struct call enter_instance(uint32_t set, NPP npp)
{
    int kept_errno = errno;
    uint32_t instance = instances_find(plugin_of_set(set), npp);

    errno = kept_errno;
    return enter(set, instance);
}

static void leave(const struct call *call)
{
    int kept_errno = errno;

    npn_entry_pop(call->token);
    opened_entry_ends();
    errno = kept_errno;
}

/* What a plug-in is lent while a call lasts; none of it is the plug-in's to free. */
#define LEND(call, ...)                                                                            \
    const struct contract_lent lent = {__VA_ARGS__};                                               \
    contract_lend((call)->token, &lent)

void pfuncs_wrap(struct plugin *plugin, NPPluginFuncs *functions, uint16_t size)
{
    uint32_t set = atomic_load_explicit(&plugin->stub_set, memory_order_acquire);

    for (unsigned i = 0; set != PLUGIN_NO_STUBS && i < stubs_pfuncs_count; i++) {
        size_t offset = stubs_pfuncs[i].offset;
        void **slot = (void **)((char *)functions + offset);
        void *stub = stubs_pfuncs[i].stubs[set];
        if (offset + sizeof(*slot) > size || *slot == NULL || *slot == stub)
            continue;
        *(void **)((char *)&plugin->own + offset) = *slot;
        *slot = stub;
    }
}

NPError gate_newp(uint32_t set, NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                  char *argv[], NPSavedData *saved)
{
    int kept_errno = errno;
    uint32_t instance = instances_begin(plugin_of_set(set), npp, type);
    uint32_t count = argc > 0 ? (uint32_t)argc : 0;
    instances_note_attributes(instance, argc, argn, argv);
    errno = kept_errno;

    struct call call = enter(set, instance);
    LEND(&call, .pointer = {type, argn, argv},
         .list = {{argn, count, sizeof(*argn)}, {argv, count, sizeof(*argv)}});
    kept_errno = errno;
    handed_back(&call.by, instance, saved);
    errno = kept_errno;
    NPError error = call.own->newp(type, npp, mode, argc, argn, argv, saved);
    leave(&call);
    kept_errno = errno;
    instances_begun(plugin_of_set(set), npp, instance, error);
    errno = kept_errno;
    return error;
}

/* `save` may be NULL, and may point to nothing. */
NPError gate_destroy(uint32_t set, NPP npp, NPSavedData **save)
{
    int kept_errno = errno;
    uint32_t instance = instances_ending(plugin_of_set(set), npp);
    errno = kept_errno;

    struct call call = enter(set, instance);
    const NPSavedData *before = save != NULL ? *save : NULL;
    NPError error = call.own->destroy(npp, save);
    kept_errno = errno;
    if (save != NULL)
        handed_saved(&call.by, before, *save);
    leave(&call);
    instances_ended(plugin_of_set(set), npp, instance, error);
    errno = kept_errno;
    return error;
}

NPError gate_setwindow(uint32_t set, NPP npp, NPWindow *window)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {window});
    NPError error = call.own->setwindow(npp, window);
    leave(&call);
    return error;
}

NPError gate_newstream(uint32_t set, NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable,
                       uint16_t *stype)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {type, stream, stream != NULL ? stream->url : NULL});
    NPError error = call.own->newstream(npp, type, stream, seekable, stype);
    leave(&call);
    return error;
}

NPError gate_destroystream(uint32_t set, NPP npp, NPStream *stream, NPReason reason)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {stream});
    NPError error = call.own->destroystream(npp, stream, reason);
    leave(&call);
    return error;
}

void gate_asfile(uint32_t set, NPP npp, NPStream *stream, const char *name)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {stream, name});
    call.own->asfile(npp, stream, name);
    leave(&call);
}

int32_t gate_writeready(uint32_t set, NPP npp, NPStream *stream)
{
    struct call call = enter_instance(set, npp);
    int32_t ready = call.own->writeready(npp, stream);
    leave(&call);
    return ready;
}

int32_t gate_write(uint32_t set, NPP npp, NPStream *stream, int32_t offset, int32_t length,
                   void *buffer)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {stream, buffer});
    int32_t written = call.own->write(npp, stream, offset, length, buffer);
    leave(&call);
    return written;
}

void gate_print(uint32_t set, NPP npp, NPPrint *print)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {print});
    call.own->print(npp, print);
    leave(&call);
}

int16_t gate_event(uint32_t set, NPP npp, void *event)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {event});
    int16_t handled = call.own->event(npp, event);
    leave(&call);
    return handled;
}

void gate_urlnotify(uint32_t set, NPP npp, const char *url, NPReason reason, void *data)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {url});
    call.own->urlnotify(npp, url, reason, data);
    leave(&call);
}

NPError gate_getvalue(uint32_t set, NPP npp, NPPVariable variable, void *value)
{
    struct call call = enter_instance(set, npp);
    bool pointer = value != NULL && handed_is_pointer(variable);
    const void *before = pointer ? *(void **)value : NULL;
    NPError error = call.own->getvalue(npp, variable, value);
    int kept_errno = errno;
    if (pointer && error == NPERR_NO_ERROR)
        handed_value(&call.by, variable, before, *(void **)value);
    errno = kept_errno;
    leave(&call);
    return error;
}

NPError gate_setvalue(uint32_t set, NPP npp, NPNVariable variable, void *value)
{
    struct call call = enter_instance(set, npp);
    NPError error = call.own->setvalue(npp, variable, value);
    leave(&call);
    return error;
}

NPBool gate_gotfocus(uint32_t set, NPP npp, NPFocusDirection direction)
{
    struct call call = enter_instance(set, npp);
    NPBool taken = call.own->gotfocus(npp, direction);
    leave(&call);
    return taken;
}

void gate_lostfocus(uint32_t set, NPP npp)
{
    struct call call = enter_instance(set, npp);
    call.own->lostfocus(npp);
    leave(&call);
}

void gate_urlredirectnotify(uint32_t set, NPP npp, const char *url, int32_t status, void *data)
{
    struct call call = enter_instance(set, npp);
    LEND(&call, .pointer = {url});
    call.own->urlredirectnotify(npp, url, status, data);
    leave(&call);
}

NPError gate_clearsitedata(uint32_t set, const char *site, uint64_t flags, uint64_t age)
{
    struct call call = enter(set, 0);
    LEND(&call, .pointer = {site});
    NPError error = call.own->clearsitedata(site, flags, age);
    leave(&call);
    return error;
}

char **gate_getsiteswithdata(uint32_t set)
{
    struct call call = enter(set, 0);
    char **sites = call.own->getsiteswithdata();
    int kept_errno = errno;
    handed_sites(&call.by, sites);
    errno = kept_errno;
    leave(&call);
    return sites;
}

void gate_didComposite(uint32_t set, NPP npp)
{
    struct call call = enter_instance(set, npp);
    call.own->didComposite(npp);
    leave(&call);
}
