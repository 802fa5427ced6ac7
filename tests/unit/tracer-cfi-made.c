/* tests/unit/tracer-cfi-made.c - tables written byte by byte: versions, encodings, cut short */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tracer/cfi_parts.h"

/*
 * One function of 32 bytes, whose CFA is 8, 16, 32 above the stack pointer from its bytes 0, 4, 8
 * on. Tables for it differ in one thing each.
 */
#define CODE_BYTES 32
#define CODE_OFFSET 0x10000 /* of the function from the tables; never read */

#define PCREL_SDATA4 0x1b
#define PCREL_SDATA8 0x1c
#define DATAREL_SDATA4 0x3b
#define DATAREL_SDATA8 0x3c
#define UDATA4 0x03
#define ABSOLUTE 0x00
#define OMITTED 0xff

struct shape {
    const char *name;
    uint8_t version;
    const char *augmentation;
    uint8_t data[12]; /* of the augmentation */
    uint8_t data_bytes;
    uint8_t encoding; /* of the FDE's pointers */
    bool understood;  /* else RULE_COMPLEX */
    bool cie_is_64_bit;
    uint8_t return_register; /* 0: the usual one */
    uint8_t instructions[8]; /* more of them in the CIE */
};

#define ZR .augmentation = "zR", .data = {PCREL_SDATA4}, .data_bytes = 1, .encoding = PCREL_SDATA4

