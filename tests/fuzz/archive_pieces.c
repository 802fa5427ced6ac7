/* tests/fuzz/archive_pieces.c - a ZIP file as a list of entries */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/archive_pieces.h"
#include "format/trace_bytes.h"

#include <string.h>
#include <zlib.h>

#define LOCAL_BYTES 30u
#define CENTRAL_BYTES 46u
#define END_BYTES 22u
#define NAME_BYTES 255u
#define METHOD_DEFLATE 8u
#define RAW_DEFLATE (-15) /* zlib's window bits, without a header of its own */
#define EXTRA_ZEROS (256u << 10)

static void store_u16(uint8_t *to, uint32_t number)
{
    to[0] = (uint8_t)number;
    to[1] = (uint8_t)(number >> 8);
}

static uint32_t load_u16(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8;
}

/* ---- apart ---------------------------------------------------------------------------------- */

void archive_pieces_add(struct pieces *pieces, unsigned how, const char *name, const void *bytes,
                        size_t length)
{
    uint8_t head[PIECE_HEAD_BYTES] = {(uint8_t)how};
    size_t name_bytes = strlen(name);
    uint8_t *to = pieces_add(pieces, head, NULL, 1 + name_bytes + length);

    if (to == NULL)
        return;
    to[0] = (uint8_t)name_bytes;
    memcpy(to + 1, name, name_bytes);
    if (length != 0)
        memcpy(to + 1 + name_bytes, bytes, length);
}

/* How many bytes came out of it, at most room. */
static size_t inflate_into(uint8_t *to, size_t room, const uint8_t *from, size_t length)
{
    z_stream stream = {.next_in = (uint8_t *)from, .avail_in = (uInt)length, .next_out = to,
                       .avail_out = (uInt)room};

    if (inflateInit2(&stream, RAW_DEFLATE) != Z_OK)
        return 0;
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return stream.total_out;
}

struct local {
    uint32_t method, stored, raw, name_bytes;
    const uint8_t *name, *bytes;
};

/* False: no whole entry begins there. Returns where the next one would begin. */
static bool read_local(const uint8_t *data, size_t size, size_t *at, struct local *ret_local)
{
    const uint8_t *header = data + *at;

    if (size - *at < LOCAL_BYTES || memcmp(header, "PK\003\004", 4) != 0)
        return false;
    uint32_t name_bytes = load_u16(header + 26), extra = load_u16(header + 28);
    *ret_local = (struct local){
        .method = load_u16(header + 8),
        .stored = trace_load_u32(header + 18),
        .raw = trace_load_u32(header + 22),
        .name_bytes = name_bytes,
        .name = header + LOCAL_BYTES,
        .bytes = header + LOCAL_BYTES + name_bytes + extra,
    };
    size_t left = size - *at - LOCAL_BYTES;
    if (name_bytes > NAME_BYTES || name_bytes + extra > left ||
        ret_local->stored > left - name_bytes - extra)
        return false;
    *at += LOCAL_BYTES + name_bytes + extra + ret_local->stored;
    return true;
}

static bool take_entry(struct pieces *pieces, const struct local *local)
{
    bool is_deflated = local->method == METHOD_DEFLATE;
    size_t length = is_deflated ? local->raw : local->stored;
    uint8_t head[PIECE_HEAD_BYTES] = {is_deflated           ? ARCHIVE_DEFLATE
                                      : local->method != 0 ? ARCHIVE_METHOD
                                                           : 0,
                                      (uint8_t)local->method};

    if (length > PIECES_BYTES)
        return false;
    uint8_t *to = pieces_add(pieces, head, NULL, 1 + local->name_bytes + length);
    if (to == NULL)
        return false;
    to[0] = (uint8_t)local->name_bytes;
    memcpy(to + 1, local->name, local->name_bytes);
    to += 1 + local->name_bytes;
    if (is_deflated)
        inflate_into(to, length, local->bytes, local->stored);
    else
        memcpy(to, local->bytes, length);
    return true;
}

void archive_pieces_take(struct pieces *pieces, const uint8_t *data, size_t size)
{
    struct local local;

    for (size_t at = 0; read_local(data, size, &at, &local);)
        if (!take_entry(pieces, &local))
            return;
}

/* ---- together ------------------------------------------------------------------------------- */

struct entry {
    uint8_t fields[26]; /* from the version needed on, as both headers have them */
    const uint8_t *name;
    size_t name_bytes;
    uint32_t at;
};

