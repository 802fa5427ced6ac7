/* format/trace_contract.c - OBJECTS and FINDINGS blocks: what was held, and what was misused */
/* SPDX-License-Identifier: MIT */

/*
 * A count, then a column per field, in the order of the tables below. Each column holds `count`
 * numbers and is preceded by its length in bytes; addresses and stamps are differences to the entry
 * before, everything else plain numbers.
 */
#include "format/trace_contract.h"
#include "format/trace_internal.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS_MOST 16

struct field {
    uint8_t offset; /* in the entry */
    uint8_t bytes;  /* 2, 4 or 8 */
    bool relative;
};

#define FIELD(type, name) {offsetof(struct type, name), sizeof(((struct type *)NULL)->name), false}
#define RELATIVE(type, name) {offsetof(struct type, name), sizeof(uint64_t), true}

static const struct field object_fields[] = {
    RELATIVE(trace_object, address),
    RELATIVE(trace_object, stamp),
    FIELD(trace_object, node),
    FIELD(trace_object, last_node),
    FIELD(trace_object, instance),
    FIELD(trace_object, plugin),
    FIELD(trace_object, step),
    FIELD(trace_object, refs),
    FIELD(trace_object, most_refs),
};
#define OBJECT_FIELDS (sizeof(object_fields) / sizeof(object_fields[0]))

static const struct field finding_fields[] = {
    FIELD(trace_finding, kind),
    FIELD(trace_finding, plugin),
    FIELD(trace_finding, instance),
    FIELD(trace_finding, node),
    FIELD(trace_finding, owner_node),
    FIELD(trace_finding, owner_plugin),
    FIELD(trace_finding, owner_flags),
    FIELD(trace_finding, owner_instance),
    FIELD(trace_finding, released_node),
    FIELD(trace_finding, detail),
    RELATIVE(trace_finding, address),
    FIELD(trace_finding, size),
    RELATIVE(trace_finding, owner_stamp),
    RELATIVE(trace_finding, first_stamp),
    RELATIVE(trace_finding, last_stamp),
    FIELD(trace_finding, count),
};
#define FINDING_FIELDS (sizeof(finding_fields) / sizeof(finding_fields[0]))

_Static_assert(OBJECT_FIELDS <= COLUMNS_MOST && FINDING_FIELDS <= COLUMNS_MOST, "a column each");

/* ---- fields ------------------------------------------------------------------------------ */

static uint64_t load(const struct field *field, const void *entry)
{
    const char *at = (const char *)entry + field->offset;
    uint16_t half;
    uint32_t word;
    uint64_t number;

    switch (field->bytes) {
    case sizeof(half): return memcpy(&half, at, sizeof(half)), half;
    case sizeof(word): return memcpy(&word, at, sizeof(word)), word;
    default: return memcpy(&number, at, sizeof(number)), number;
    }
}

static void store(const struct field *field, void *entry, uint64_t number)
{
    char *at = (char *)entry + field->offset;
    uint16_t half = (uint16_t)number;
    uint32_t word = (uint32_t)number;

    switch (field->bytes) {
    case sizeof(half): memcpy(at, &half, sizeof(half)); break;
    case sizeof(word): memcpy(at, &word, sizeof(word)); break;
    default: memcpy(at, &number, sizeof(number)); break;
    }
}

static uint64_t largest(const struct field *field)
{
    return UINT64_MAX >> (64 - 8 * field->bytes);
}

/* ---- columns ----------------------------------------------------------------------------- */

static void put_columns(struct trace_buffer *out, const struct field *fields, size_t field_count,
                        const void *entries, size_t entry_bytes, size_t count)
{
    struct trace_buffer column = {0};

    trace_put_varint(out, count);
    for (const struct field *field = fields; field < fields + field_count; field++) {
        uint64_t last = 0;

        for (size_t i = 0; i < count; i++) {
            uint64_t number = load(field, (const char *)entries + i * entry_bytes);
            if (field->relative)
                trace_put_difference(&column, number, last);
            else
                trace_put_varint(&column, number);
            last = number;
        }
        trace_put_column(out, &column);
    }
    trace_buffer_free(&column);
}

struct reader {
    const struct field *fields;
    size_t count; /* of fields */
    uint64_t left;
    struct trace_cursor in;
    struct trace_cursor column[COLUMNS_MOST];
    size_t base[COLUMNS_MOST];
    uint64_t last[COLUMNS_MOST];
};

static void open_columns(struct reader *reader, const struct field *fields, size_t field_count,
                         const void *bytes, size_t length)
{
    reader->fields = fields;
    reader->count = field_count;
    reader->in = trace_cursor_over(bytes, length);
    reader->left = trace_get_count(&reader->in, field_count);
    for (size_t i = 0; i < field_count; i++) {
        reader->column[i] = trace_get_column(&reader->in, &reader->base[i]);
        reader->last[i] = 0;
    }
    if (reader->in.fault.what != NULL)
        reader->left = 0;
}

/* False: there is no further entry, or it is damaged, which shows at the end. */
static bool next_entry(struct reader *reader, void *entry)
{
    bool good = true;

    if (reader->left == 0)
        return false;
    reader->left--;
    for (size_t i = 0; i < reader->count; i++) {
        struct trace_cursor *column = &reader->column[i];
        const struct field *field = &reader->fields[i];

        reader->last[i] = field->relative ? trace_get_difference(column, reader->last[i])
                                          : trace_get_limited(column, largest(field));
        store(field, entry, reader->last[i]);
        good = good && column->fault.what == NULL;
    }
    return good;
}

static int end_columns(struct reader *reader, struct trace_fault *ret_fault)
{
    return trace_end_columns(&reader->in, reader->column, reader->base, reader->count, ret_fault);
}

/* ---- the two blocks ---------------------------------------------------------------------- */

void trace_objects_encode(const struct trace_object *objects, size_t count,
                          struct trace_buffer *out)
{
    put_columns(out, object_fields, OBJECT_FIELDS, objects, sizeof(*objects), count);
}

int trace_objects_decode(const void *bytes, size_t length, trace_object_each *each, void *context,
                         struct trace_fault *ret_fault)
{
    struct trace_object object = {0};
    struct reader reader;

    open_columns(&reader, object_fields, OBJECT_FIELDS, bytes, length);
    while (next_entry(&reader, &object)) {
        int result = each(context, &object);
        if (result != 0)
            return result;
    }
    return end_columns(&reader, ret_fault);
}

void trace_findings_encode(const struct trace_finding *findings, size_t count,
                           struct trace_buffer *out)
{
    put_columns(out, finding_fields, FINDING_FIELDS, findings, sizeof(*findings), count);
}

int trace_findings_decode(const void *bytes, size_t length, trace_finding_each *each,
                          void *context, struct trace_fault *ret_fault)
{
    struct trace_finding finding = {0};
    struct reader reader;

    open_columns(&reader, finding_fields, FINDING_FIELDS, bytes, length);
    while (next_entry(&reader, &finding)) {
        int result = each(context, &finding);
        if (result != 0)
            return result;
    }
    return end_columns(&reader, ret_fault);
}
