/* format/trace_heap_read.c - reads HEAP blocks */
/* SPDX-License-Identifier: MIT */

#include "format/trace_heap.h"

#include <errno.h>
#include <stdlib.h>

#include "format/trace_heap_model.h"

#define ACTOR_MIN_BYTES 4

struct actor {
    uint32_t tid;
    uint32_t instance;
    uint16_t plugin;
    uint8_t slot;
};

/* While a batch is read, these live in registers: functions that are not inlined must not get it.
 */
struct columns {
    const uint8_t *at[HEAP_COLUMNS];
    const uint8_t *end[HEAP_COLUMNS];
    uint64_t stamp; /* of the last event */
    uint32_t actor;
    uint32_t before; /* the actor before that one */
};

struct trace_heap_reader {
    const uint8_t *bytes;
    uint64_t left; /* events to come */
    struct actor *actors;
    size_t actor_count;
    size_t actor_capacity;
    struct columns columns;
    struct trace_fault fault; /* the first, as in format/trace_bytes.h; what == NULL: none */
    struct heap_model model;
};

struct trace_heap_reader *trace_heap_reader_new(void)
{
    return calloc(1, sizeof(struct trace_heap_reader));
}

void trace_heap_reader_free(struct trace_heap_reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->actors);
    free(reader);
}

/* ---- opening ----------------------------------------------------------------------------- */

static int read_actors(struct trace_heap_reader *reader, struct trace_cursor *in, uint64_t events)
{
    reader->actor_count = (size_t)trace_get_count(in, ACTOR_MIN_BYTES);
    if (reader->actor_count > events || (reader->actor_count == 0) != (events == 0)) {
        trace_cursor_fail(in, "lists other threads than it has events of");
        reader->actor_count = 0;
    }
    if (reader->actor_count > reader->actor_capacity) {
        struct actor *actors = reallocarray(reader->actors, reader->actor_count, sizeof(*actors));
        if (actors == NULL)
            return -ENOMEM;
        reader->actors = actors;
        reader->actor_capacity = reader->actor_count;
    }
    for (size_t i = 0; i < reader->actor_count; i++) {
        struct actor *actor = &reader->actors[i];
        actor->tid = trace_get_u32(in);
        actor->plugin = (uint16_t)trace_get_limited(in, UINT16_MAX);
        actor->instance = trace_get_u32(in);
        actor->slot = (uint8_t)trace_get_limited(in, HEAP_SLOTS - 1);
    }
    reader->columns.actor = reader->columns.before = 0;
    return 0;
}

static void find_columns(struct trace_heap_reader *reader, struct trace_cursor *in, uint64_t count)
{
    struct columns *columns = &reader->columns;
    uint64_t bytes[HEAP_COLUMNS];

    for (unsigned i = 0; i < HEAP_COLUMNS; i++)
        bytes[i] = trace_get_limited(in, in->length);
    for (unsigned i = 0; i < HEAP_COLUMNS; i++) {
        columns->at[i] = trace_get_bytes(in, (size_t)bytes[i]);
        columns->end[i] = columns->at[i] ? columns->at[i] + bytes[i] : NULL;
    }
    for (unsigned i = HEAP_KIND; i <= HEAP_STAMP_HIGH; i++)
        if (bytes[i] != count)
            trace_cursor_fail(in, "a column of each event has another length than it has events");
}

int trace_heap_open(struct trace_heap_reader *reader, const void *bytes, size_t length,
                    uint64_t *ret_count, struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);
    uint64_t count = trace_get_limited(&in, TRACE_HEAP_MAX);

    reader->bytes = bytes;
    reader->left = 0;
    reader->fault.what = NULL;
    reader->columns.stamp = trace_get_varint(&in);
    int error = read_actors(reader, &in, count);
    if (error != 0)
        return error;
    find_columns(reader, &in, count);
    error = trace_cursor_end(&in, ret_fault);
    if (error != 0)
        return error;
    heap_model_clear(&reader->model);
    *ret_count = reader->left = count;
    return 0;
}

/* ---- values ------------------------------------------------------------------------------ */

static __attribute__((noinline, cold)) void fail(struct trace_heap_reader *reader,
                                                 const uint8_t *at, const char *what)
{
    if (reader->fault.what == NULL)
        reader->fault =
            (struct trace_fault){.offset = (size_t)(at - reader->bytes), .what = what};
}

