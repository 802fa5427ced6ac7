/* shim/opened.c - libraries that a plug-in opens itself */
/* SPDX-License-Identifier: MIT */

#include "shim/opened.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "shim/brought.h"
#include "shim/hooks.h"
#include "shim/redirect.h"
#include "tracer/heap.h"
#include "tracer/sys.h"
#include "tracer/tracer.h"

#define PENDING_MAX 32 /* bits of opened_pending; the oldest is forgotten */
#define FILE_BYTES 128

struct pending {
    struct plugin *plugin;
    uint64_t loads; /* when it was asked for */
    uint32_t tid;
    char file[FILE_BYTES]; /* its name without folders */
};

_Atomic uint32_t opened_pending;

static struct pending pendings[PENDING_MAX];
static uint32_t next_place;

static bool is_pending(unsigned place)
{
    return (atomic_load_explicit(&opened_pending, memory_order_relaxed) >> place & 1) != 0;
}

static void note(struct plugin *plugin, const char *file, uint64_t loads)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (strlen(file) >= FILE_BYTES || lock == NULL || !lock_acquire(lock, &mask))
        return;
    unsigned place = next_place++ % PENDING_MAX;
    struct pending *pending = &pendings[place];
    pending->plugin = plugin;
    pending->loads = loads;
    pending->tid = sys_gettid();
    strcpy(pending->file, file);
    atomic_fetch_or_explicit(&opened_pending, UINT32_C(1) << place, memory_order_relaxed);
    lock_release(lock, &mask);
}

static void expect(const char *file, int flags, uint32_t set)
{
    int kept_errno = errno;

    if (file != NULL && (flags & RTLD_NOLOAD) == 0 && hooks_sets[set].plugin != NULL &&
        atomic_load_explicit(&heap_tracing, memory_order_relaxed) != 0)
        note(hooks_sets[set].plugin, brought_file(file), brought_loads());
    errno = kept_errno;
}

void *opened_before_dlopen(const char *file, int flags, uint32_t set)
{
    expect(file, flags, set);
    return atomic_load_explicit(&hooks_sets[set].original[HOOK_dlopen], memory_order_acquire);
}

/* Of other namespaces nothing is known that could be looked at. */
void *opened_before_dlmopen(long space, const char *file, int flags, uint32_t set)
{
    if (space == LM_ID_BASE)
        expect(file, flags, set);
    return atomic_load_explicit(&hooks_sets[set].original[HOOK_dlmopen], memory_order_acquire);
}

/* A copy of what is pending in a place. False: nothing. */
static bool get(unsigned place, struct pending *ret_pending)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return false;
    bool pending = is_pending(place);
    if (pending)
        *ret_pending = pendings[place];
    lock_release(lock, &mask);
    return pending;
}

static void drop(unsigned place, const struct pending *seen)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    if (pendings[place].loads == seen->loads && strcmp(pendings[place].file, seen->file) == 0)
        atomic_fetch_and_explicit(&opened_pending, ~(UINT32_C(1) << place), memory_order_relaxed);
    lock_release(lock, &mask);
}

/* Held by a handle of our own meanwhile: its opener may close it at any time. */
static bool redirect(const struct pending *pending)
{
    char path[PATH_MAX];
    void *handle = NULL;

    if (brought_since(pending->loads, pending->file, path, sizeof(path)))
        handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return false;
    redirect_opened(pending->plugin, handle); /* a handle is a link map */
    dlclose(handle);                          /* ours: it may be the last one */
    return true;
}

static void look(bool entry_ends)
{
    uint32_t tid = entry_ends ? sys_gettid() : 0;
    int kept_errno = errno;
    struct pending pending;

    for (unsigned place = 0; place < PENDING_MAX; place++)
        if (is_pending(place) && get(place, &pending) && (redirect(&pending) || pending.tid == tid))
            drop(place, &pending);
    errno = kept_errno;
}

void opened_look(void)
{
    if (atomic_load_explicit(&opened_pending, memory_order_relaxed) != 0)
        look(false);
}

void opened_entry_ends(void)
{
    if (atomic_load_explicit(&opened_pending, memory_order_relaxed) != 0)
        look(true);
}
