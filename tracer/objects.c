/* tracer/objects.c - the references to NPObjects that plug-ins hold */
/* SPDX-License-Identifier: MIT */

#include "tracer/objects.h"

#include "tracer/call.h"
#include "tracer/misuse.h"
#include "tracer/sys.h"

#define PASTS 1024u
#define MAX_REACH 255u

/* Under the table lock. */
struct objects {
    /* By address: objects that some plug-in held, and of which none holds a reference any more. The
     * last holder, and where it came to hold it; address 0: none. */
    struct live_block past[PASTS];
    uint8_t reach[]; /* by slot of RING_OBJECTS: how far from it its entries ever lay, plus 1 */
};

struct objects *objects_map(const struct ring_header *ring)
{
    return sys_map(sizeof(struct objects) + ring_capacity(ring, RING_OBJECTS));
}

/* ---- the table, under the lock ----------------------------------------------------------- */

/* Starting behind `after`, or at the address's home for NULL: the next entry of the address. */
static struct ring_object *next_locked(struct tracer *tracer, uint64_t address,
                                       const struct ring_object *after)
{
    struct ring_object *slots = ring_area(tracer->ring, RING_OBJECTS);
    uint32_t mask = ring_capacity(tracer->ring, RING_OBJECTS) - 1;
    uint32_t home = ring_live_home(address, mask);
    uint32_t from = after != NULL ? (((uint32_t)(after - slots) - home) & mask) + 1 : 0;

    for (uint32_t i = from; i < tracer->objects->reach[home]; i++) {
        struct ring_object *slot = &slots[(home + i) & mask];
        if (atomic_load_explicit(&slot->address, memory_order_relaxed) == address)
            return slot;
    }
    return NULL;
}

static struct ring_object *find_locked(struct tracer *tracer, uint64_t address, uint32_t plugin)
{
    struct ring_object *slot = next_locked(tracer, address, NULL);

    while (slot != NULL && slot->plugin != plugin)
        slot = next_locked(tracer, address, slot);
    return slot;
}

/* An empty slot for the address; NULL: no room. */
static struct ring_object *claim_locked(struct tracer *tracer, uint64_t address)
{
    struct ring_object *slots = ring_area(tracer->ring, RING_OBJECTS);
    uint32_t capacity = ring_capacity(tracer->ring, RING_OBJECTS);
    uint32_t home = ring_live_home(address, capacity - 1);
    uint8_t *reach = &tracer->objects->reach[home];

    for (uint32_t i = 0; i < MAX_REACH && i < capacity; i++) {
        struct ring_object *slot = &slots[(home + i) & (capacity - 1)];
        if (atomic_load_explicit(&slot->address, memory_order_relaxed) != 0)
            continue;
        if (*reach < i + 1)
            *reach = (uint8_t)(i + 1);
        return slot;
    }
    atomic_fetch_add_explicit(&tracer->ring->unlisted_objects, 1, memory_order_relaxed);
    return NULL;
}

static struct live_block *past_of(struct tracer *tracer, uint64_t address)
{
    return &tracer->objects->past[ring_live_home(address, PASTS - 1)];
}

static void forget_locked(struct tracer *tracer, uint64_t address)
{
    struct live_block *past = past_of(tracer, address);

    if (past->address == address)
        past->address = 0;
}

static void empty_locked(struct ring_object *slot)
{
    atomic_store_explicit(&slot->refs, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->address, 0, memory_order_release);
}

/* A new entry, with one reference. Who reads the slot's last entry meanwhile must see that it is
 * gone, if he sees anything of this one: the fence stands between empty_locked()'s stores and
 * these, and pairs with the acquire fence of readers, who look at the address again. */
static void fill(struct ring_object *slot, const struct event *event, enum object_step step)
{
    atomic_thread_fence(memory_order_release);
    slot->stamp = event->stamp;
    slot->node = slot->last_node = event->node != RING_NODE_INLINE ? event->node : RING_NODE_NONE;
    slot->instance = event->instance;
    slot->plugin = event->plugin;
    slot->step = (uint16_t)step;
    slot->most_refs = 1;
    atomic_store_explicit(&slot->refs, 1, memory_order_relaxed);
    /* Pairs with the readers' acquire load. */
    atomic_store_explicit(&slot->address, event->address, memory_order_release);
}

static uint32_t hold_locked(struct tracer *tracer, const struct event *event, enum object_step step)
{
    struct ring_object *slot = find_locked(tracer, event->address, event->plugin);

    forget_locked(tracer, event->address);
    if (slot == NULL) {
        slot = claim_locked(tracer, event->address);
        if (slot != NULL)
            fill(slot, event, step);
        return 1;
    }
    uint32_t refs = atomic_load_explicit(&slot->refs, memory_order_relaxed) + 1;
    if (slot->instance != event->instance)
        slot->step |= OBJECT_SHARED;
    if (slot->most_refs < refs)
        slot->most_refs = refs;
    slot->last_node = event->node != RING_NODE_INLINE ? event->node : RING_NODE_NONE;
    atomic_store_explicit(&slot->refs, refs, memory_order_relaxed);
    return refs;
}

static struct live_block holder_of(const struct ring_object *slot, uint64_t address)
{
    return (struct live_block){
        .address = address,
        .stamp = slot->stamp,
        .node = slot->node,
        .instance = slot->instance,
        .plugin = slot->plugin,
    };
}

/* Of an object that the plug-in had not got from the browser, but retained, the first reference may
 * be one that it made itself, without telling: nothing can be said of the last. */