static inline unsigned get_byte(struct trace_heap_reader *reader, struct columns *in,
                                enum heap_column column)
{
    if (__builtin_expect(in->at[column] == in->end[column], 0)) {
        fail(reader, in->end[column], "a column ends too early");
        return 0;
    }
    return *in->at[column]++;
}

static inline uint64_t get_varint(struct trace_heap_reader *reader, struct columns *in,
                                  enum heap_column column)
{
    const uint8_t *at = in->at[column];
    uint64_t value = 0;

    for (unsigned shift = 0; at < in->end[column] && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            in->at[column] = at;
            return value;
        }
    }
    fail(reader, at, "a number does not end");
    return 0;
}

static inline int64_t get_signed(struct trace_heap_reader *reader, struct columns *in,
                                 enum heap_column column)
{
    uint64_t value = get_varint(reader, in, column);
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

static inline void switch_actor(struct trace_heap_reader *reader, struct columns *in)
{
    uint64_t number = get_varint(reader, in, HEAP_ACTOR);
    uint64_t actor = number == 0 ? in->before : number - 1;

    if (actor >= reader->actor_count) {
        fail(reader, in->at[HEAP_ACTOR], "names a thread that it does not list");
        return;
    }
    in->before = in->actor;
    in->actor = (uint32_t)actor;
}

/* ---- events ------------------------------------------------------------------------------ */

static inline uint32_t get_node(struct trace_heap_reader *reader, struct heap_slot *slot,
                                struct columns *in, unsigned mode)
{
    uint32_t *one = heap_after_one(&reader->model, slot);
    uint32_t *two = heap_after_two(&reader->model, slot);
    uint32_t node = (mode & HEAP_NODE_MASK) == HEAP_NODE_AFTER_TWO ? *two : *one;

    if ((mode & HEAP_NODE_MASK) >= HEAP_NODE_GIVEN) {
        uint64_t high;
        node = get_byte(reader, in, HEAP_NODE_LOW);
        high = get_varint(reader, in, HEAP_NODE_HIGH);
        if (high >> 24 != 0)
            fail(reader, in->at[HEAP_NODE_HIGH], "names a node beyond 32 bits");
        node |= (uint32_t)high << 8;
    }
    heap_note_node(slot, one, two, node);
    return node;
}

static inline uint64_t get_address(struct trace_heap_reader *reader, struct heap_slot *slot,
                                   struct columns *in, enum heap_column column, uint64_t unit)
{
    uint64_t difference = (uint64_t)get_signed(reader, in, column) * unit;

    slot->given = (slot->given + difference) & EVENT_ADDRESS_MASK;
    return slot->given;
}

static inline void get_alloc(struct trace_heap_reader *reader, struct heap_slot *slot,
                             struct columns *in, struct trace_heap_event *event)
{
    unsigned mode = get_byte(reader, in, HEAP_MODE);
    unsigned at = mode >> HEAP_AT_SHIFT;
    uint64_t address;

    event->node = get_node(reader, slot, in, mode);
    struct heap_by_node *known = heap_by_node(&reader->model, slot, event->node);
    if (mode & HEAP_SIZE_GIVEN)
        known->size = get_varint(reader, in, HEAP_SIZE);
    event->size = known->size;
    uint64_t units = heap_units(event->size);
    uint32_t number = heap_class(units);
    const struct heap_stride *stride = &slot->stride[number];
    if (at == HEAP_AT_FREED) {
        address = heap_freed_top(slot, number);
    } else if (at == HEAP_AT_UNITS || at == HEAP_AT_BYTES) {
        address = get_address(reader, slot, in, HEAP_ADDRESS, at == HEAP_AT_UNITS ? 16 : 1);
    } else if (at == HEAP_AT_NOWHERE) {
        return;
    } else {
        const uint64_t guesses[4] = {0, slot->frontier, stride->last + stride->step,
                                     known->address};
        if (at > HEAP_AT_AGAIN)
            fail(reader, in->at[HEAP_MODE], "an address is found in an unknown way");
        address = guesses[at & 3] & EVENT_ADDRESS_MASK;
    }
    event->address = address;
    heap_note_alloc(slot, known, address, units, number, at);
}

static inline uint64_t entry_at(struct trace_heap_reader *reader, struct columns *in,
                                const struct heap_slot *slot, uint64_t distance)
{
    if (__builtin_expect(distance - 1 >= HEAP_RING || distance > slot->allocs, 0)) {
        fail(reader, in->at[HEAP_DISTANCE], "frees what was not allocated in it");
        return 0;
    }
    return slot->ring[(slot->allocs - (uint32_t)distance) % HEAP_RING];
}

static inline uint64_t far_entry(struct trace_heap_reader *reader, const struct heap_slot *slot,
                                 struct columns *in, unsigned code)
{
    if (code == HEAP_DISTANCE_OTHER) {
        unsigned number = get_byte(reader, in, HEAP_FAR);
        if (number >= HEAP_SLOTS)
            fail(reader, in->at[HEAP_FAR], "frees a block of a thread that it does not have");
        slot = &reader->model.slot[number % HEAP_SLOTS];
    }
    return entry_at(reader, in, slot, get_varint(reader, in, HEAP_FAR));
}

static inline uint64_t get_free(struct trace_heap_reader *reader, struct heap_slot *slot,
                                struct columns *in)
{
    unsigned code = get_byte(reader, in, HEAP_DISTANCE);
    uint64_t entry;

