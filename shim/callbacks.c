/* shim/callbacks.c - calls that the plug-in asks the host to make later */
/* SPDX-License-Identifier: MIT */

#include "shim/callbacks.h"

#include <errno.h>
#include <stddef.h>

#include "shim/classes.h"
#include "shim/freelist.h"
#include "shim/hostcalls.h"
#include "shim/instances.h"
#include "shim/map.h"
#include "shim/plugin.h"
#include "tracer/npn.h"

#define STACK_POINTER ((uint64_t)(uintptr_t)__builtin_frame_address(0))

/* What the plug-in wanted called. Hosts may drop calls, so some are never seen again. */
struct request {
    struct plugin *plugin;
    void (*async)(void *);
    void (*timer)(NPP, uint32_t);
    void *data;
    uint32_t instance; /* in the recording of that generation */
    uint32_t generation;
};

static struct freelist requests = {.item_bytes = sizeof(struct request)};
static struct map timers; /* NPP and timer id -> struct request */

static struct map being_scheduled; /* NPP -> struct request: a timer may fire, on any thread, before
                                      the host has told us its id */

static uint32_t generation(void)
{
    struct tracer *tracer = tracer_if_running();

    return tracer != NULL ? tracer->generation : 0;
}

/* In a child that was forked since, nothing is known of its parent's instances. */
static uint32_t push(const struct request *request, uint64_t stack_pointer)
{
    uint32_t instance = request->generation == generation() ? request->instance : 0;

    return npn_entry_push(plugin_id(request->plugin), instance, stack_pointer);
}

static void run_async(void *data)
{
    int kept_errno = errno;
    struct request request = *(struct request *)data;

    freelist_return(&requests, data);
    uint32_t token = push(&request, STACK_POINTER);
    errno = kept_errno;
    request.async(request.data);
    kept_errno = errno;
    npn_entry_pop(token);
    errno = kept_errno;
}

void gate_pluginthreadasynccall(uint32_t set, NPP npp, void (*function)(void *), void *data)
{
    struct plugin *plugin = plugin_of_set(set);
    int kept_errno = errno;
    struct request *request = function != NULL ? freelist_take(&requests) : NULL;

    if (request != NULL)
        *request = (struct request){
            .plugin = plugin,
            .async = function,
            .data = data,
            .instance = instances_find(plugin, npp),
            .generation = generation(),
        };
    errno = kept_errno;
    struct hostcalls_call into = hostcalls_enter(__builtin_frame_address(0));
    if (request != NULL)
        plugin->host.pluginthreadasynccall(npp, run_async, request);
    else
        plugin->host.pluginthreadasynccall(npp, function, data);
    hostcalls_leave(&into);
}

static uint64_t timer_key(NPP npp, uint32_t timer)
{
    return ((uint64_t)(uintptr_t)npp << 16) ^ (uint64_t)timer * UINT64_C(0x9e3779b97f4a7c15) ^ 1;
}

static void run_timer(NPP npp, uint32_t timer)
{
    int kept_errno = errno;
    uint64_t found;

    if (!map_get(&timers, timer_key(npp, timer), &found) &&
        !map_get(&being_scheduled, timer_key(npp, 0), &found))
        return; /* not one of ours: nobody knows what it should call */
    struct request *request = (struct request *)(uintptr_t)found;
    uint32_t token = push(request, STACK_POINTER);
    errno = kept_errno;
    request->timer(npp, timer);
    kept_errno = errno;
    npn_entry_pop(token);
    errno = kept_errno;
}

uint32_t gate_scheduletimer(uint32_t set, NPP npp, uint32_t interval, NPBool repeat,
                            void (*function)(NPP, uint32_t))
{
    struct plugin *plugin = plugin_of_set(set);
    int kept_errno = errno;
    struct request *request = function != NULL ? freelist_take(&requests) : NULL;

    struct hostcalls_call into = hostcalls_enter(__builtin_frame_address(0));
    if (request == NULL) {
        errno = kept_errno;
        uint32_t timer = plugin->host.scheduletimer(npp, interval, repeat, function);
        hostcalls_leave(&into);
        return timer;
    }
    *request = (struct request){
        .plugin = plugin,
        .timer = function,
        .instance = instances_find(plugin, npp),
        .generation = generation(),
    };
    map_set(&being_scheduled, timer_key(npp, 0), (uint64_t)(uintptr_t)request);
    errno = kept_errno;
    uint32_t timer = plugin->host.scheduletimer(npp, interval, repeat, run_timer);
    hostcalls_leave(&into);
    kept_errno = errno;
    /* A request outlives NPN_UnscheduleTimer, since a call of it may be under way; when its id
     * comes round again it has run out. */
    uint64_t old;
    if (map_take(&timers, timer_key(npp, timer), &old))
        freelist_return(&requests, (void *)(uintptr_t)old);
    map_set(&timers, timer_key(npp, timer), (uint64_t)(uintptr_t)request);
    map_remove(&being_scheduled, timer_key(npp, 0));
    errno = kept_errno;
    return timer;
}

NPObject *gate_createobject(uint32_t set, NPP npp, NPClass *type)
{
    struct plugin *plugin = plugin_of_set(set);
    int kept_errno = errno;
    uint32_t instance = instances_find(plugin, npp);

    if (type != NULL)
        classes_watch(plugin, type);
    uint32_t token = npn_entry_push(plugin_id(plugin), instance, STACK_POINTER);
    errno = kept_errno;
    struct hostcalls_call into = hostcalls_enter(__builtin_frame_address(0));
    NPObject *object = plugin->host.createobject(npp, type);
    hostcalls_leave(&into);
    kept_errno = errno;
    npn_entry_pop(token);
    if (object != NULL)
        instances_own(object, plugin, instance);
    errno = kept_errno;
    return object;
}
