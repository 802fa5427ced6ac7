/* tracer/cfi_entry.c - an FDE and its CIE, taken apart */
/* SPDX-License-Identifier: MIT */

#include "tracer/cfi_parts.h"

#include <errno.h>

/* DW_EH_PE_: a format in the low four bits, what it is relative to in the next three. */
enum {
    FORMAT_ABSOLUTE = 0x00,
    FORMAT_ULEB = 0x01,
    FORMAT_UDATA2 = 0x02,
    FORMAT_UDATA4 = 0x03,
    FORMAT_UDATA8 = 0x04,
    FORMAT_SLEB = 0x09,
    FORMAT_SDATA2 = 0x0a,
    FORMAT_SDATA4 = 0x0b,
    FORMAT_SDATA8 = 0x0c,
    FORMAT_MASK = 0x0f,

    RELATIVE_TO_NOTHING = 0x00,
    RELATIVE_TO_HERE = 0x10,
    RELATIVE_TO_DATA = 0x30,
    RELATIVE_ALIGNED = 0x50,
    RELATIVE_MASK = 0xf0 /* with "indirect", which is not handled */
};

#define LENGTH_IS_64_BIT 0xffffffff

static uint64_t read_format(struct cfi_reader *reader, uint8_t format)
{
    switch (format) {
    case FORMAT_ABSOLUTE:
    case FORMAT_UDATA8:
    case FORMAT_SDATA8: return cfi_u64(reader);
    case FORMAT_UDATA4: return cfi_u32(reader);
    case FORMAT_SDATA4: return (uint64_t)(int64_t)(int32_t)cfi_u32(reader);
    case FORMAT_UDATA2: return cfi_u16(reader);
    case FORMAT_SDATA2: return (uint64_t)(int64_t)(int16_t)cfi_u16(reader);
    case FORMAT_ULEB: return cfi_uleb(reader);
    case FORMAT_SLEB: return (uint64_t)cfi_sleb(reader);
    default: cfi_fail(reader); return 0;
    }
}

uint64_t cfi_pointer(struct cfi_reader *reader, uint8_t encoding, uint64_t data_base)
{
    uint64_t here = (uint64_t)(uintptr_t)reader->at;
    uint64_t value = read_format(reader, encoding & FORMAT_MASK);

    switch (encoding & RELATIVE_MASK) {
    case RELATIVE_TO_NOTHING: return value;
    case RELATIVE_TO_HERE: return here + value;
    case RELATIVE_TO_DATA:
        if (data_base != 0)
            return data_base + value;
        __attribute__((fallthrough));
    default: cfi_fail(reader); return 0;
    }
}

/* A CIE or FDE from its length on: what lies between length and end. */
static struct cfi_reader open_entry(const struct cfi_tables *tables, uint64_t address)
{
    struct cfi_reader reader = cfi_reader_at(tables->frame_readable, address);
    uint32_t length = cfi_u32(&reader);

    if (length == LENGTH_IS_64_BIT || length > cfi_left(&reader))
        cfi_fail(&reader);
    reader.end = reader.at + (reader.bad ? 0 : length);
    return reader;
}

static void skip_personality(struct cfi_reader *data)
{
    uint8_t encoding = cfi_u8(data);

    if ((encoding & RELATIVE_MASK) == RELATIVE_ALIGNED)
        cfi_fail(data); /* bytes of padding: no toolchain's habit on these machines */
    else if (encoding != CFI_OMITTED)
        read_format(data, encoding & FORMAT_MASK);
}

/* What the letters after 'z' announce, one by one. An unknown letter may hide the pointer encoding:
 * not handled. */
static void read_augmentation(struct cfi_reader *reader, const uint8_t *letters,
                              struct cfi_entry *entry)
{
    if (letters[0] == '\0')
        return;
    if (letters[0] != 'z') { /* such as "eh", of GCC 2 */
        cfi_fail(reader);
        return;
    }
    entry->augmented = true;
    uint64_t bytes = cfi_uleb(reader);
    struct cfi_reader data = *reader;
    cfi_skip(reader, bytes);
    if (reader->bad)
        return;
    data.end = reader->at;
    for (const uint8_t *letter = letters + 1; *letter != '\0' && !data.bad; letter++) {
        switch (*letter) {
        case 'R': entry->pointer_encoding = cfi_u8(&data); break;
        case 'L': cfi_u8(&data); break;
        case 'P': skip_personality(&data); break;
        case 'S': entry->signal_frame = true; break;
        case 'B': /* aarch64: pointer authentication with the B key */
        case 'G': /* aarch64: tagged stack */ break;
        default: cfi_fail(&data); break;
        }
    }
    reader->bad |= data.bad;
}

/* After the length and the id. */
static void read_cie(struct cfi_reader *reader, struct cfi_entry *entry)
{
    uint8_t version = cfi_u8(reader);
    const uint8_t *letters = reader->at;

    while (cfi_u8(reader) != '\0' && !reader->bad)
        ;
    if (version != 1 && version != 3 && version != 4)
        cfi_fail(reader);
    if (version == 4 && (cfi_u8(reader) != sizeof(uint64_t) || cfi_u8(reader) != 0))
        cfi_fail(reader); /* bytes of an address, of a segment selector */
    entry->code_align = cfi_uleb(reader);
    entry->data_align = cfi_sleb(reader);
    entry->return_register = version == 1 ? cfi_u8(reader) : cfi_uleb(reader);
    if (reader->bad)
        return;
    read_augmentation(reader, letters, entry);
    entry->initial = *reader;
}

int cfi_entry_read(const struct cfi_tables *tables, uint64_t fde, struct cfi_entry *ret_entry)
{
    struct cfi_reader reader = open_entry(tables, fde);
    uint64_t here = (uint64_t)(uintptr_t)reader.at;
    uint32_t to_cie = cfi_u32(&reader); /* backwards from here; a CIE has 0 */
    struct cfi_entry entry = {0};

    if (reader.bad)
        return -EINVAL;
    if (to_cie == 0)
        return -ENOENT;
    struct cfi_reader cie = open_entry(tables, here - to_cie);
    if (cfi_u32(&cie) != 0)
        cfi_fail(&cie);
    read_cie(&cie, &entry);
    if (cie.bad)
        return -EINVAL;
    entry.code_start = cfi_pointer(&reader, entry.pointer_encoding, 0);
    entry.code_end = entry.code_start + read_format(&reader, entry.pointer_encoding & FORMAT_MASK);
    if (entry.augmented)
        cfi_skip(&reader, cfi_uleb(&reader));
    if (reader.bad || entry.code_end < entry.code_start)
        return -EINVAL;
    entry.program = reader;
    *ret_entry = entry;
    return 0;
}
