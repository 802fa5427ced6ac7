/* tracer/cfi_parts.h - the steps from a pc to its rule, each by itself */
/* SPDX-License-Identifier: MIT */

/*
 *     pc -> cfi_find() -> entry (FDE and its CIE) -> cfi_run() -> row -> rule
 *
 * The tables may be given by themselves, so that tests can feed bytes that no linker would write.
 * All reads go through struct cfi_reader, which stops at the end of what it was given. Terms are
 * those of DWARF 5, section 6.4, and of the Linux Standard Base's chapter on .eh_frame.
 *
 * Threads, memory: as tracer/cfi.h.
 */
#ifndef NPNTRACE_TRACER_CFI_PARTS_H
#define NPNTRACE_TRACER_CFI_PARTS_H

#include "tracer/cfi.h"

#include <string.h>

#if defined(__x86_64__)
#define CFI_REGISTER_FP 6
#define CFI_REGISTER_SP 7
#define CFI_REGISTER_RETURN 16
#elif defined(__aarch64__)
#define CFI_REGISTER_FP 29
#define CFI_REGISTER_SP 31
#define CFI_REGISTER_RETURN 30
#else
#error "cfi: x86-64 and aarch64 only"
#endif

struct cfi_span {
    uint64_t start;
    uint64_t end;
};

/* Where .eh_frame_hdr is, and the memory around it that may be read; and the memory for .eh_frame,
 * to which it points: mostly the same, but some linkers write .eh_frame among the data. */
struct cfi_tables {
    uint64_t header;
    struct cfi_span readable;
    struct cfi_span frame_readable;
};

struct cfi_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad; /* something was to be read beyond the end, or makes no sense */
};

/* An FDE, together with its CIE. */
struct cfi_entry {
    uint64_t code_start;
    uint64_t code_end;
    uint64_t code_align;
    int64_t data_align;
    uint64_t return_register;
    uint8_t pointer_encoding;
    bool augmented;            /* 'z': lengths are given */
    bool signal_frame;         /* 'S' */
    struct cfi_reader initial; /* the CIE's instructions */
    struct cfi_reader program; /* the FDE's */
};

/* What is tracked of a row of the table; other registers all share one cell that nobody looks at.
 */
enum cfi_column { CFI_FP, CFI_SP, CFI_RETURN, CFI_OTHER, CFI_COLUMNS };

enum cfi_how {
    CFI_SAME,
    CFI_UNDEFINED,
    CFI_OFFSET,     /* at CFA + offset */
    CFI_VAL_OFFSET, /* is CFA + offset */
    CFI_EXPRESSION, /* at the address that the expression gives */
    CFI_ELSEWHERE   /* in another register, or the value of an expression */
};

struct cfi_cell {
    uint8_t how;
    uint32_t expression_bytes;
    union {
        int64_t offset;
        const uint8_t *expression;
    };
};

struct cfi_row {
    struct cfi_cell cells[CFI_COLUMNS];
    struct cfi_cell cfa_expression; /* if how is CFI_EXPRESSION; else register and offset */
    uint64_t cfa_register;
    int64_t cfa_offset;
    uint64_t end;       /* where the next row begins, or the entry's end */
    bool return_signed; /* aarch64: the return address carries a pointer authentication code */
};

/* The address of .eh_frame; 0: the header is damaged. */
uint64_t cfi_frame(const struct cfi_tables *tables);

/* The entry whose code covers pc. -ENOENT: none does; -EINVAL: the tables are damaged, or of a kind
 * not handled here. */
int cfi_find(const struct cfi_tables *tables, uint64_t pc, struct cfi_entry *ret_entry);

/* The entry whose FDE lies at `fde`. -EINVAL as above; -ENOENT: it is not an FDE but a CIE. */
int cfi_entry_read(const struct cfi_tables *tables, uint64_t fde, struct cfi_entry *ret_entry);

/* The row for pc, which the entry covers. */
int cfi_run(const struct cfi_entry *entry, uint64_t pc, struct cfi_row *ret_row);

/* All of it, with tables that may be anywhere. */
struct rule cfi_rule_from(const struct cfi_tables *tables, uint64_t pc);

/* A pointer in one of the DW_EH_PE_ encodings; `data_base` is for datarel. */
uint64_t cfi_pointer(struct cfi_reader *reader, uint8_t encoding, uint64_t data_base);

#define CFI_OMITTED 0xff /* DW_EH_PE_omit */

/* ---- reading ------------------------------------------------------------------ */

static inline bool cfi_within(struct cfi_span span, uint64_t address)
{
    return address >= span.start && address < span.end;
}

static inline struct cfi_reader cfi_reader_at(struct cfi_span readable, uint64_t address)
{
    if (!cfi_within(readable, address))
        return (struct cfi_reader){.bad = true};
    return (struct cfi_reader){
        .at = (const uint8_t *)(uintptr_t)address,
        .end = (const uint8_t *)(uintptr_t)readable.end,
    };
}

static inline void cfi_fail(struct cfi_reader *reader)
{
    reader->at = reader->end; /* so that loops end */
    reader->bad = true;
}

static inline uint64_t cfi_left(const struct cfi_reader *reader)
{
    return (uint64_t)(reader->end - reader->at);
}

static inline void cfi_skip(struct cfi_reader *reader, uint64_t bytes)
{
    if (bytes > cfi_left(reader))
        cfi_fail(reader);
    else
        reader->at += bytes;
}

#define CFI_DEFINE_READ(name, type)                                                                \
    static inline type cfi_##name(struct cfi_reader *reader)                                       \
    {                                                                                              \
        type value;                                                                                \
                                                                                                   \
        if (sizeof(value) > cfi_left(reader)) {                                                    \
            cfi_fail(reader);                                                                      \
            return 0;                                                                              \
        }                                                                                          \
        memcpy(&value, reader->at, sizeof(value));                                                 \
        reader->at += sizeof(value);                                                               \
        return value;                                                                              \
    }
CFI_DEFINE_READ(u8, uint8_t)
CFI_DEFINE_READ(u16, uint16_t)
CFI_DEFINE_READ(u32, uint32_t)
CFI_DEFINE_READ(u64, uint64_t)

/* Bits beyond the 64th are dropped; so is the encoding longer than 10 bytes, as damaged. */
static inline uint64_t cfi_leb(struct cfi_reader *reader, bool is_signed)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = cfi_u8(reader);
        value |= (uint64_t)(byte & 0x7f) << (shift < 64 ? shift : 63);
        if (byte & 0x80)
            continue;
        if (is_signed && (byte & 0x40) && shift + 7 < 64)
            value |= ~0ull << (shift + 7);
        return value;
    }
    cfi_fail(reader);
    return 0;
}

static inline uint64_t cfi_uleb(struct cfi_reader *reader)
{
    return cfi_leb(reader, false);
}

static inline int64_t cfi_sleb(struct cfi_reader *reader)
{
    return (int64_t)cfi_leb(reader, true);
}

#endif
