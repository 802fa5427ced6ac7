/* shim/callbacks.c - calls that the plug-in asks the host to make later */
/* SPDX-License-Identifier: MIT */

/*
 * NPN_PluginThreadAsyncCall, NPN_ScheduleTimer and the callbacks of objects made by
 * NPN_CreateObject bring the host back into the plug-in outside any NPP_* call. The function handed
 * to the host is one of ours, which notes the instance that asked and calls the plug-in's. Where
 * there is no room for that note, the plug-in's own function is handed over and the call is not
 * attributed to an instance.
 */
#include <errno.h>
#include <stddef.h>

#include "shim/classes.h"
#include "shim/freelist.h"
#include "shim/instances.h"
#include "shim/map.h"
#include "shim/received.h"
#include "shim/table_gates.h"

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

/* The note of what to call; NULL: there is no room, or nothing to call. */
static struct request *make_request(const struct hostcall *call, NPP npp,
                                    const struct request *what)
{
    int kept_errno = errno;
    struct request *request = freelist_take(&requests);

    if (request == NULL) {
        atomic_store_explicit(&hostcalls_entries_unseen, true, memory_order_relaxed);
    } else {
        *request = *what;
        request->plugin = call->plugin;
        request->instance = instances_find(call->plugin, npp);
        request->generation = generation();
    }
    errno = kept_errno;
    return request;
}

void gate_npn_pluginthreadasynccall(uintptr_t who, NPP npp, void (*function)(void *), void *data)
{
    struct hostcall call = HOSTCALLS_BEGIN(pluginthreadasynccall);
    const struct request what = {.async = function, .data = data};
    struct request *request = function != NULL ? make_request(&call, npp, &what) : NULL;

    hostcalls_go(&call);
    if (request != NULL)
        call.plugin->host.pluginthreadasynccall(npp, run_async, request);
    else
        call.plugin->host.pluginthreadasynccall(npp, function, data);
    hostcalls_leave(&call);
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

/* A request outlives NPN_UnscheduleTimer, since a call of it may be under way; when its id comes
 * round again it has run out. */
static void timer_scheduled(NPP npp, uint32_t timer, struct request *request)
{
    int kept_errno = errno;
    uint64_t old;

    if (map_take(&timers, timer_key(npp, timer), &old))
        freelist_return(&requests, (void *)(uintptr_t)old);
    map_set(&timers, timer_key(npp, timer), (uint64_t)(uintptr_t)request);
    map_remove(&being_scheduled, timer_key(npp, 0));
    errno = kept_errno;
}

static void timer_to_come(NPP npp, struct request *request)
{
    int kept_errno = errno;

    map_set(&being_scheduled, timer_key(npp, 0), (uint64_t)(uintptr_t)request);
    errno = kept_errno;
}

uint32_t gate_npn_scheduletimer(uintptr_t who, NPP npp, uint32_t interval, NPBool repeat,
                                void (*function)(NPP, uint32_t))
{
    struct hostcall call = HOSTCALLS_BEGIN(scheduletimer);
    const struct request what = {.timer = function};
    struct request *request = function != NULL ? make_request(&call, npp, &what) : NULL;

    if (request != NULL)
        timer_to_come(npp, request);
    hostcalls_go(&call);
    uint32_t timer = call.plugin->host.scheduletimer(npp, interval, repeat,
                                                     request != NULL ? run_timer : function);
    hostcalls_leave(&call);
    if (request != NULL)
        timer_scheduled(npp, timer, request);
    return timer;
}

/* The entry is for NPClass.allocate, of a class that cannot be watched. */
static uint32_t push_allocate(const struct hostcall *call, NPP npp, NPClass *type,
                              uint32_t *ret_instance)
{
    int kept_errno = errno;

    *ret_instance = instances_find(call->plugin, npp);
    if (type != NULL)
        classes_watch(call->plugin, type);
    uint32_t token = npn_entry_push(plugin_id(call->plugin), *ret_instance, call->stack_pointer);
    errno = kept_errno;
    return token;
}

/* Of a class that allocates and does not deallocate the browser frees the objects, by its own
 * means. */
static void hand_over_memory(const struct hostcall *call, const NPClass *type,
                             const NPObject *object)
{
    int kept_errno = errno;
    struct npn_caller caller = hostcalls_caller(call);
    struct live_block known;

    if (object != NULL && type != NULL && type->allocate != NULL && type->deallocate == NULL &&
        npn_find(object, &known))
        npn_handed_over(&caller, object, false, NPN_WAY_OBJECT);
    errno = kept_errno;
}

NPObject *gate_npn_createobject(uintptr_t who, NPP npp, NPClass *type)
{
    struct hostcall call = HOSTCALLS_BEGIN(createobject);
    uint32_t instance;
    uint32_t token = push_allocate(&call, npp, type, &instance);

    hostcalls_go(&call);
    NPObject *object = call.plugin->host.createobject(npp, type);
    hostcalls_leave(&call);
    int kept_errno = errno;
    npn_entry_pop(token);
    if (object != NULL)
        instances_own(object, call.plugin, instance);
    errno = kept_errno;
    received_new_object(&call, npp, object);
    hand_over_memory(&call, type, object);
    return object;
}
