/* shim/plugin.c - the plug-ins that this process has met */
/* SPDX-License-Identifier: MIT */

#include "shim/plugin.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "shim/redirect.h"
#include "tracer/clock.h"
#include "tracer/npn.h"
#include "tracer/registry.h"
#include "tracer/sys.h"

static struct plugin places[PLUGIN_PLACES];
static _Atomic uint32_t place_count;
static struct plugin *_Atomic set_owner[PLUGIN_STUB_SETS + 1];
static _Atomic uint32_t set_count;

struct plugin *plugin_at(uint32_t index)
{
    return &places[index];
}

struct plugin *plugin_of_set(uint32_t set)
{
    return atomic_load_explicit(&set_owner[set], memory_order_acquire);
}

static struct plugin *find_start(uint64_t start)
{
    uint32_t count = atomic_load_explicit(&place_count, memory_order_acquire);

    for (uint32_t i = 0; i < count; i++)
        if (atomic_load_explicit(&places[i].start, memory_order_relaxed) == start)
            return &places[i];
    return NULL;
}

struct plugin *plugin_find_code(const void *address)
{
    struct object object;

    return object_at((uint64_t)(uintptr_t)address, &object) ? find_start(object.start) : NULL;
}

static bool is_mapped_at(const struct plugin *plugin, uint64_t start)
{
    struct object object;

    return start != 0 && object_at(start, &object) && object.start == start &&
           strcmp(object.name, plugin->name) == 0;
}

/* True if the plug-in's object is where it was when it was met last. */
static bool still_mapped(const struct plugin *plugin)
{
    return is_mapped_at(plugin, atomic_load_explicit(&plugin->start, memory_order_relaxed));
}

static bool same_file(const struct plugin *plugin, const char *path, const struct stat *file,
                      const struct build_id *id)
{
    if (plugin->build_id.count != id->count ||
        memcmp(plugin->build_id.bytes, id->bytes, id->count) != 0)
        return false;
    if (plugin->inode != 0 || file->st_ino != 0)
        return plugin->device == file->st_dev && plugin->inode == file->st_ino;
    return strcmp(plugin->path, path) == 0;
}

static char *keep(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = sys_map(bytes); /* a page per plug-in, for ever */

    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

/* The same file may come back under another name. */
static bool rename_locked(struct plugin *plugin, const char *name)
{
    char *kept = plugin->name;

    if (kept == NULL || strcmp(kept, name) != 0)
        kept = keep(name);
    if (kept != NULL)
        plugin->name = kept;
    return kept != NULL;
}

static struct plugin *place_locked(const struct object *object, const char *path,
                                   const struct stat *file, const struct build_id *id)
{
    uint32_t count = atomic_load_explicit(&place_count, memory_order_relaxed);

    /* The same file again, at another address or the same; but not while it is mapped twice
     * (namespaces). */
    for (uint32_t i = 0; i < count; i++)
        if (same_file(&places[i], path, file, id) && !still_mapped(&places[i])) {
            if (!rename_locked(&places[i], object->name))
                return NULL;
            atomic_store_explicit(&places[i].start, object->start, memory_order_release);
            return &places[i];
        }
    if (count == PLUGIN_PLACES)
        return NULL;
    struct plugin *plugin = &places[count];
    plugin->path = keep(path);
    if (plugin->path == NULL || !rename_locked(plugin, object->name))
        return NULL;
    plugin->index = count;
    plugin->device = file->st_dev;
    plugin->inode = file->st_ino;
    plugin->build_id = *id;
    atomic_store_explicit(&plugin->stub_set, PLUGIN_NO_STUBS, memory_order_relaxed);
    atomic_store_explicit(&plugin->start, object->start, memory_order_relaxed);
    atomic_store_explicit(&place_count, count + 1, memory_order_release);
    return plugin;
}

struct plugin *plugin_of_code(const void *address)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;
    struct object object;
    struct build_id id;
    struct stat file;
    char path[PATH_MAX];

    if (!object_at((uint64_t)(uintptr_t)address, &object))
        return NULL;
    struct plugin *plugin = find_start(object.start);
    if (plugin != NULL && still_mapped(plugin))
        return plugin;
    object_path(&object, path, sizeof(path));
    object_build_id(&object, &id);
    if (path[0] != '/' || stat(path, &file) != 0)
        memset(&file, 0, sizeof(file));
    if (lock == NULL || !lock_acquire(lock, &mask))
        return NULL;
    plugin = find_start(object.start);
    if (plugin == NULL || !still_mapped(plugin)) {
        if (plugin != NULL) /* another object has taken its addresses */
            atomic_store_explicit(&plugin->start, 0, memory_order_relaxed);
        plugin = place_locked(&object, path, &file, &id);
    }
    lock_release(lock, &mask);
    return plugin;
}

