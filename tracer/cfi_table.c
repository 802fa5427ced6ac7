/* tracer/cfi_table.c - from a pc to its FDE, through .eh_frame_hdr */
/* SPDX-License-Identifier: MIT */

#include "tracer/cfi_parts.h"

#include <errno.h>

/*
 * .eh_frame_hdr is
 *     u8 version (1), u8 encoding of frame, of count, of the table
 *     frame: where .eh_frame is;  count: of FDEs
 *     table[count], sorted by code: {code_start, fde}
 * GNU and LLVM linkers write the table as 32-bit offsets from the header's first byte. Another
 * encoding, or no table: .eh_frame is gone through from its beginning.
 */
#define VERSION 1
#define ENCODING_SDATA4_DATAREL 0x3b

/* Of a scan, which may happen in the midst of an allocation. */
#define MAX_SCANNED 4096

struct place {
    int32_t code_start;
    int32_t fde;
};

static struct place place_at(const uint8_t *table, uint64_t index)
{
    struct place place;

    memcpy(&place, table + index * sizeof(place), sizeof(place));
    return place;
}

/* Entries of equal start: the last, which is the one that is not empty. */
static int search(const struct cfi_tables *tables, struct cfi_reader table, uint64_t count,
                  uint64_t pc, struct cfi_entry *ret_entry)
{
    uint64_t low = 0, high = count;
    int64_t offset = (int64_t)(pc - tables->header);

    if (count > cfi_left(&table) / sizeof(struct place))
        return -EINVAL;
    while (low < high) { /* table[low - 1] <= offset < table[high] */
        uint64_t middle = low + (high - low) / 2;
        if (place_at(table.at, middle).code_start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return -ENOENT;
    uint64_t fde = tables->header + (uint64_t)(int64_t)place_at(table.at, low - 1).fde;
    /* The table points to a CIE: damaged. */
    return cfi_entry_read(tables, fde, ret_entry) == 0 ? 0 : -EINVAL;
}

static bool covers(const struct cfi_entry *entry, uint64_t pc)
{
    return pc >= entry->code_start && pc < entry->code_end;
}

static int scan(const struct cfi_tables *tables, uint64_t frame, uint64_t pc,
                struct cfi_entry *ret_entry)
{
    struct cfi_reader reader = cfi_reader_at(tables->frame_readable, frame);

    for (unsigned i = 0; i < MAX_SCANNED; i++) {
        uint64_t fde = (uint64_t)(uintptr_t)reader.at;
        uint32_t length = cfi_u32(&reader);
        if (reader.bad)
            return -EINVAL;
        if (length == 0) /* the end */
            return -ENOENT;
        int status = cfi_entry_read(tables, fde, ret_entry);
        if (status == 0 && covers(ret_entry, pc))
            return 0;
        if (status == -EINVAL)
            return status;
        cfi_skip(&reader, length);
    }
    return -EINVAL;
}

struct header {
    uint8_t count_encoding;
    uint8_t table_encoding;
    uint64_t frame;
};

/* Returns a reader behind the frame's address. */
static struct cfi_reader read_header(const struct cfi_tables *tables, struct header *ret_header)
{
    struct cfi_reader reader = cfi_reader_at(tables->readable, tables->header);
    uint8_t version = cfi_u8(&reader), frame_encoding = cfi_u8(&reader);

    ret_header->count_encoding = cfi_u8(&reader);
    ret_header->table_encoding = cfi_u8(&reader);
    ret_header->frame = cfi_pointer(&reader, frame_encoding, tables->header);
    if (version != VERSION)
        cfi_fail(&reader);
    return reader;
}

uint64_t cfi_frame(const struct cfi_tables *tables)
{
    struct header header;

    return read_header(tables, &header).bad ? 0 : header.frame;
}

int cfi_find(const struct cfi_tables *tables, uint64_t pc, struct cfi_entry *ret_entry)
{
    struct header header;
    struct cfi_reader reader = read_header(tables, &header);

    if (reader.bad)
        return -EINVAL;
    if (header.count_encoding == CFI_OMITTED || header.table_encoding != ENCODING_SDATA4_DATAREL)
        return scan(tables, header.frame, pc, ret_entry);
    uint64_t count = cfi_pointer(&reader, header.count_encoding, tables->header);
    if (reader.bad)
        return -EINVAL;
    int status = search(tables, reader, count, pc, ret_entry);
    if (status == 0 && !covers(ret_entry, pc))
        return pc < ret_entry->code_start ? -EINVAL : -ENOENT;
    return status;
}
