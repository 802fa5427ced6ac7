/* viewer/model_objects.c - what plug-ins hold of objects, counted from events */
/* SPDX-License-Identifier: MIT */

#include "viewer/cursor.h"
#include "viewer/model.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct holder {
    struct trace_object held; /* refs 0: no more */
    struct holder *next;      /* another plug-in's, of the same object */
};

struct object {
    uint64_t address;
    struct holder *holders;
    UT_hash_handle hh;
};

static struct object *object_of(struct object **objects, uint64_t address)
{
    struct object *object;

    HASH_FIND(hh, *objects, &address, sizeof(address), object);
    if (object == NULL) {
        object = xalloc_zeroed(1, sizeof(*object));
        object->address = address;
        HASH_ADD(hh, *objects, address, sizeof(object->address), object);
    }
    return object;
}

static struct holder *holder_of(struct object *object, uint16_t plugin)
{
    struct holder *holder = object->holders;

    while (holder != NULL && holder->held.plugin != plugin)
        holder = holder->next;
    if (holder == NULL) {
        holder = xalloc_zeroed(1, sizeof(*holder));
        holder->held.plugin = plugin;
        holder->next = object->holders;
        object->holders = holder;
    }
    return holder;
}

static void take(struct object *object, const struct event *event, uint32_t node)
{
    struct trace_object *held = &holder_of(object, event->plugin)->held;

    if (held->refs == 0)
        *held = (struct trace_object){
            .address = event->address,
            .stamp = event->stamp,
            .node = node,
            .instance = event->instance,
            .plugin = event->plugin,
            .step = (uint16_t)EVENT_ORIGIN(event->flags),
        };
    else if (event->instance != held->instance)
        held->step |= OBJECT_SHARED;
    held->last_node = node;
    held->refs++;
    if (held->refs > held->most_refs)
        held->most_refs = held->refs;
}

/* A plug-in that holds none gives back another's, as in the tracer's table. */
static void give_back(struct object *object, uint16_t plugin)
{
    struct holder *holder = holder_of(object, plugin);

    if (holder->held.refs == 0)
        for (holder = object->holders; holder != NULL && holder->held.refs == 0;)
            holder = holder->next;
    if (holder != NULL)
        holder->held.refs--;
}

static void follow(struct object **objects, const struct event *event, uint32_t node)
{
    struct object *object = object_of(objects, event->address);
    unsigned step = EVENT_ORIGIN(event->flags);

    if (step == OBJECT_GONE)
        for (struct holder *holder = object->holders; holder != NULL; holder = holder->next)
            holder->held.refs = 0;
    else if (step < OBJECT_RELEASED)
        take(object, event, node);
    else
        give_back(object, event->plugin);
}

static struct object *read_events(struct recording *recording)
{
    struct cursor *cursor = cursor_open(recording);
    struct recorded_event recorded;
    struct object *objects = NULL;

    while (cursor_next(cursor, &recorded))
        if (recorded.event.type == EVENT_OBJECT)
            follow(&objects, &recorded.event, recording_stack_node(recording, &recorded));
    cursor_close(cursor);
    return objects;
}

static int by_address(const void *left, const void *right)
{
    const struct trace_object *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->plugin > b->plugin) - (a->plugin < b->plugin);
}

static void add_held(struct recording *recording, size_t *capacity, const struct holder *holder)
{
    if (holder->held.refs == 0)
        return;
    recording->objects = xalloc_grown(recording->objects, recording->object_count, capacity,
                                      sizeof(*recording->objects));
    recording->objects[recording->object_count++] = holder->held;
}

void model_take_objects(struct model *model)
{
    struct recording *recording = model->recording;
    struct object *objects, *object, *next;
    size_t capacity = 0;

    if (recording->has_contract)
        return;
    free(recording->objects);
    recording->objects = NULL;
    recording->object_count = 0;
    objects = read_events(recording);
    HASH_ITER(hh, objects, object, next)
    {
        for (struct holder *holder; (holder = object->holders) != NULL;) {
            add_held(recording, &capacity, holder);
            object->holders = holder->next;
            free(holder);
        }
        HASH_DEL(objects, object);
        free(object);
    }
    if (recording->object_count > 1)
        qsort(recording->objects, recording->object_count, sizeof(*recording->objects), by_address);
}
