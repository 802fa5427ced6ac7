/* tests/minihost/later.c: timers and asynchronous calls of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/later.h"

#include <pthread.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/table.h"

enum { TIMERS = 64, CALLS = 4096, NOTES = 64 };

static struct timer {
    NPP npp;
    uint32_t id; /* 0: unused */
    NPBool repeat;
    void (*func)(NPP npp, uint32_t id);
} timers[TIMERS];

static struct call {
    NPP npp;
    void (*func)(void *data);
    void *data;
} calls[CALLS];

static int call_count;
static pthread_mutex_t calls_mutex = PTHREAD_MUTEX_INITIALIZER;

static uint32_t npn_scheduletimer(NPP npp, uint32_t interval, NPBool repeat,
                                  void (*func)(NPP npp, uint32_t id))
{
    static uint32_t last_id;
    (void)interval;
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].id != 0)
            continue;
        timers[i] = (struct timer){npp, ++last_id, repeat, func};
        return last_id;
    }
    return 0;
}

static void npn_unscheduletimer(NPP npp, uint32_t id)
{
    for (int i = 0; i < TIMERS; i++)
        if (timers[i].id == id && timers[i].npp == npp)
            timers[i].id = 0;
}

int later_fire_timers(void)
{
    int fired = 0;
    for (int i = 0; i < TIMERS; i++) {
        struct timer timer = timers[i];
        if (timer.id == 0)
            continue;
        if (!timer.repeat)
            timers[i].id = 0;
        timer.func(timer.npp, timer.id);
        fired++;
    }
    return fired;
}

static void npn_pluginthreadasynccall(NPP npp, void (*func)(void *data), void *data)
{
    pthread_mutex_lock(&calls_mutex);
    if (call_count < CALLS)
        calls[call_count++] = (struct call){npp, func, data};
    pthread_mutex_unlock(&calls_mutex);
}

static bool next_call(struct call *ret_call)
{
    pthread_mutex_lock(&calls_mutex);
    const bool any = call_count != 0;
    if (any) {
        *ret_call = calls[0];
        call_count--;
        for (int i = 0; i < call_count; i++)
            calls[i] = calls[i + 1];
    }
    pthread_mutex_unlock(&calls_mutex);
    return any;
}

int later_make_calls(void)
{
    struct call call;
    int made = 0;
    for (; next_call(&call); made++)
        call.func(call.data);
    return made;
}

/* ---- addresses that plug-ins asked for ----------------------------------------------------------
 */

static struct note {
    NPP npp; /* NULL: unused */
    char url[64];
    void *data;
} notes[NOTES];

bool later_notify(NPP npp, const char *url, void *data)
{
    if (strstr(url, "later") == NULL || strlen(url) >= sizeof notes[0].url)
        return false;
    for (int i = 0; i < NOTES; i++) {
        if (notes[i].npp != NULL)
            continue;
        notes[i] = (struct note){.npp = npp, .data = data};
        strcpy(notes[i].url, url);
        return true;
    }
    return false;
}

int later_tell(void)
{
    int told = 0;
    for (int i = 0; i < NOTES; i++) {
        struct note note = notes[i];
        if (note.npp == NULL)
            continue;
        notes[i].npp = NULL;
        instance_of(note.npp)->plugin->funcs->urlnotify(note.npp, note.url, NPRES_DONE, note.data);
        told++;
    }
    return told;
}

static void drop_notes(NPP npp)
{
    for (int i = 0; i < NOTES; i++)
        if (notes[i].npp == npp)
            notes[i].npp = NULL;
}

void later_drop(NPP npp)
{
    drop_notes(npp);
    for (int i = 0; i < TIMERS; i++)
        if (timers[i].npp == npp)
            timers[i].id = 0;
    pthread_mutex_lock(&calls_mutex);
    int kept = 0;
    for (int i = 0; i < call_count; i++)
        if (calls[i].npp != npp)
            calls[kept++] = calls[i];
    call_count = kept;
    pthread_mutex_unlock(&calls_mutex);
}

const struct slot later_slots[] = {
    SLOT(pluginthreadasynccall, npn_pluginthreadasynccall),
    SLOT(scheduletimer, npn_scheduletimer),
    SLOT(unscheduletimer, npn_unscheduletimer),
    {NULL, 0, NULL},
};
