/* tracer/registry.c - the tables of strings, plug-ins and instances */
/* SPDX-License-Identifier: MIT */

#include "tracer/registry.h"

#include <string.h>

static uint32_t used(struct tracer *tracer, enum ring_area area)
{
    return atomic_load_explicit(&tracer->ring->used[area], memory_order_acquire);
}

/* Pairs with the acquire load of used[] in readers. */
static void publish(struct tracer *tracer, enum ring_area area, uint32_t count)
{
    atomic_store_explicit(&tracer->ring->used[area], count, memory_order_release);
}

static void count_loss(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

struct ring_plugin *registry_plugin(struct tracer *tracer, uint32_t id)
{
    if (id == 0 || id > used(tracer, RING_PLUGINS))
        return NULL;
    return (struct ring_plugin *)ring_area(tracer->ring, RING_PLUGINS) + (id - 1);
}

struct ring_instance *registry_instance(struct tracer *tracer, uint32_t serial)
{
    if (serial == 0 || serial > used(tracer, RING_INSTANCES))
        return NULL;
    return (struct ring_instance *)ring_area(tracer->ring, RING_INSTANCES) + (serial - 1);
}

uint32_t registry_string_locked(struct tracer *tracer, const char *text, size_t bytes)
{
    uint32_t at = used(tracer, RING_STRINGS);
    size_t needed = (sizeof(struct ring_string) + bytes + 1 + 3) / 4 * 4;

    if (bytes == 0 || needed > ring_capacity(tracer->ring, RING_STRINGS) - at)
        return 0;
    struct ring_string *string = (void *)((char *)ring_area(tracer->ring, RING_STRINGS) + at);
    string->bytes = (uint32_t)bytes;
    memcpy(string->text, text, bytes);
    string->text[bytes] = '\0';
    publish(tracer, RING_STRINGS, at + (uint32_t)needed);
    return at;
}

static bool same_file(struct tracer *tracer, const struct ring_plugin *entry,
                      const struct plugin_identity *identity)
{
    uint32_t bytes;

    if (entry->build_id_bytes != identity->build_id_bytes ||
        memcmp(entry->build_id, identity->build_id, identity->build_id_bytes) != 0)
        return false;
    if (entry->inode != 0 || identity->inode != 0)
        return entry->device == identity->device && entry->inode == identity->inode;
    return strcmp(ring_string_at(tracer->ring, entry->path, &bytes), identity->path) == 0;
}

static uint32_t find_plugin(struct tracer *tracer, const struct plugin_identity *identity)
{
    for (uint32_t id = 1; id <= used(tracer, RING_PLUGINS); id++)
        if (same_file(tracer, registry_plugin(tracer, id), identity))
            return id;
    return 0;
}

static uint32_t add_plugin_locked(struct tracer *tracer, const struct plugin_identity *identity,
                                  uint32_t flags, uint64_t stamp)
{
    uint32_t index = used(tracer, RING_PLUGINS);

    if (index == ring_capacity(tracer->ring, RING_PLUGINS)) {
        count_loss(&tracer->ring->unlisted_plugins);
        return 0;
    }
    struct ring_plugin *entry = (struct ring_plugin *)ring_area(tracer->ring, RING_PLUGINS) + index;
    entry->path = registry_string_locked(tracer, identity->path, strlen(identity->path));
    entry->flags = flags;
    entry->device = identity->device;
    entry->inode = identity->inode;
    entry->build_id_bytes = identity->build_id_bytes;
    memcpy(entry->build_id, identity->build_id, sizeof(entry->build_id));
    entry->met_stamp = stamp;
    publish(tracer, RING_PLUGINS, index + 1);
    return index + 1;
}

uint32_t registry_add_plugin(struct tracer *tracer, const struct plugin_identity *identity,
                             uint32_t flags, uint64_t stamp, bool *ret_new)
{
    struct lock_mask mask;

    *ret_new = false;
    if (!lock_acquire(&tracer->table_lock, &mask))
        return 0;
    uint32_t id = find_plugin(tracer, identity);
    if (id == 0) {
        id = add_plugin_locked(tracer, identity, flags, stamp);
        *ret_new = id != 0;
    }
    lock_release(&tracer->table_lock, &mask);
    return id;
}

/* MIME types recur: the plug-in's latest instance with the same one has the string. */
static uint32_t mime_string_locked(struct tracer *tracer, uint32_t plugin, const char *mime)
{
    uint32_t bytes;

    for (uint32_t serial = used(tracer, RING_INSTANCES), tries = 16; serial > 0 && tries > 0;
         serial--, tries--) {
        const struct ring_instance *other = registry_instance(tracer, serial);
        if (other->plugin == plugin &&
            strcmp(ring_string_at(tracer->ring, other->mime, &bytes), mime) == 0)
            return other->mime;
    }
    return registry_string_locked(tracer, mime, strlen(mime));
}

#define PAGE_MOST_BYTES 1024u /* addresses may carry all of the data themselves */

/* Instances of a page have the same one: one of the latest has the string. */
static uint32_t page_string_locked(struct tracer *tracer, const char *page, size_t length)
{
    uint32_t bytes;

    for (uint32_t serial = used(tracer, RING_INSTANCES), tries = 16; serial > 0 && tries > 0;
         serial--, tries--) {
        const struct ring_instance *other = registry_instance(tracer, serial);
        uint32_t known = atomic_load_explicit(&other->page, memory_order_relaxed);
        const char *text = ring_string_at(tracer->ring, known, &bytes);
        if (known != 0 && bytes == length && memcmp(text, page, length) == 0)
            return known;
    }
    return registry_string_locked(tracer, page, length);
}

void registry_set_page(struct tracer *tracer, uint32_t serial, const char *page)
{
    struct ring_instance *entry = registry_instance(tracer, serial);
    struct lock_mask mask;

    if (entry == NULL || !lock_acquire(&tracer->table_lock, &mask))
        return;
    if (atomic_load_explicit(&entry->page, memory_order_relaxed) == 0)
        atomic_store_explicit(&entry->page,
                              page_string_locked(tracer, page, strnlen(page, PAGE_MOST_BYTES)),
                              memory_order_release);
    lock_release(&tracer->table_lock, &mask);
}

uint32_t registry_add_instance(struct tracer *tracer, uint32_t plugin, const char *mime,
                               uint64_t npp, uint64_t stamp)
{
    struct lock_mask mask;
    uint32_t serial = 0;

    if (!lock_acquire(&tracer->table_lock, &mask))
        return 0;
    uint32_t index = used(tracer, RING_INSTANCES);
    if (index < ring_capacity(tracer->ring, RING_INSTANCES)) {
        struct ring_instance *entry =
            (struct ring_instance *)ring_area(tracer->ring, RING_INSTANCES) + index;
        entry->plugin = plugin;
        entry->mime = mime != NULL ? mime_string_locked(tracer, plugin, mime) : 0;
        entry->npp = npp;
        entry->created_stamp = stamp;
        serial = index + 1;
        publish(tracer, RING_INSTANCES, serial);
    } else {
        count_loss(&tracer->ring->unlisted_instances);
    }
    lock_release(&tracer->table_lock, &mask);
    return serial;
}
