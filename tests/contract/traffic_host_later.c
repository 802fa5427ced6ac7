/* tests/contract/traffic_host_later.c - the random host's timers and asynchronous calls */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>

#include "tests/contract/traffic_host.h"

enum { TIMERS = 64, CALLS = 512 };

/* ---- timers: main thread --------------------------------------------------------------------- */

static struct timer {
    uint32_t id; /* 0: none */
    uint64_t serial;
    bool repeat;
    void (*function)(NPP npp, uint32_t id);
} timers[TIMERS];

uint32_t host_scheduletimer(NPP npp, uint32_t interval, NPBool repeat,
                            void (*function)(NPP npp, uint32_t id))
{
    static uint32_t ids;
    const uint64_t serial = instance_of(npp)->serial;

    (void)interval;
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].id != 0)
            continue;
        timers[i] = (struct timer){++ids, serial, repeat, function};
        return ids;
    }
    return 0;
}

void host_unscheduletimer(NPP npp, uint32_t id)
{
    const uint64_t serial = instance_of(npp)->serial;

    for (int i = 0; i < TIMERS; i++)
        if (timers[i].id == id && timers[i].serial == serial)
            timers[i].id = 0;
}

static void fire_timer(struct timer *timer)
{
    const struct timer due = *timer;
    struct host_instance *instance = due.id != 0 ? instance_lent(due.serial) : NULL;

    if (instance == NULL || instance->life != HOST_READY)
        return;
    if (!due.repeat)
        timer->id = 0;
    due.function(&instance->npp, due.id);
}

/* ---- NPN_PluginThreadAsyncCall: any thread --------------------------------------------------- */

static struct call {
    NPP npp; /* NULL: for no instance */
    void (*function)(void *data);
    void *data;
} calls[CALLS];
static unsigned call_count;
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;

/* What there is no room for is lost, as when the instance ends. */
void host_pluginthreadasynccall(NPP npp, void (*function)(void *), void *data)
{
    pthread_mutex_lock(&calls_lock);
    if (call_count < CALLS / 2 || npp == NULL) {
        if (call_count == CALLS)
            host_fail("too many calls for no instance");
        calls[call_count++] = (struct call){npp, function, data};
    }
    pthread_mutex_unlock(&calls_lock);
}

/* The oldest that may be made now. */
static bool next_call(struct call *ret_call)
{
    bool found = false;

    pthread_mutex_lock(&calls_lock);
    for (unsigned i = 0; i < call_count && !found; i++) {
        *ret_call = calls[i];
        if (calls[i].npp != NULL && instance_of(calls[i].npp)->life != HOST_READY)
            continue;
        found = true;
        call_count--;
        for (; i < call_count; i++)
            calls[i] = calls[i + 1];
    }
    pthread_mutex_unlock(&calls_lock);
    return found;
}

static void make_calls(unsigned most)
{
    struct call call;

    for (; most > 0 && next_call(&call); most--)
        call.function(call.data);
}

/* ---- both ------------------------------------------------------------------------------------ */

void later_step(void)
{
    if (host_one_in(2))
        fire_timer(&timers[host_below(TIMERS)]);
    else
        make_calls(host_below(8));
}

/* The NPP is still that of the instance that is over. */
void later_drop(uint64_t serial, NPP npp)
{
    for (int i = 0; i < TIMERS; i++)
        if (timers[i].serial == serial)
            timers[i].id = 0;
    pthread_mutex_lock(&calls_lock);
    unsigned kept = 0;
    for (unsigned i = 0; i < call_count; i++)
        if (calls[i].npp != npp)
            calls[kept++] = calls[i];
    call_count = kept;
    pthread_mutex_unlock(&calls_lock);
}

void later_drain(void)
{
    make_calls(CALLS);
}