static const struct shape shapes[] = {
    {.name = "version 1", .version = 1, ZR, .understood = true},
    {.name = "version 2", .version = 2, ZR},
    {.name = "version 3", .version = 3, ZR, .understood = true},
    {.name = "version 4", .version = 4, ZR, .understood = true},
    {.name = "version 5", .version = 5, ZR},
    {.name = "64 bits of length", .version = 1, ZR, .cie_is_64_bit = true},
    {.name = "another return column", .version = 1, ZR, .return_register = 1},
    {.name = "unknown instruction", .version = 1, ZR, .instructions = {0x3f}},
    {.name = "restore without remember", .version = 1, ZR, .instructions = {0x0b}},
    {.name = "endless number",
     .version = 1,
     ZR,
     .instructions = {0x0e, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}},
    {.name = "instruction cut short",
     .version = 1,
     ZR,
     .instructions = {0, 0, 0, 0, 0, 0, 0, 0x0c}},
    {.name = "expression too long",
     .version = 1,
     ZR,
     .instructions = {0, 0, 0, 0, 0, 0, 0x0f, 0x20}},
    {.name = "zPLR",
     .version = 1,
     .augmentation = "zPLR",
     .data_bytes = 7,
     .data = {0x9b, 1, 2, 3, 4, 0x1b, PCREL_SDATA4},
     .encoding = PCREL_SDATA4,
     .understood = true},
    {.name = "zPR absolute",
     .version = 1,
     .augmentation = "zPR",
     .data_bytes = 10,
     .data = {0, 1, 2, 3, 4, 5, 6, 7, 8, PCREL_SDATA4},
     .encoding = PCREL_SDATA4,
     .understood = true},
    {.name = "zPR aligned",
     .version = 1,
     .augmentation = "zPR",
     .data_bytes = 10,
     .data = {0x50, 1, 2, 3, 4, 5, 6, 7, 8, PCREL_SDATA4},
     .encoding = PCREL_SDATA4},
    {.name = "none", .version = 1, .augmentation = "", .encoding = ABSOLUTE, .understood = true},
    {.name = "eh", .version = 1, .augmentation = "eh", .encoding = ABSOLUTE},
    {.name = "unknown letter",
     .version = 1,
     .augmentation = "zRX",
     .data = {PCREL_SDATA4, 0},
     .data_bytes = 2,
     .encoding = PCREL_SDATA4},
    {.name = "data too short",
     .version = 1,
     .augmentation = "zPR",
     .data = {0x1b, 0},
     .data_bytes = 2,
     .encoding = PCREL_SDATA4},
    {.name = "zRB",
     .version = 1,
     .augmentation = "zRB",
     .data = {PCREL_SDATA4},
     .data_bytes = 1,
     .encoding = PCREL_SDATA4,
     .understood = true},
    {.name = "not the trampoline",
     .version = 1,
     .augmentation = "zRS",
     .data = {PCREL_SDATA4},
     .data_bytes = 1,
     .encoding = PCREL_SDATA4},
    {.name = "absolute",
     .version = 1,
     .augmentation = "zR",
     .data = {ABSOLUTE},
     .data_bytes = 1,
     .encoding = ABSOLUTE,
     .understood = true},
    {.name = "pcrel sdata8",
     .version = 1,
     .augmentation = "zR",
     .data = {PCREL_SDATA8},
     .data_bytes = 1,
     .encoding = PCREL_SDATA8,
     .understood = true},
    {.name = "textrel",
     .version = 1,
     .augmentation = "zR",
     .data = {0x2b},
     .data_bytes = 1,
     .encoding = 0x2b},
    {.name = "indirect",
     .version = 1,
     .augmentation = "zR",
     .data = {0x9b},
     .data_bytes = 1,
     .encoding = 0x9b},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct made {
    uint8_t *bytes; /* aligned, in place: the tables hold addresses */
    unsigned length;
};

static void put(struct made *made, uint64_t value, unsigned bytes)
{
    memcpy(made->bytes + made->length, &value, bytes);
    made->length += bytes;
}

static uint64_t here(const struct made *made)
{
    return (uint64_t)(uintptr_t)(made->bytes + made->length);
}

static void put_pointer(struct made *made, uint64_t value, uint8_t encoding)
{
    bool wide = encoding == ABSOLUTE || encoding == PCREL_SDATA8;

    put(made, value - (encoding & 0x10 ? here(made) : 0), wide ? 8 : 4);
}

/* The length is what precedes it. */
static void close_entry(struct made *made, unsigned start)
{
    while (made->length % 8 != 0)
        put(made, 0, 1); /* DW_CFA_nop */
    uint32_t length = made->length - start;
    memcpy(made->bytes + start - 4, &length, sizeof(length));
}

static unsigned put_cie(struct made *made, const struct shape *shape)
{
    put(made, shape->cie_is_64_bit ? 0xffffffff : 0, 4);
    unsigned start = made->length;
    put(made, 0, 4);
    put(made, shape->version, 1);
    memcpy(made->bytes + made->length, shape->augmentation, strlen(shape->augmentation) + 1);
    made->length += (unsigned)strlen(shape->augmentation) + 1;
    if (shape->version == 4)
        put(made, sizeof(uint64_t), 2); /* and no bytes of segment selector */
    put(made, 1, 1);                    /* code alignment */
    put(made, 0x78, 1);                 /* data alignment: -8 */
    put(made, shape->return_register != 0 ? shape->return_register : CFI_REGISTER_RETURN, 1);
    if (shape->augmentation[0] == 'z') {
        put(made, shape->data_bytes, 1);
        memcpy(made->bytes + made->length, shape->data, shape->data_bytes);
        made->length += shape->data_bytes;
    }
    put(made, 0x0c | CFI_REGISTER_SP << 8 | 8 << 16, 3); /* DW_CFA_def_cfa sp, 8 */
    put(made, 0x80 | CFI_REGISTER_RETURN | 1 << 8, 2);   /* DW_CFA_offset return, 1 * -8 */
    while (made->length % 8 != 0)
        put(made, 0, 1);
    if (shape->instructions[0] != 0 || shape->instructions[7] != 0)
        for (unsigned i = 0; i < sizeof(shape->instructions); i++)
            put(made, shape->instructions[i], 1);
    if (!shape->cie_is_64_bit)
        close_entry(made, start);
    return start - 4;
}

static unsigned put_fde(struct made *made, unsigned cie, uint8_t encoding, bool augmented,
                        uint64_t code)
{
    put(made, 0, 4);
    unsigned start = made->length;
    put(made, start - cie, 4);
    put_pointer(made, code, encoding);
    put(made, CODE_BYTES, encoding == ABSOLUTE || encoding == PCREL_SDATA8 ? 8 : 4);
    if (augmented)
        put(made, 0, 1);
    put(made, 0x44, 1);           /* DW_CFA_advance_loc 4 */
    put(made, 0x0e | 16 << 8, 2); /* DW_CFA_def_cfa_offset 16 */
    put(made, 0x01, 1);           /* DW_CFA_set_loc */
    put_pointer(made, code + 8, encoding);
    put(made, 0x0e | 32 << 8, 2);
    close_entry(made, start);
    return start - 4;
}

static void put_header(struct made *made, uint8_t count_encoding, uint8_t table_encoding)
{
    made->length = 0;
    put(made, 1 | PCREL_SDATA4 << 8, 2);
    put(made, count_encoding, 1);
    put(made, table_encoding, 1);
    put(made, 24 - 4, 4); /* .eh_frame, from here */
    put(made, 1, 4);      /* FDEs */
    put(made, CODE_OFFSET, 4);
    put(made, 0, 4); /* the FDE, not yet known */
}

static struct cfi_tables make(struct made *made, const struct shape *shape, uint8_t table_encoding)
{
    uint64_t start = (uint64_t)(uintptr_t)made->bytes;

    put_header(made, table_encoding == OMITTED ? OMITTED : UDATA4, table_encoding);
    assert_int_equal(made->length, 20);
    put(made, 0, 4);
    unsigned cie = put_cie(made, shape);
    uint32_t fde =
        put_fde(made, cie, shape->encoding, shape->augmentation[0] == 'z', start + CODE_OFFSET);
    memcpy(made->bytes + 16, &fde, sizeof(fde));
    put(made, 0, 4); /* the end */
    struct cfi_span readable = {start, start + made->length};
    return (struct cfi_tables){start, readable, readable};
}

static struct rule only(enum rule_class class)
{
    return (struct rule){.class = (uint8_t) class};
}

static void expect(const struct cfi_tables *tables, const char *name, unsigned offset,
                   struct rule expected)
{
    struct rule rule = cfi_rule_from(tables, tables->header + CODE_OFFSET + offset);

    if (rule.class != expected.class || rule.cfa_offset != expected.cfa_offset ||
        rule.return_offset != expected.return_offset || rule.fp_saved)
        fail_msg("%s: at %u: class %d, cfa %d", name, offset, rule.class, rule.cfa_offset);
}

static void check_shape(const struct cfi_tables *tables, const struct shape *shape)
{
    static const struct {
        unsigned offset;
        int cfa_offset;
    } rows[] = {{0, 8}, {3, 8}, {4, 16}, {7, 16}, {8, 32}, {CODE_BYTES - 1, 32}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rule rule = {
            .class = RULE_SP, .cfa_offset = rows[i].cfa_offset, .return_offset = -8};
        expect(tables, shape->name, rows[i].offset, shape->understood ? rule : only(RULE_COMPLEX));
    }
    if (shape->understood) {
        expect(tables, shape->name, CODE_BYTES, only(RULE_NONE));
        expect(tables, shape->name, -1u, only(RULE_NONE));
    }
}

static void through_the_table(void **state)
{
    _Alignas(8) uint8_t bytes[512];
    struct made made = {.bytes = bytes};

    (void)state;
    for (unsigned i = 0; i < SHAPES; i++) {
        struct cfi_tables tables = make(&made, &shapes[i], DATAREL_SDATA4);
        check_shape(&tables, &shapes[i]);
    }
}

static void without_a_table(void **state)
{
    _Alignas(8) uint8_t bytes[512];
    struct made made = {.bytes = bytes};

    (void)state;
    for (unsigned i = 0; i < SHAPES; i++) {
        struct cfi_tables tables = make(&made, &shapes[i], OMITTED);
        check_shape(&tables, &shapes[i]);
        tables = make(&made, &shapes[i], DATAREL_SDATA8);
        check_shape(&tables, &shapes[i]);
    }
}

/* The last function of 5000 is not looked for, the first is found. */
static void a_long_way_without_a_table(void **state)
{
    struct made made = {.bytes = calloc(5001, 64)};
    struct cfi_tables tables = make(&made, &shapes[0], OMITTED);

    (void)state;
    made.length = 24;
    unsigned cie = put_cie(&made, &shapes[0]);
    for (unsigned i = 0; i < 5000; i++)
        put_fde(&made, cie, PCREL_SDATA4, true, tables.header + CODE_OFFSET + i * CODE_BYTES);
    tables.readable.end = tables.frame_readable.end = tables.header + made.length;
    expect(&tables, "first", 0,
           (struct rule){.class = RULE_SP, .cfa_offset = 8, .return_offset = -8});
    expect(&tables, "last", 4999 * CODE_BYTES, only(RULE_COMPLEX));
    free(made.bytes);
}

static void damaged_words(void **state)
{
    _Alignas(8) uint8_t bytes[512];
    struct made made = {.bytes = bytes};
    struct cfi_tables tables = make(&made, &shapes[0], DATAREL_SDATA4);
    uint32_t fde;
    memcpy(&fde, bytes + 16, sizeof(fde));
    const struct {
        const char *name;
        unsigned at;
        uint32_t word;
    } damages[] = {
        {"version", 0, 0x3b031b02},
        {"count", 8, 0xffffffff},
        {"FDE outside", 16, 0x7fffffff},
        {"FDE before", 16, -64u},
        {"FDE is a CIE", 16, 24},
        {"FDE is the header", 16, 0},
        {"length", fde, 0x7fffff00},
        {"length, cut", fde, 12},
        {"no CIE", fde + 4, fde + 4},
        {"CIE before", fde + 4, 4096},
        {"augmentation", fde + 16, 0x0000007f},
        {"code before the table's", fde + 8, 0x7fffffff},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        make(&made, &shapes[0], DATAREL_SDATA4);
        memcpy(bytes + damages[i].at, &damages[i].word, sizeof(damages[i].word));
        expect(&tables, damages[i].name, 0, only(RULE_COMPLEX));
    }
}

/* Memory that ends, without anything behind it, at each byte of the tables in turn. */
static void cut_short(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _Alignas(8) uint8_t bytes[512];
    struct made made = {.bytes = bytes};
    struct rule whole = {.class = RULE_SP, .cfa_offset = 32, .return_offset = -8};

    (void)state;
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t encoding = i == 0 ? DATAREL_SDATA4 : OMITTED;
        make(&made, &shapes[0], encoding);
        unsigned end = made.length - 4; /* the FDE's; the zero behind it may be missing */
        for (unsigned length = 0; length < end; length++) {
            uint64_t start = (uint64_t)(uintptr_t)(pages + page - length);
            struct cfi_span readable = {start, start + length};
            struct cfi_tables tables = {start, readable, readable};
            memcpy(pages + page - length, bytes, length);
            expect(&tables, "cut", 20, only(RULE_COMPLEX));
        }
        struct cfi_tables tables = make(&made, &shapes[0], encoding);
        tables.readable.end = tables.frame_readable.end = tables.header + end;
        expect(&tables, "whole", 20, whole);
    }
    munmap(pages, 2 * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_the_table),
        cmocka_unit_test(without_a_table),
        cmocka_unit_test(a_long_way_without_a_table),
        cmocka_unit_test(damaged_words),
        cmocka_unit_test(cut_short),
    };
    return cmocka_run_group_tests_name("tracer-cfi-made", tests, NULL, NULL);
}
