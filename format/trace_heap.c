/* format/trace_heap.c - writes HEAP blocks */
/* SPDX-License-Identifier: MIT */

#include "format/trace_heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "format/trace_heap_model.h"

#define ACTOR_BITS 8
#define PLACE_BITS 16
#define AHEAD 8 /* so many events before it is needed, a place is fetched */
#define PLUGIN_IDS (UINT16_MAX + 1u)
#define PLACE_SLOT_SHIFT 24 /* a place: slot << 24 | number of the allocation in the slot */
#define PLACE_NUMBER_MASK ((1u << PLACE_SLOT_SHIFT) - 1)

_Static_assert(TRACE_HEAP_MAX <= PLACE_NUMBER_MASK, "a block's allocations have places");

struct actor { /* whose events they are */
    uint32_t tid;
    uint32_t instance;
    uint16_t plugin;
    uint8_t slot;
};

struct columns {
    uint8_t *at[HEAP_COLUMNS]; /* where the next value goes */
    uint64_t stamp;            /* of the last event */
    uint32_t actor;            /* the last event's */
    uint32_t before;           /* the one before it that was another */
};

/* At most this many bytes of a column for one event. */
static const uint8_t widest[HEAP_COLUMNS] = {
    [HEAP_KIND] = 1,     [HEAP_STAMP_LOW] = 1, [HEAP_STAMP_HIGH] = 1, [HEAP_STAMP_WIDE] = 10,
    [HEAP_ACTOR] = 5,    [HEAP_MODE] = 1,      [HEAP_NODE_LOW] = 1,   [HEAP_NODE_HIGH] = 4,
    [HEAP_SIZE] = 10,    [HEAP_ADDRESS] = 10,  [HEAP_DISTANCE] = 1,   [HEAP_FAR] = 6,
    [HEAP_OLD] = 10,
};

struct trace_heap_writer {
    size_t count;
    uint64_t first_stamp;  /* of the block */
    uint64_t least_stamp, greatest_stamp;
    struct trace_summary_plugin *sums; /* by plug-in; pages that are never touched cost nothing */
    struct trace_summary_plugin *listed; /* for those who asked for the summary */
    uint16_t *plugins;                   /* that are in the block */
    uint32_t plugin_count;

    struct actor *actors; /* of the block; the same one may stand there twice */
    uint32_t actor_count;
    uint32_t actor_by_hash[1u << ACTOR_BITS]; /* number + 1 */
    uint32_t slot_tid[HEAP_SLOTS];
    uint32_t slots_given;

    uint8_t *memory; /* of all columns: pages that are never touched cost nothing */
    uint8_t *begin[HEAP_COLUMNS];
    struct columns columns;

    /* Where an address was allocated. Entries may be stale: the slot's ring is asked as well. */
    uint32_t place[1u << PLACE_BITS];
    struct heap_model model;
};

static void begin_block(struct trace_heap_writer *writer)
{
    heap_model_clear(&writer->model);
    memset(writer->actor_by_hash, 0, sizeof(writer->actor_by_hash));
    memset(writer->slot_tid, 0, sizeof(writer->slot_tid));
    memcpy(writer->columns.at, writer->begin, sizeof(writer->begin));
    writer->count = 0;
    writer->columns.actor = writer->columns.before = 0;
    writer->actor_count = 0;
    writer->slots_given = 0;
    for (uint32_t i = 0; i < writer->plugin_count; i++)
        writer->sums[writer->plugins[i]] = (struct trace_summary_plugin){0};
    writer->plugin_count = 0;
    writer->least_stamp = UINT64_MAX;
    writer->greatest_stamp = 0;
}

struct trace_heap_writer *trace_heap_writer_new(void)
{
    struct trace_heap_writer *writer = calloc(1, sizeof(*writer));
    size_t bytes = 0;