    if (code < HEAP_DISTANCE_FAR) {
        entry = entry_at(reader, in, slot, code + 1);
    } else if (code <= HEAP_DISTANCE_OTHER) {
        entry = far_entry(reader, slot, in, code);
    } else {
        if (code >= HEAP_DISTANCES)
            fail(reader, in->at[HEAP_DISTANCE], "a block is found in an unknown way");
        return get_address(reader, slot, in, HEAP_OLD, code == HEAP_DISTANCE_UNITS ? 16 : 1);
    }
    heap_note_free(slot, entry >> 8, (uint32_t)(entry & 0xff));
    return entry >> 8;
}

static inline void get_event(struct trace_heap_reader *reader, struct columns *in,
                             struct trace_heap_event *event)
{
    unsigned kind = *in->at[HEAP_KIND]++;
    unsigned low = *in->at[HEAP_STAMP_LOW]++;
    unsigned high = *in->at[HEAP_STAMP_HIGH]++;
    unsigned function = kind >> HEAP_KIND_FUNCTION_SHIFT & HEAP_KIND_FUNCTION_MASK;

    if (kind & HEAP_KIND_ACTOR)
        switch_actor(reader, in);
    const struct actor *actor = &reader->actors[in->actor];
    struct heap_slot *slot = &reader->model.slot[actor->slot];
    in->stamp +=
        high == HEAP_WIDE ? (uint64_t)get_signed(reader, in, HEAP_STAMP_WIDE) : (high << 8 | low);
    if (function >= EVENT_FUNCTIONS || (kind & HEAP_KIND_UNUSED) != 0)
        fail(reader, in->at[HEAP_KIND] - 1, "an event is of an unknown kind");
    *event = (struct trace_heap_event){
        .stamp = in->stamp,
        .tid = actor->tid,
        .instance = actor->instance,
        .plugin = actor->plugin,
        .type = kind & HEAP_KIND_FREE ? EVENT_HEAP_FREE : EVENT_HEAP_ALLOC,
        .function = (uint8_t)function,
    };
    if (kind & HEAP_KIND_FREE)
        event->address = get_free(reader, slot, in);
    else
        get_alloc(reader, slot, in, event);
}

static void check_end(struct trace_heap_reader *reader)
{
    const struct columns *in = &reader->columns;

    for (unsigned i = 0; i < HEAP_COLUMNS; i++)
        if (in->at[i] != in->end[i])
            fail(reader, in->at[i], "a column holds bytes after its last value");
}

long trace_heap_next(struct trace_heap_reader *reader, struct trace_heap_event *events,
                     size_t capacity, struct trace_fault *ret_fault)
{
    size_t count = reader->left < capacity ? (size_t)reader->left : capacity;
    struct columns in = reader->columns; /* a copy that no store can change */

    for (size_t i = 0; i < count; i++)
        get_event(reader, &in, &events[i]);
    reader->columns = in;
    reader->left -= count;
    if (reader->left == 0)
        check_end(reader);
    if (reader->fault.what == NULL)
        return (long)count;
    reader->left = 0;
    if (ret_fault != NULL)
        *ret_fault = reader->fault;
    return -EBADMSG;
}
