/* tracer/cfi_program.c - runs the instructions of a CIE and an FDE up to a pc */
/* SPDX-License-Identifier: MIT */

#include "tracer/cfi_parts.h"

#include <errno.h>

/* Of DW_CFA_remember_state within itself. Compilers need one, seldom two. */
#define MAX_REMEMBERED 4

/* The three with their operand in the low six bits, then those that are a byte of their own. */
enum {
    OPERAND_MASK = 0x3f,
    DW_CFA_advance_loc = 0x40,
    DW_CFA_offset = 0x80,
    DW_CFA_restore = 0xc0,

    DW_CFA_nop = 0x00,
    DW_CFA_set_loc = 0x01,
    DW_CFA_advance_loc1 = 0x02,
    DW_CFA_advance_loc2 = 0x03,
    DW_CFA_advance_loc4 = 0x04,
    DW_CFA_offset_extended = 0x05,
    DW_CFA_restore_extended = 0x06,
    DW_CFA_undefined = 0x07,
    DW_CFA_same_value = 0x08,
    DW_CFA_register = 0x09,
    DW_CFA_remember_state = 0x0a,
    DW_CFA_restore_state = 0x0b,
    DW_CFA_def_cfa = 0x0c,
    DW_CFA_def_cfa_register = 0x0d,
    DW_CFA_def_cfa_offset = 0x0e,
    DW_CFA_def_cfa_expression = 0x0f,
    DW_CFA_expression = 0x10,
    DW_CFA_offset_extended_sf = 0x11,
    DW_CFA_def_cfa_sf = 0x12,
    DW_CFA_def_cfa_offset_sf = 0x13,
    DW_CFA_val_offset = 0x14,
    DW_CFA_val_offset_sf = 0x15,
    DW_CFA_val_expression = 0x16,
    DW_CFA_AARCH64_negate_ra_state = 0x2d,
    DW_CFA_GNU_args_size = 0x2e,
    DW_CFA_GNU_negative_offset_extended = 0x2f
};

struct run {
    struct cfi_reader reader;
    const struct cfi_entry *entry;
    uint64_t location;
    struct cfi_row row;
    struct cfi_cell initial[CFI_COLUMNS]; /* after the CIE: DW_CFA_restore goes back there */
    unsigned remembered_count;
    struct cfi_row remembered[MAX_REMEMBERED];
};

static enum cfi_column column_of(uint64_t reg)
{
    switch (reg) {
    case CFI_REGISTER_FP: return CFI_FP;
    case CFI_REGISTER_SP: return CFI_SP;
    case CFI_REGISTER_RETURN: return CFI_RETURN;
    default: return CFI_OTHER;
    }
}

static struct cfi_cell *read_column(struct run *run)
{
    return &run->row.cells[column_of(cfi_uleb(&run->reader))];
}

static void set(struct cfi_cell *cell, enum cfi_how how, uint64_t offset)
{
    *cell = (struct cfi_cell){.how = (uint8_t)how, .offset = (int64_t)offset};
}

static void set_expression(struct run *run, struct cfi_cell *cell, enum cfi_how how)
{
    uint64_t bytes = cfi_uleb(&run->reader);
    const uint8_t *expression = run->reader.at;

    cfi_skip(&run->reader, bytes);
    *cell = (struct cfi_cell){
        .how = (uint8_t)how, .expression_bytes = (uint32_t)bytes, .expression = expression};
}

/* Unsigned, because a factor out of damaged bytes may overflow. */
static uint64_t factored(const struct run *run, uint64_t value)
{
    return value * (uint64_t)run->entry->data_align;
}

static void advance(struct run *run, uint64_t delta)
{
    run->location += delta * run->entry->code_align;
}

static void define_cfa(struct run *run, uint64_t reg)
{
    run->row.cfa_expression.how = CFI_SAME;
    run->row.cfa_register = reg;
}

static void remember(struct run *run)
{
    if (run->remembered_count == MAX_REMEMBERED)
        cfi_fail(&run->reader);
    else
        run->remembered[run->remembered_count++] = run->row;
}

static void restore_state(struct run *run)
{
    if (run->remembered_count == 0)
        cfi_fail(&run->reader);
    else
        run->row = run->remembered[--run->remembered_count];
}

static void restore(struct run *run, uint64_t reg)
{
    enum cfi_column column = column_of(reg);

    run->row.cells[column] = run->initial[column];
}