    if (writer == NULL)
        return NULL;
    for (unsigned i = 0; i < HEAP_COLUMNS; i++)
        bytes += widest[i];
    writer->memory = malloc(bytes * TRACE_HEAP_MAX);
    writer->actors = calloc(TRACE_HEAP_MAX, sizeof(*writer->actors));
    writer->sums = calloc(PLUGIN_IDS, sizeof(*writer->sums));
    writer->plugins = calloc(PLUGIN_IDS, sizeof(*writer->plugins));
    if (writer->memory == NULL || writer->actors == NULL || writer->sums == NULL ||
        writer->plugins == NULL) {
        trace_heap_writer_free(writer);
        return NULL;
    }
    writer->begin[0] = writer->memory;
    for (unsigned i = 1; i < HEAP_COLUMNS; i++)
        writer->begin[i] = writer->begin[i - 1] + (size_t)widest[i - 1] * TRACE_HEAP_MAX;
    begin_block(writer);
    return writer;
}

void trace_heap_writer_free(struct trace_heap_writer *writer)
{
    if (writer == NULL)
        return;
    free(writer->memory);
    free(writer->actors);
    free(writer->sums);
    free(writer->listed);
    free(writer->plugins);
    free(writer);
}

size_t trace_heap_count(const struct trace_heap_writer *writer)
{
    return writer->count;
}

/* ---- values ------------------------------------------------------------------------------ */

static inline void put_byte(struct columns *out, enum heap_column column, unsigned value)
{
    *out->at[column]++ = (uint8_t)value;
}

static inline void put_varint(struct columns *out, enum heap_column column, uint64_t value)
{
    uint8_t *to = out->at[column];

    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    out->at[column] = to;
}

