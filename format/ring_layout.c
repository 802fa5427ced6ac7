/* format/ring_layout.c - sizes and offsets of a segment, and the check that they can be believed */
/* SPDX-License-Identifier: MIT */

#include "format/ring.h"

#include <errno.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define CHUNK_MIN_BYTES 4096u
#define CHUNK_MAX_BYTES 65536u
#define SINCE_MOST_NS 9e18 /* what a damaged stamp comes to may have no integer */

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

static uint32_t power_of_two_below(uint64_t value)
{
    uint32_t power = 1;
    while ((uint64_t)power * 2 <= value && power < (1u << 30))
        power *= 2;
    return power;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

/* The share of each table in a segment of `total` bytes. Chunks take what the tables leave. */
static void count_entries(uint64_t total, uint32_t count[RING_AREAS])
{
    count[RING_STRINGS] = clamp(total / 64, 16384, 16u << 20);
    count[RING_MODULES] = clamp(total / 32768, 128, 4096);
    count[RING_PLUGINS] = 256;
    count[RING_INSTANCES] = clamp(total / 16 / sizeof(struct ring_instance), 256, 1u << 20);
    count[RING_THREADS] = clamp(total / 65536, 64, 1024);
    count[RING_NODES] = power_of_two_below(total / 8 / sizeof(struct ring_node));
    count[RING_LIVE] = power_of_two_below(total / 4 / sizeof(struct ring_live));
    count[RING_REACH] = count[RING_LIVE];
    count[RING_OBJECTS] = power_of_two_below(total / 64 / sizeof(struct ring_object));
    count[RING_FINDINGS] = clamp(total / 16384, 128, 4096);
}

static const uint32_t entry_bytes[RING_AREAS] = {
    [RING_STRINGS] = 1,
    [RING_MODULES] = sizeof(struct ring_module),
    [RING_PLUGINS] = sizeof(struct ring_plugin),
    [RING_INSTANCES] = sizeof(struct ring_instance),
    [RING_THREADS] = sizeof(struct ring_thread),
    [RING_NODES] = sizeof(struct ring_node),
    [RING_LIVE] = sizeof(struct ring_live),
    [RING_REACH] = 1,
    [RING_OBJECTS] = sizeof(struct ring_object),
    [RING_FINDINGS] = sizeof(struct ring_finding),
};

int ring_layout_compute(uint64_t total_bytes, struct ring_layout *ret_layout)
{
    uint32_t count[RING_AREAS] = {0};
    struct ring_layout layout = {0};

    total_bytes = total_bytes / PAGE_BYTES * PAGE_BYTES;
    if (total_bytes < RING_MIN_BYTES || total_bytes > RING_MAX_BYTES)
        return -EINVAL;
    count_entries(total_bytes, count);
    layout.total_bytes = total_bytes;

    uint64_t offset = RING_HEADER_BYTES;
    for (unsigned i = 0; i < RING_CHUNKS; i++) {
        layout.area[i].offset = offset;
        layout.area[i].count = count[i];
        layout.area[i].entry_bytes = entry_bytes[i];
        offset = round_up(offset + (uint64_t)count[i] * entry_bytes[i], PAGE_BYTES);
    }

    uint64_t left = total_bytes - offset;
    layout.chunk_bytes = clamp(power_of_two_below(left / 64), CHUNK_MIN_BYTES, CHUNK_MAX_BYTES);
    layout.area[RING_CHUNKS] = (struct ring_extent){
        .offset = offset,
        .count = (uint32_t)(left / layout.chunk_bytes),
        .entry_bytes = layout.chunk_bytes,
    };
    *ret_layout = layout;
    return 0;
}

/* FNV-1a: there to notice a damaged prefix, not to resist anybody. */
uint32_t ring_prefix_sum(const struct ring_header *header)
{
    const unsigned char *byte = (const unsigned char *)header;
    uint32_t sum = 2166136261u;

    for (size_t i = 0; i < offsetof(struct ring_header, prefix_sum); i++)
        sum = (sum ^ byte[i]) * 16777619u;
    return sum;
}

void ring_format(void *base, const struct ring_layout *layout, enum ring_policy policy,
                 uint32_t origin)
{
    struct ring_header *header = base;

    memcpy(header->magic, RING_MAGIC, sizeof(header->magic));
    header->version = RING_VERSION;
    header->header_bytes = sizeof(*header);
    header->endian_mark = RING_ENDIAN_MARK;
    header->policy = policy;
    header->origin = origin;
    header->layout = *layout;
    header->prefix_sum = ring_prefix_sum(header);
    /* Offset 0 of the strings and node 0 mean "none". */
    atomic_store_explicit(&header->used[RING_STRINGS], 8, memory_order_relaxed);
    atomic_store_explicit(&header->used[RING_NODES], 1, memory_order_relaxed);
    atomic_store_explicit(&header->next_sequence, 1, memory_order_relaxed);
    atomic_store_explicit(&header->later_index, 2, memory_order_relaxed);
}

/* Multiplying differences by a ratio: exact enough while they are below days, and monotonic. */
uint64_t ring_stamp_ns(const struct ring_header *header, const struct ring_clock_pair *later,
                       uint64_t stamp)
{
    const struct ring_clock_pair *first = &header->start_pair;
    uint32_t index = atomic_load_explicit(&header->later_index, memory_order_acquire);

    if (header->clock != RING_CLOCK_TSC || stamp == 0)
        return stamp;
    if (later == NULL && index < 2)
        later = &header->later_pair[index];
    if (later == NULL || later->stamp <= first->stamp || later->ns <= first->ns)
        return first->ns; /* damaged, or nothing has happened since the start */
    double ratio = (double)(later->ns - first->ns) / (double)(later->stamp - first->stamp);
    double since = (double)(int64_t)(stamp - first->stamp) * ratio;
    if (since < 0)
        return -since >= (double)first->ns ? 0 : first->ns - (uint64_t)-since;
    return since < SINCE_MOST_NS ? first->ns + (uint64_t)since : UINT64_MAX;
}

static int fail(int error, const char *what, uint64_t offset, const char **ret_what,
                uint64_t *ret_offset)
{
    *ret_what = what;
    *ret_offset = offset;
    return error;
}

int ring_check(const void *base, uint64_t bytes, const char **ret_what, uint64_t *ret_offset)
{
    const struct ring_header *header = base;
    struct ring_layout expected;

    if (bytes < sizeof(header->magic) ||
        memcmp(header->magic, RING_MAGIC, sizeof(header->magic)) != 0)
        return fail(-EBADMSG, "not an npntrace ring", 0, ret_what, ret_offset);
    if (bytes < RING_HEADER_BYTES)
        return fail(-EBADMSG, "ends inside the header", bytes, ret_what, ret_offset);
    if (header->endian_mark != RING_ENDIAN_MARK)
        return fail(-EBADMSG, "recorded on a machine of another byte order",
                    offsetof(struct ring_header, endian_mark), ret_what, ret_offset);
    if (header->version > RING_VERSION)
        return fail(-EPROTONOSUPPORT, "a newer version of the ring than this program reads",
                    offsetof(struct ring_header, version), ret_what, ret_offset);
    if (header->version == 0 || header->header_bytes != sizeof(*header))
        return fail(-EBADMSG, "the header's version or size is damaged",
                    offsetof(struct ring_header, version), ret_what, ret_offset);
    if (header->prefix_sum != ring_prefix_sum(header))
        return fail(-EBADMSG, "the header's checksum does not match",
                    offsetof(struct ring_header, prefix_sum), ret_what, ret_offset);
    /* The layout is a function of the size: nothing else is believed. */
    if (ring_layout_compute(header->layout.total_bytes, &expected) != 0 ||
        memcmp(&expected, &header->layout, sizeof(expected)) != 0)
        return fail(-EBADMSG, "the header's layout is damaged",
                    offsetof(struct ring_header, layout), ret_what, ret_offset);
    if (bytes < header->layout.total_bytes)
        return fail(-EBADMSG, "the file ends before the segment does", bytes, ret_what, ret_offset);
    return 0;
}

const char *ring_string_at(const void *base, uint32_t string, uint32_t *ret_bytes)
{
    const char *area = ring_area(base, RING_STRINGS);
    uint32_t capacity = ring_capacity(base, RING_STRINGS);
    const struct ring_string *entry = (const void *)(area + string);

    *ret_bytes = 0;
    if (string == 0 || string % 4 != 0 || string > capacity - sizeof(*entry) - 1)
        return "";
    uint32_t bytes = entry->bytes;
    if (bytes > capacity - string - sizeof(*entry) - 1 || entry->text[bytes] != '\0')
        return "";
    *ret_bytes = bytes;
    return entry->text;
}