static void run_extended(struct run *run, uint8_t code)
{
    struct cfi_reader *reader = &run->reader;
    struct cfi_row *row = &run->row;
    struct cfi_cell *cell;

    switch (code) {
    case DW_CFA_nop: break;
    case DW_CFA_set_loc:
        run->location = cfi_pointer(reader, run->entry->pointer_encoding, 0);
        break;
    case DW_CFA_advance_loc1: advance(run, cfi_u8(reader)); break;
    case DW_CFA_advance_loc2: advance(run, cfi_u16(reader)); break;
    case DW_CFA_advance_loc4: advance(run, cfi_u32(reader)); break;
    case DW_CFA_def_cfa:
        define_cfa(run, cfi_uleb(reader));
        row->cfa_offset = (int64_t)cfi_uleb(reader);
        break;
    case DW_CFA_def_cfa_sf:
        define_cfa(run, cfi_uleb(reader));
        row->cfa_offset = (int64_t)factored(run, cfi_leb(reader, true));
        break;
    /* These two change one half and leave the other as it was, even behind an expression. */
    case DW_CFA_def_cfa_register: define_cfa(run, cfi_uleb(reader)); break;
    case DW_CFA_def_cfa_offset: row->cfa_offset = (int64_t)cfi_uleb(reader); break;
    case DW_CFA_def_cfa_offset_sf:
        row->cfa_offset = (int64_t)factored(run, cfi_leb(reader, true));
        break;
    case DW_CFA_def_cfa_expression:
        set_expression(run, &row->cfa_expression, CFI_EXPRESSION);
        break;
    case DW_CFA_offset_extended:
        cell = read_column(run);
        set(cell, CFI_OFFSET, factored(run, cfi_uleb(reader)));
        break;
    case DW_CFA_offset_extended_sf:
        cell = read_column(run);
        set(cell, CFI_OFFSET, factored(run, cfi_leb(reader, true)));
        break;
    case DW_CFA_GNU_negative_offset_extended:
        cell = read_column(run);
        set(cell, CFI_OFFSET, -factored(run, cfi_uleb(reader)));
        break;
    case DW_CFA_val_offset:
        cell = read_column(run);
        set(cell, CFI_VAL_OFFSET, factored(run, cfi_uleb(reader)));
        break;
    case DW_CFA_val_offset_sf:
        cell = read_column(run);
        set(cell, CFI_VAL_OFFSET, factored(run, cfi_leb(reader, true)));
        break;
    case DW_CFA_undefined: set(read_column(run), CFI_UNDEFINED, 0); break;
    case DW_CFA_same_value: set(read_column(run), CFI_SAME, 0); break;
    case DW_CFA_register:
        cell = read_column(run);
        set(cell, CFI_ELSEWHERE, cfi_uleb(reader));
        break;
    case DW_CFA_expression: set_expression(run, read_column(run), CFI_EXPRESSION); break;
    case DW_CFA_val_expression: set_expression(run, read_column(run), CFI_ELSEWHERE); break;
    case DW_CFA_restore_extended: restore(run, cfi_uleb(reader)); break;
    case DW_CFA_remember_state: remember(run); break;
    case DW_CFA_restore_state: restore_state(run); break;
    case DW_CFA_GNU_args_size: cfi_uleb(reader); break;
#if defined(__aarch64__)
    case DW_CFA_AARCH64_negate_ra_state: row->return_signed = !row->return_signed; break;
#endif
    default: cfi_fail(reader); break;
    }
}

/* Until the location passes pc. */
static bool run_program(struct run *run, const struct cfi_reader *program, uint64_t pc)
{
    run->reader = *program;
    while (run->reader.at < run->reader.end) {
        uint8_t code = cfi_u8(&run->reader);
        uint8_t operand = code & OPERAND_MASK;
        switch (code & ~OPERAND_MASK) {
        case DW_CFA_advance_loc: advance(run, operand); break;
        case DW_CFA_offset:
            set(&run->row.cells[column_of(operand)], CFI_OFFSET,
                factored(run, cfi_uleb(&run->reader)));
            break;
        case DW_CFA_restore: restore(run, operand); break;
        default: run_extended(run, code); break;
        }
        if (run->location > pc)
            break;
    }
    return !run->reader.bad;
}

int cfi_run(const struct cfi_entry *entry, uint64_t pc, struct cfi_row *ret_row)
{
    struct run run;

    run.entry = entry;
    run.location = entry->code_start;
    run.remembered_count = 0;
    run.row = (struct cfi_row){.cfa_register = UINT64_MAX};
    if (!run_program(&run, &entry->initial, UINT64_MAX))
        return -EINVAL;
    memcpy(run.initial, run.row.cells, sizeof(run.initial));
    run.location = entry->code_start;
    if (!run_program(&run, &entry->program, pc))
        return -EINVAL;
    run.row.end = run.location > pc ? run.location : entry->code_end;
    *ret_row = run.row;
    return 0;
}