static inline void put_signed(struct columns *out, enum heap_column column, int64_t value)
{
    put_varint(out, column, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static inline void put_stamp(struct columns *out, uint64_t difference)
{
    bool wide = difference >= HEAP_WIDE << 8;

    put_byte(out, HEAP_STAMP_LOW, wide ? 0 : difference & 0xff);
    put_byte(out, HEAP_STAMP_HIGH, wide ? HEAP_WIDE : (unsigned)(difference >> 8));
    if (__builtin_expect(wide, 0))
        put_signed(out, HEAP_STAMP_WIDE, (int64_t)difference);
}

/* ---- actors ------------------------------------------------------------------------------ */

/* Threads share slots when there are many; each keeps the one it got. */
static uint8_t slot_of(struct trace_heap_writer *writer, uint32_t tid)
{
    uint32_t known = writer->slots_given < HEAP_SLOTS ? writer->slots_given : HEAP_SLOTS;

    for (uint32_t i = 0; i < known; i++)
        if (writer->slot_tid[i] == tid)
            return (uint8_t)i;
    uint32_t slot = writer->slots_given++ % HEAP_SLOTS;
    writer->slot_tid[slot] = tid;
    return (uint8_t)slot;
}

static inline bool is_actor(const struct actor *actor, const struct trace_heap_event *event)
{
    return ((actor->tid ^ event->tid) | (actor->instance ^ event->instance) |
            (uint32_t)(actor->plugin ^ event->plugin)) == 0;
}

static __attribute__((noinline)) uint32_t find_actor(struct trace_heap_writer *writer,
                                                     const struct trace_heap_event *event)
{
    uint64_t key = (uint64_t)event->tid << 32 ^ (uint64_t)event->plugin << 24 ^ event->instance;
    uint32_t *hashed = &writer->actor_by_hash[heap_hash(key, ACTOR_BITS)];

    if (*hashed != 0 && is_actor(&writer->actors[*hashed - 1], event))
        return *hashed - 1;
    writer->actors[writer->actor_count] = (struct actor){
        .tid = event->tid,
        .instance = event->instance,
        .plugin = event->plugin,
        .slot = slot_of(writer, event->tid),
    };
    *hashed = ++writer->actor_count;
    return *hashed - 1;
}

/* Returns HEAP_KIND_ACTOR, or 0 if this event's actor is the last one's. Which of two threads comes
 * next cannot be foreseen: no branch depends on it. */
static inline unsigned put_actor(struct trace_heap_writer *writer, struct columns *out,
                                 const struct trace_heap_event *event)
{
    uint32_t last = out->actor, before = out->before;
    bool is_last = is_actor(&writer->actors[last], event);
    bool is_before = is_actor(&writer->actors[before], event);

    if (__builtin_expect(!(is_last | is_before) | (writer->actor_count == 0), 0)) {
        out->actor = find_actor(writer, event);
        out->before = last;
        put_varint(out, HEAP_ACTOR, (uint64_t)out->actor + 1);
        return HEAP_KIND_ACTOR;
    }
    *out->at[HEAP_ACTOR] = 0;
    out->at[HEAP_ACTOR] += !is_last;
    out->actor = is_last ? last : before;
    out->before = is_last ? before : last;
    return is_last ? 0 : HEAP_KIND_ACTOR;
}

static inline uint32_t *place_of(struct trace_heap_writer *writer, uint64_t address)
{
    return &writer->place[heap_hash(address & EVENT_ADDRESS_MASK, PLACE_BITS)];
}

/* ---- allocations ------------------------------------------------------------------------- */

/* Guesses are right or wrong as it pleases them: modes are chosen without branches. */
static inline unsigned put_node(struct heap_model *model, struct heap_slot *slot,
                                struct columns *out, uint32_t node)
{
    uint32_t *one = heap_after_one(model, slot), *two = heap_after_two(model, slot);
    unsigned mode = *one == node ? HEAP_NODE_AFTER_ONE : HEAP_NODE_GIVEN;

    mode = *two == node ? HEAP_NODE_AFTER_TWO : mode;
    if (mode == HEAP_NODE_GIVEN) {
        put_byte(out, HEAP_NODE_LOW, node & 0xff);
        put_varint(out, HEAP_NODE_HIGH, node >> 8);
    }
    heap_note_node(slot, one, two, node);
    return mode;
}

/* Returns HEAP_SIZE_GIVEN or _AGAIN. Sizes of two bytes are written in any case, and stay if they
 * are to. */
static inline unsigned put_size(struct columns *out, uint64_t size, uint64_t last)
{
    bool given = size != last, two = size >= 0x80;

    if (__builtin_expect(size >= 0x4000, 0)) {
        if (given)
            put_varint(out, HEAP_SIZE, size);
        return given ? HEAP_SIZE_GIVEN : HEAP_SIZE_AGAIN;
    }
    out->at[HEAP_SIZE][0] = (uint8_t)(size | (unsigned)two << 7);
    out->at[HEAP_SIZE][1] = (uint8_t)(size >> 7);
    out->at[HEAP_SIZE] += given * (1u + two);
    return given ? HEAP_SIZE_GIVEN : HEAP_SIZE_AGAIN;
}

/* Differences are of addresses below 2^56, so neither form overflows. */
static inline bool put_address(struct heap_slot *slot, struct columns *out,
                               enum heap_column column, uint64_t address)
{
    int64_t difference = (int64_t)(address - slot->given);
    bool units = (difference & 15) == 0;

    put_signed(out, column, units ? difference / 16 : difference);
    slot->given = address;
    return units;
}

static inline unsigned find_address(const struct heap_slot *slot, const struct heap_by_node *known,
                                    uint64_t address, uint32_t number)
{
    const struct heap_stride *stride = &slot->stride[number];
    unsigned at = address == known->address ? HEAP_AT_AGAIN : HEAP_AT_UNITS;

    at = address == stride->last + stride->step ? HEAP_AT_STRIDE : at;
    at = address == slot->frontier ? HEAP_AT_FRONTIER : at;
    return address == heap_freed_top(slot, number) ? HEAP_AT_FREED : at;
}

static inline void put_alloc(struct trace_heap_writer *writer, struct heap_slot *slot,
                             struct columns *out, const struct trace_heap_event *event)
{
    struct heap_by_node *known = heap_by_node(&writer->model, slot, event->node);
    unsigned mode = put_node(&writer->model, slot, out, event->node);
    uint64_t address = event->address & EVENT_ADDRESS_MASK;
    uint64_t units = heap_units(event->size);
    uint32_t number = heap_class(units);

    mode |= put_size(out, event->size, known->size);
    known->size = event->size;
    if (address == 0) {
        put_byte(out, HEAP_MODE, mode | HEAP_AT_NOWHERE << HEAP_AT_SHIFT);
        return;
    }
    unsigned at = find_address(slot, known, address, number);
    if (at == HEAP_AT_UNITS && !put_address(slot, out, HEAP_ADDRESS, address))
        at = HEAP_AT_BYTES;
    put_byte(out, HEAP_MODE, mode | at << HEAP_AT_SHIFT);
    *place_of(writer, address) =
        (uint32_t)(slot - writer->model.slot) << PLACE_SLOT_SHIFT | slot->allocs;
    heap_note_alloc(slot, known, address, units, number, at);
}

/* ---- frees ------------------------------------------------------------------------------- */

/* A free of a block whose allocation stands in a ring. Its class, or HEAP_CLASSES. */
static inline uint32_t put_distance(struct trace_heap_writer *writer, struct heap_slot *slot,
                                    struct columns *out, uint64_t address)
{
    uint32_t place = *place_of(writer, address);
    uint32_t number = place & PLACE_NUMBER_MASK;
    struct heap_slot *of = &writer->model.slot[place >> PLACE_SLOT_SHIFT];
    uint32_t distance = of->allocs - number;
    uint64_t entry = of->ring[number % HEAP_RING];

    if (entry >> 8 != address || number >= of->allocs || distance > HEAP_RING)
        return HEAP_CLASSES;
    if (of == slot && distance <= HEAP_DISTANCE_FAR) {
        put_byte(out, HEAP_DISTANCE, distance - 1);
    } else if (of == slot) {
        put_byte(out, HEAP_DISTANCE, HEAP_DISTANCE_FAR);
        put_varint(out, HEAP_FAR, distance);
    } else {
        put_byte(out, HEAP_DISTANCE, HEAP_DISTANCE_OTHER);
        put_byte(out, HEAP_FAR, place >> PLACE_SLOT_SHIFT);
        put_varint(out, HEAP_FAR, distance);
    }
    return (uint32_t)(entry & 0xff);
}

static inline void put_free(struct trace_heap_writer *writer, struct heap_slot *slot,
                            struct columns *out, const struct trace_heap_event *event)
{
    uint64_t address = event->address & EVENT_ADDRESS_MASK;
    uint32_t number = put_distance(writer, slot, out, address);

    if (number < HEAP_CLASSES) {
        heap_note_free(slot, address, number);
        return;
    }
    bool units = put_address(slot, out, HEAP_OLD, address);
    put_byte(out, HEAP_DISTANCE, units ? HEAP_DISTANCE_UNITS : HEAP_DISTANCE_BYTES);
}

/* ---- the summary ------------------------------------------------------------------------- */

static __attribute__((noinline, cold)) void list_plugin(struct trace_heap_writer *writer,
                                                        uint16_t plugin)
{
    writer->plugins[writer->plugin_count++] = plugin;
    writer->sums[plugin].plugin = PLUGIN_IDS; /* is listed; never 0 */
}

static inline void sum_up(struct trace_heap_writer *writer, const struct trace_heap_event *event)
{
    struct trace_summary_plugin *sum = &writer->sums[event->plugin];
    bool is_free = event->type == EVENT_HEAP_FREE, failed = !is_free && event->address == 0;

    if (__builtin_expect(sum->plugin == 0, 0))
        list_plugin(writer, event->plugin);
    sum->frees += is_free;
    sum->failed_allocs += failed;
    sum->allocs += !is_free & !failed;
    sum->bytes += is_free || failed ? 0 : event->size;
}

static int compare_ids(const void *left, const void *right)
{
    uint16_t a = *(const uint16_t *)left, b = *(const uint16_t *)right;
    return (a > b) - (a < b);
}

int trace_heap_summary(struct trace_heap_writer *writer, struct trace_summary *ret_summary)
{
    size_t count = writer->plugin_count;
    struct trace_summary_plugin *listed = reallocarray(writer->listed, count, sizeof(*listed));

    if (listed == NULL)
        return -ENOMEM;
    writer->listed = listed;
    qsort(writer->plugins, count, sizeof(*writer->plugins), compare_ids);
    for (size_t i = 0; i < count; i++) {
        listed[i] = writer->sums[writer->plugins[i]];
        listed[i].plugin = writer->plugins[i];
    }
    *ret_summary = (struct trace_summary){
        .first_stamp = writer->least_stamp,
        .last_stamp = writer->greatest_stamp,
        .events = writer->count,
        .plugin_count = (uint32_t)count,
        .plugins = listed,
    };
    return 0;
}

/* ---- blocks ------------------------------------------------------------------------------ */

void trace_heap_add(struct trace_heap_writer *writer, const struct trace_heap_event *events,
                    size_t count)
{
    struct columns out = writer->columns; /* copies that no store can change */
    uint64_t least = writer->least_stamp, greatest = writer->greatest_stamp;

    if (writer->count == 0 && count > 0)
        out.stamp = writer->first_stamp = events[0].stamp;
    for (size_t i = 0; i < count; i++) {
        const struct trace_heap_event *event = &events[i];
        unsigned kind = (event->function & HEAP_KIND_FUNCTION_MASK) << HEAP_KIND_FUNCTION_SHIFT;

        __builtin_prefetch(place_of(writer, events[i + AHEAD < count ? i + AHEAD : i].address));
        kind |= put_actor(writer, &out, event);
        put_stamp(&out, event->stamp - out.stamp);
        out.stamp = event->stamp;
        least = event->stamp < least ? event->stamp : least;
        greatest = event->stamp > greatest ? event->stamp : greatest;
        sum_up(writer, event);
        struct heap_slot *slot = &writer->model.slot[writer->actors[out.actor].slot];
        if (event->type == EVENT_HEAP_FREE) {
            kind |= HEAP_KIND_FREE;
            put_free(writer, slot, &out, event);
        } else {
            put_alloc(writer, slot, &out, event);
        }
        put_byte(&out, HEAP_KIND, kind);
    }
    writer->count += count;
    writer->least_stamp = least;
    writer->greatest_stamp = greatest;
    writer->columns = out;
}

void trace_heap_encode(struct trace_heap_writer *writer, struct trace_buffer *out)
{
    trace_put_varint(out, writer->count);
    trace_put_varint(out, writer->count > 0 ? writer->first_stamp : 0);
    trace_put_varint(out, writer->actor_count);
    for (uint32_t i = 0; i < writer->actor_count; i++) {
        const struct actor *actor = &writer->actors[i];
        trace_put_varint(out, actor->tid);
        trace_put_varint(out, actor->plugin);
        trace_put_varint(out, actor->instance);
        trace_put_byte(out, actor->slot);
    }
    for (unsigned i = 0; i < HEAP_COLUMNS; i++)
        trace_put_varint(out, (size_t)(writer->columns.at[i] - writer->begin[i]));
    for (unsigned i = 0; i < HEAP_COLUMNS; i++)
        trace_put_bytes(out, writer->begin[i], (size_t)(writer->columns.at[i] - writer->begin[i]));
    begin_block(writer);
}