static void remember_locked(struct tracer *tracer, const struct ring_object *slot, uint64_t address)
{
    if (OBJECT_STEP(slot->step) != OBJECT_RETAINED)
        *past_of(tracer, address) = holder_of(slot, address);
}

enum dropped { DROPPED, NEVER_HELD, OVER_RELEASED };

/* *ret_refs: what the caller still holds. */
static enum dropped drop_locked(struct tracer *tracer, const struct event *event,
                                uint32_t *ret_refs, struct live_block *ret_past)
{
    struct ring_object *slot = find_locked(tracer, event->address, event->plugin);

    if (slot == NULL)
        slot = next_locked(tracer, event->address, NULL); /* another's, in its place */
    if (slot == NULL) {
        *ret_past = *past_of(tracer, event->address);
        return ret_past->address == event->address ? OVER_RELEASED : NEVER_HELD;
    }
    uint32_t refs = atomic_load_explicit(&slot->refs, memory_order_relaxed) - 1;
    *ret_refs = slot->plugin == event->plugin ? refs : 0;
    atomic_store_explicit(&slot->refs, refs, memory_order_relaxed);
    if (refs == 0) {
        empty_locked(slot);
        if (next_locked(tracer, event->address, NULL) == NULL)
            remember_locked(tracer, slot, event->address);
    }
    return DROPPED;
}

/* True if anybody held it. Whoever releases it from now on has no reference for certain. */
static bool drop_all_locked(struct tracer *tracer, uint64_t address)
{
    struct ring_object *slot = NULL;
    bool held = past_of(tracer, address)->address == address;

    while ((slot = next_locked(tracer, address, slot)) != NULL) {
        *past_of(tracer, address) = holder_of(slot, address);
        empty_locked(slot);
        held = true;
    }
    return held;
}

/* ---- the steps --------------------------------------------------------------------------- */

static bool begin(struct operation *operation, const struct npn_caller *caller, const void *object)
{
    if (object == NULL || !operation_enter(operation, caller->stack_pointer))
        return false;
    if (operation->tracer->objects != NULL)
        return true;
    operation_leave(operation);
    return false;
}

static struct event step_event(const struct operation *operation, const struct npn_caller *caller,
                               const void *object, enum object_step step, struct event *ret_stack)
{
    struct event event = call_event(operation, caller, EVENT_OBJECT, ret_stack);

    event.address = (uint64_t)(uintptr_t)object;
    event.flags |= (uint16_t)(step << EVENT_ORIGIN_SHIFT);
    return event;
}

void object_held(const struct npn_caller *caller, uint32_t instance, const void *object,
                 enum object_step step)
{
    struct operation operation;
    struct event stack;
    struct lock_mask mask;

    if (!begin(&operation, caller, object))
        return;
    struct event event = step_event(&operation, caller, object, step, &stack);
    if (event.instance == 0)
        event.instance = instance;
    if (lock_acquire(&operation.tracer->table_lock, &mask)) {
        event.size = hold_locked(operation.tracer, &event, step);
        lock_release(&operation.tracer->table_lock, &mask);
        call_put(&operation, &stack, &event, 1);
    }
    operation_leave(&operation);
}

static void report(const struct operation *operation, const struct event *event,
                   const struct live_block *past)
{
    struct tracer *tracer = operation->tracer;
    struct finding finding = {
        .kind = FINDING_OVER_RELEASED,
        .address = event->address,
        .owner = *past,
    };

    if (finding_is_certain(tracer) && !misuse_any_nested(tracer) &&
        atomic_load_explicit(&tracer->ring->unlisted_objects, memory_order_relaxed) == 0)
        finding_put(operation, event->plugin, event->instance, event->node, event->stamp, &finding);
}

void object_dropped(const struct npn_caller *caller, const void *object, enum object_step step)
{
    struct operation operation;
    struct event stack;
    struct lock_mask mask;
    struct live_block past;
    uint32_t refs = 0;
    enum dropped dropped = NEVER_HELD;

    if (!begin(&operation, caller, object))
        return;
    struct event event = step_event(&operation, caller, object, step, &stack);
    if (lock_acquire(&operation.tracer->table_lock, &mask)) {
        dropped = drop_locked(operation.tracer, &event, &refs, &past);
        lock_release(&operation.tracer->table_lock, &mask);
    }
    event.size = refs;
    if (dropped == DROPPED)
        call_put(&operation, &stack, &event, 1);
    else if (dropped == OVER_RELEASED)
        report(&operation, &event, &past);
    operation_leave(&operation);
}

void object_gone(const struct npn_caller *caller, const void *object)
{
    struct operation operation;
    struct event stack;
    struct lock_mask mask;
    bool held = false;

    if (!begin(&operation, caller, object))
        return;
    struct event event = step_event(&operation, caller, object, OBJECT_GONE, &stack);
    if (lock_acquire(&operation.tracer->table_lock, &mask)) {
        held = drop_all_locked(operation.tracer, event.address);
        lock_release(&operation.tracer->table_lock, &mask);
    }
    if (held)
        call_put(&operation, &stack, &event, 1);
    operation_leave(&operation);
}

bool object_holder(struct tracer *tracer, uint64_t address, uint32_t plugin,
                   struct live_block *ret_holder)
{
    struct lock_mask mask;

    if (tracer->objects == NULL || !lock_acquire(&tracer->table_lock, &mask))
        return false;
    const struct ring_object *slot = find_locked(tracer, address, plugin);
    if (slot != NULL)
        *ret_holder = holder_of(slot, address);
    lock_release(&tracer->table_lock, &mask);
    return slot != NULL;
}