bool plugin_take_stubs(struct plugin *plugin)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (atomic_load_explicit(&plugin->stub_set, memory_order_acquire) != PLUGIN_NO_STUBS)
        return true;
    if (lock == NULL || !lock_acquire(lock, &mask))
        return false;
    uint32_t set = atomic_load_explicit(&set_count, memory_order_relaxed);
    bool taken = atomic_load_explicit(&plugin->stub_set, memory_order_relaxed) != PLUGIN_NO_STUBS;
    if (!taken && set < PLUGIN_STUB_SETS) {
        atomic_store_explicit(&set_owner[set], plugin, memory_order_release);
        atomic_store_explicit(&plugin->stub_set, set, memory_order_release);
        atomic_store_explicit(&set_count, set + 1, memory_order_relaxed);
        taken = true;
    }
    lock_release(lock, &mask);
    return taken;
}

bool plugin_share_stubs(struct plugin *plugin)
{
    struct plugin *first = NULL;

    if (atomic_compare_exchange_strong(&set_owner[PLUGIN_SHARED_SET], &first, plugin) ||
        first == plugin)
        return true;
    return first->host.memalloc == plugin->host.memalloc &&
           first->host.memfree == plugin->host.memfree &&
           first->host.memflush == plugin->host.memflush;
}

void plugin_beginning(struct plugin *plugin)
{
    atomic_store_explicit(&plugin->ended, false, memory_order_relaxed);
}

void plugin_begun(struct plugin *plugin, NPError error)
{
    if (error == NPERR_NO_ERROR)
        atomic_fetch_add_explicit(&plugin->running, 1, memory_order_relaxed);
}

void plugin_shut_down(struct plugin *plugin)
{
    uint32_t running = atomic_load_explicit(&plugin->running, memory_order_relaxed);

    while (running > 0 && !atomic_compare_exchange_weak(&plugin->running, &running, running - 1))
        ;
    if (running <= 1)
        atomic_store_explicit(&plugin->ended, true, memory_order_relaxed);
}

uint32_t plugin_id(struct plugin *plugin)
{
    struct tracer *tracer = tracer_start();
    bool fresh;

    if (tracer == NULL)
        return 0;
    uint32_t generation = tracer->generation;
    uint64_t known = atomic_load_explicit(&plugin->id, memory_order_acquire);
    if (known >> 32 == generation)
        return (uint32_t)known;

    struct plugin_identity identity = {
        .path = plugin->path,
        .device = plugin->device,
        .inode = plugin->inode,
        .build_id_bytes = plugin->build_id.count,
    };
    memcpy(identity.build_id, plugin->build_id.bytes, sizeof(identity.build_id));
    uint32_t id = registry_add_plugin(tracer, &identity, plugin->flags, clock_stamp(), &fresh);
    atomic_store_explicit(&plugin->id, (uint64_t)generation << 32 | id, memory_order_release);
    if (fresh)
        npn_plugin_step(id, EVENT_STEP_MET, 0);
    return id;
}

struct plugin *plugin_of_id(uint32_t id)
{
    struct tracer *tracer = tracer_if_running();
    uint32_t count = atomic_load_explicit(&place_count, memory_order_acquire);

    if (tracer == NULL || id == 0)
        return NULL;
    uint64_t wanted = (uint64_t)tracer->generation << 32 | id;
    for (uint32_t i = 0; i < count; i++)
        if (atomic_load_explicit(&places[i].id, memory_order_relaxed) == wanted)
            return &places[i];
    return NULL;
}

static void note_unloaded(struct plugin *plugin, uint64_t loads)
{
    struct tracer *tracer = tracer_if_running();
    uint64_t known = atomic_load_explicit(&plugin->id, memory_order_relaxed);

    redirect_plugin_left(plugin, loads);
    if (tracer == NULL || known >> 32 != tracer->generation)
        return;
    struct ring_plugin *entry = registry_plugin(tracer, (uint32_t)known);
    if (entry == NULL)
        return;
    atomic_fetch_add(&entry->unloads, 1);
    atomic_store(&entry->end_stamp, clock_stamp());
    npn_plugin_step((uint32_t)known, EVENT_STEP_UNLOADED, 0);
}

/* Other threads may see the same, or open the file again, at the same place. */
static bool has_left(struct plugin *plugin)
{
    uint64_t start = atomic_load_explicit(&plugin->start, memory_order_relaxed);
    uint64_t nowhere = 0;

    if (start == 0 || is_mapped_at(plugin, start) ||
        !atomic_compare_exchange_strong(&plugin->start, &start, 0))
        return false;
    if (!is_mapped_at(plugin, start))
        return true;
    atomic_compare_exchange_strong(&plugin->start, &nowhere, start);
    return false;
}

void plugin_forget_unloaded(void)
{
    uint64_t loads = redirect_loads();
    uint32_t count = atomic_load_explicit(&place_count, memory_order_acquire);

    for (uint32_t i = 0; i < count; i++)
        if (has_left(&places[i]))
            note_unloaded(&places[i], loads);
}