static size_t deflate_into(uint8_t *to, size_t room, const uint8_t *from, size_t length,
                           size_t zeros)
{
    static const uint8_t some_zeros[EXTRA_ZEROS];
    z_stream stream = {.next_in = (uint8_t *)from, .avail_in = (uInt)length, .next_out = to,
                       .avail_out = (uInt)room};

    if (deflateInit2(&stream, 1, Z_DEFLATED, RAW_DEFLATE, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    deflate(&stream, zeros != 0 ? Z_NO_FLUSH : Z_FINISH);
    if (zeros != 0) {
        stream.next_in = (uint8_t *)some_zeros;
        stream.avail_in = (uInt)zeros;
    }
    bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
    deflateEnd(&stream);
    return is_whole ? stream.total_out : 0;
}

static uint32_t sum_of(const uint8_t *bytes, size_t length, size_t zeros)
{
    uLong sum = crc32(0, bytes, (uInt)length);
    static const uint8_t some_zeros[EXTRA_ZEROS];

    return (uint32_t)(zeros != 0 ? crc32(sum, some_zeros, (uInt)zeros) : sum);
}

/* Returns its length, 0 where there is no room. */
static size_t put_local(const struct piece *piece, const uint8_t *content, uint8_t *out,
                        size_t room, struct entry *ret_entry)
{
    size_t name_bytes = piece->length == 0 ? 0 : content[0];

    if (name_bytes + 1 > piece->length)
        name_bytes = piece->length == 0 ? 0 : piece->length - 1;
    const uint8_t *name = content + 1, *bytes = name + name_bytes;
    size_t length = piece->length == 0 ? 0 : piece->length - 1 - name_bytes;
    if (room < LOCAL_BYTES + name_bytes + length)
        return 0;
    uint8_t *to = out + LOCAL_BYTES + name_bytes;
    size_t left = room - LOCAL_BYTES - name_bytes, stored = 0;
    bool is_deflated = (piece->head[0] & (ARCHIVE_DEFLATE | ARCHIVE_METHOD)) == ARCHIVE_DEFLATE;
    size_t zeros = is_deflated && (piece->head[0] & ARCHIVE_ZEROS) != 0 ? EXTRA_ZEROS : 0;
    if (is_deflated)
        stored = deflate_into(to, left, bytes, length, zeros);
    if (stored == 0) {
        is_deflated = false;
        zeros = 0;
        if (length != 0)
            memcpy(to, bytes, length);
        stored = length;
    }
    bool has_method = (piece->head[0] & ARCHIVE_METHOD) != 0;
    uint32_t said = (uint32_t)(length + zeros);
    if ((piece->head[0] & ARCHIVE_LIE) != 0)
        said += piece->head[2];
    *ret_entry = (struct entry){.name = name, .name_bytes = name_bytes};
    uint8_t *fields = ret_entry->fields;
    store_u16(fields, 20);
    store_u16(fields + 4, has_method ? piece->head[1] : is_deflated ? METHOD_DEFLATE : 0);
    trace_store_u32(fields + 10, sum_of(bytes, length, zeros));
    trace_store_u32(fields + 14, (uint32_t)stored);
    trace_store_u32(fields + 18, said);
    store_u16(fields + 22, (uint32_t)name_bytes);
    memcpy(out, "PK\003\004", 4);
    memcpy(out + 4, fields, sizeof(ret_entry->fields));
    if (name_bytes != 0)
        memcpy(out + LOCAL_BYTES, name, name_bytes);
    return LOCAL_BYTES + name_bytes + stored;
}

static size_t put_central(const struct entry *entry, uint8_t *out)
{
    memset(out, 0, CENTRAL_BYTES);
    memcpy(out, "PK\001\002", 4);
    store_u16(out + 4, 20);
    memcpy(out + 6, entry->fields, sizeof(entry->fields));
    trace_store_u32(out + 42, entry->at);
    if (entry->name_bytes != 0)
        memcpy(out + CENTRAL_BYTES, entry->name, entry->name_bytes);
    return CENTRAL_BYTES + entry->name_bytes;
}

static size_t put_end(uint8_t *out, size_t count, size_t from, size_t to)
{
    memset(out, 0, END_BYTES);
    memcpy(out, "PK\005\006", 4);
    store_u16(out + 8, (uint32_t)count);
    store_u16(out + 10, (uint32_t)count);
    trace_store_u32(out + 12, (uint32_t)(to - from));
    trace_store_u32(out + 16, (uint32_t)from);
    return END_BYTES;
}

size_t archive_pieces_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed)
{
    static struct entry entries[PIECES_MAX];
    size_t length = 0, count = 0, directory = END_BYTES;

    (void)seed;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->list[i];
        size_t needed = directory + CENTRAL_BYTES + NAME_BYTES;
        if (room < length + needed)
            break;
        size_t bytes = put_local(piece, pieces->room + piece->at, out + length,
                                 room - length - needed, &entries[count]);
        if (bytes == 0)
            continue;
        entries[count].at = (uint32_t)length;
        directory += CENTRAL_BYTES + entries[count++].name_bytes;
        length += bytes;
    }
    if (room < length + directory)
        return 0;
    size_t from = length;
    for (size_t i = 0; i < count; i++)
        length += put_central(&entries[i], out + length);
    return length + put_end(out + length, count, from, length);
}
