/* shim/instances.c - which instance an NPP is now, and whose an object is */
/* SPDX-License-Identifier: MIT */

#include "shim/instances.h"

#include <strings.h>

#include "shim/map.h"
#include "tracer/clock.h"
#include "tracer/npn.h"
#include "tracer/registry.h"

static struct map by_npp;    /* NPP and plug-in -> generation << 32 | serial */
static struct map by_object; /* NPObject -> generation << 40 | plug-in's place << 32 | serial */

/* NPPs are aligned structures in user space: bits for the plug-in's place are free at the top. */
static uint64_t key_of(const struct plugin *plugin, NPP npp)
{
    return (uint64_t)(uintptr_t)npp ^ (uint64_t)(plugin->index + 1) << 48;
}

static uint64_t generation(void)
{
    struct tracer *tracer = tracer_if_running();

    return tracer != NULL ? tracer->generation : 0;
}

uint32_t instances_begin(struct plugin *plugin, NPP npp, const char *mime)
{
    struct tracer *tracer = tracer_start();
    uint32_t id = plugin_id(plugin);

    if (tracer == NULL || id == 0)
        return 0;
    uint32_t instance =
        registry_add_instance(tracer, id, mime, (uint64_t)(uintptr_t)npp, clock_stamp());
    map_set(&by_npp, key_of(plugin, npp), generation() << 32 | instance);
    npn_instance_step(id, instance, EVENT_STEP_NEW_ENTER, 0);
    return instance;
}

void instances_note_page(uint32_t instance, const char *page)
{
    struct tracer *tracer = tracer_if_running();

    if (tracer != NULL && instance != 0 && page[0] != '\0')
        registry_set_page(tracer, instance, page);
}

/* Hosts pass the names as the page has them. Some put an entry without a name or value between the
 * tag's own and those of its PARAMs. */
static const char *attribute(const char *name, int16_t count, char *const names[],
                             char *const values[])
{
    for (int16_t i = 0; i < count; i++)
        if (names[i] != NULL && values[i] != NULL && strcasecmp(names[i], name) == 0)
            return values[i];
    return NULL;
}

void instances_note_attributes(uint32_t instance, int16_t count, char *const names[],
                               char *const values[])
{
    static const char *const telling[] = {"src", "data"}; /* of <embed>, of <object> */

    if (names == NULL || values == NULL)
        return;
    for (unsigned i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
        const char *value = attribute(telling[i], count, names, values);
        if (value != NULL)
            instances_note_page(instance, value);
    }
}

static void close_instance(struct plugin *plugin, NPP npp, uint32_t instance, uint32_t flags)
{
    struct tracer *tracer = tracer_if_running();
    struct ring_instance *entry = tracer != NULL ? registry_instance(tracer, instance) : NULL;

    if (instances_find(plugin, npp) == instance) /* not if the address is another's already */
        map_remove(&by_npp, key_of(plugin, npp));
    if (entry == NULL)
        return;
    atomic_store(&entry->destroyed_stamp, clock_stamp());
    atomic_fetch_or(&entry->flags, flags);
}

void instances_begun(struct plugin *plugin, NPP npp, uint32_t instance, NPError error)
{
    if (error != NPERR_NO_ERROR)
        close_instance(plugin, npp, instance, RING_INSTANCE_FAILED | RING_INSTANCE_DESTROYED);
    npn_instance_step(plugin_id(plugin), instance, EVENT_STEP_NEW_RETURN, error);
}

uint32_t instances_ending(struct plugin *plugin, NPP npp)
{
    uint32_t instance = instances_find(plugin, npp);

    npn_instance_step(plugin_id(plugin), instance, EVENT_STEP_DESTROY_ENTER, 0);
    return instance;
}

void instances_ended(struct plugin *plugin, NPP npp, uint32_t instance, NPError error)
{
    close_instance(plugin, npp, instance, RING_INSTANCE_DESTROYED);
    npn_instance_step(plugin_id(plugin), instance, EVENT_STEP_DESTROY_RETURN, error);
}

uint32_t instances_find(struct plugin *plugin, NPP npp)
{
    uint64_t value;

    if (npp == NULL || !map_get(&by_npp, key_of(plugin, npp), &value) ||
        value >> 32 != generation())
        return 0;
    return (uint32_t)value;
}

void instances_own(const void *object, struct plugin *plugin, uint32_t instance)
{
    map_set(&by_object, (uint64_t)(uintptr_t)object,
            generation() << 40 | (uint64_t)plugin->index << 32 | instance);
}

void instances_disown(const void *object)
{
    map_remove(&by_object, (uint64_t)(uintptr_t)object);
}

uint32_t instances_find_owner(const void *object, struct plugin **ret_plugin)
{
    uint64_t value;

    if (!map_get(&by_object, (uint64_t)(uintptr_t)object, &value) || value >> 40 != generation())
        return 0;
    *ret_plugin = plugin_at(value >> 32 & 0xff);
    return (uint32_t)value;
}
