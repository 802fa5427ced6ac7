/* tracer/cfi.c - rows of call-frame information, classified as rules */
/* SPDX-License-Identifier: MIT */

#include "tracer/cfi.h"

#include <elf.h>
#include <errno.h>
#include <link.h>

#include "tracer/cfi_parts.h"
#include "tracer/object.h"

/* DW_OP_ */
#define OP_DEREF 0x06
#define OP_BREG0 0x70
#define OP_BREG31 0x8f

/* An expression of the one form in use: a register plus a constant, and the word there or not. */
struct place {
    uint8_t reg;
    bool deref;
    int64_t offset;
};

static const struct rule complex_rule = {.class = RULE_COMPLEX};

static bool read_place(const struct cfi_cell *cell, struct place *ret_place)
{
    struct cfi_reader reader = {.at = cell->expression,
                                .end = cell->expression + cell->expression_bytes};
    uint8_t code = cfi_u8(&reader);

    if (code < OP_BREG0 || code > OP_BREG31)
        return false;
    int64_t offset = cfi_sleb(&reader);
    bool deref = cfi_left(&reader) > 0;
    if ((deref && cfi_u8(&reader) != OP_DEREF) || reader.bad || cfi_left(&reader) > 0)
        return false;
    *ret_place =
        (struct place){.reg = (uint8_t)(code - OP_BREG0), .deref = deref, .offset = offset};
    return true;
}

static bool fits(int64_t offset, int32_t *ret_offset)
{
    *ret_offset = (int32_t)offset;
    return *ret_offset == offset;
}

/* ---- the kernel's signal frame -------------------------------------------------- */

/* The register lies at a place counted from the stack pointer. */
static bool in_ucontext(const struct cfi_cell *cell, int32_t *ret_offset)
{
    struct place place;

    return cell->how == CFI_EXPRESSION && read_place(cell, &place) && !place.deref &&
           place.reg == CFI_REGISTER_SP && fits(place.offset, ret_offset);
}

/* Exactly as glibc describes its trampoline: the CFA is the interrupted stack pointer. */
static struct rule signal_rule(const struct cfi_row *row)
{
    struct rule rule = {.class = RULE_SIGNAL, .fp_saved = true};
    struct place cfa;

    if (row->cfa_expression.how != CFI_EXPRESSION || !read_place(&row->cfa_expression, &cfa) ||
        !cfa.deref || cfa.reg != CFI_REGISTER_SP ||
        !in_ucontext(&row->cells[CFI_SP], &rule.cfa_offset) || rule.cfa_offset != cfa.offset ||
        !in_ucontext(&row->cells[CFI_FP], &rule.fp_offset) ||
        !in_ucontext(&row->cells[CFI_RETURN], &rule.return_offset))
        return complex_rule;
    return rule;
}

/* On aarch64 the trampoline is the vDSO's. Its call-frame information, where a kernel has any,
 * leads to the link register instead of the interrupted pc, so it is known by its instructions, as
 * debuggers know it. The stack pointer is at struct rt_sigframe: siginfo_t (128 bytes), then
 * ucontext_t with its mcontext at 176: fault address, x0 to x30, sp, pc. */
#define TRAMPOLINE_IN_VDSO (CFI_REGISTER_RETURN == 30)
#define MOV_X8_RT_SIGRETURN 0xd2801168u
#define SVC_0 0xd4000001u
#define UCONTEXT_X0 (128 + 176 + 8)

static bool is_trampoline(const struct object *object, uint64_t pc)
{
    /* One less than its address as a return address, or at one of its two instructions. */
    for (int before = -4; before <= 4; before += 4) {
        uint64_t at = (pc & ~3ull) - (uint64_t)(int64_t)before;
        uint32_t code[2];
        if (at < object->start || at + sizeof(code) > object->end)
            continue;
        memcpy(code, (const void *)(uintptr_t)at, sizeof(code));
        if (code[0] == MOV_X8_RT_SIGRETURN && code[1] == SVC_0)
            return true;
    }
    return false;
}

static const struct rule trampoline_rule = {
    .class = RULE_SIGNAL,
    .fp_saved = true,
    .fp_offset = UCONTEXT_X0 + 29 * 8,
    .cfa_offset = UCONTEXT_X0 + 31 * 8,
    .return_offset = UCONTEXT_X0 + 32 * 8,
};

/* ---- everybody else's ------------------------------------------------------------ */

static bool take_cfa(const struct cfi_row *row, struct rule *rule)
{
    struct place cfa = {.reg = (uint8_t)row->cfa_register, .offset = row->cfa_offset};

    if (row->cfa_expression.how == CFI_EXPRESSION) {
        if (!read_place(&row->cfa_expression, &cfa))
            return false;
    } else if (row->cfa_register > UINT8_MAX) {
        return false;
    }
    if (cfa.reg == CFI_REGISTER_FP)
        rule->class = cfa.deref ? RULE_FP_DEREF : RULE_FP;
    else if (cfa.reg == CFI_REGISTER_SP && !cfa.deref)
        rule->class = RULE_SP;
    else
        return false;
    return fits(cfa.offset, &rule->cfa_offset);
}

static bool take_return(const struct cfi_row *row, struct rule *rule)
{
    const struct cfi_cell *cell = &row->cells[CFI_RETURN];

    return cell->how == CFI_OFFSET && !row->return_signed &&
           fits(cell->offset, &rule->return_offset);
}

/* The caller's stack pointer has to be the CFA. */
static bool stack_pointer_is_cfa(const struct cfi_row *row)
{
    const struct cfi_cell *cell = &row->cells[CFI_SP];

    return cell->how == CFI_SAME || (cell->how == CFI_VAL_OFFSET && cell->offset == 0);
}

/* A place counted from the register that the CFA, too, is counted from. */
static bool take_fp_place(const struct cfi_cell *cell, struct rule *rule)
{
    uint8_t base = rule->class == RULE_SP ? CFI_REGISTER_SP : CFI_REGISTER_FP;
    struct place place;
    int32_t offset;

    if (!read_place(cell, &place) || place.deref || place.reg != base ||
        !fits(place.offset, &offset))
        return false;
    return fits((int64_t)offset - (rule->class == RULE_FP_DEREF ? 0 : rule->cfa_offset),
                &rule->fp_offset);
}

static bool take_fp(const struct cfi_row *row, struct rule *rule)
{
    const struct cfi_cell *cell = &row->cells[CFI_FP];

    rule->fp_saved = cell->how != CFI_SAME;
    switch (cell->how) {
    case CFI_SAME: return true;
    case CFI_OFFSET: return rule->class != RULE_FP_DEREF && fits(cell->offset, &rule->fp_offset);
    case CFI_EXPRESSION: return take_fp_place(cell, rule);
    default: return false;
    }
}

static struct rule classify(const struct cfi_entry *entry, const struct cfi_row *row)
{
    struct rule rule = {.class = RULE_COMPLEX};

    if (entry->return_register != CFI_REGISTER_RETURN)
        return complex_rule;
    if (row->cells[CFI_RETURN].how == CFI_UNDEFINED)
        return (struct rule){.class = RULE_END};
    if (entry->signal_frame)
        return signal_rule(row);
    if (!stack_pointer_is_cfa(row) || !take_cfa(row, &rule) || !take_return(row, &rule) ||
        !take_fp(row, &rule))
        return complex_rule;
    return rule;
}

struct rule cfi_rule_from(const struct cfi_tables *tables, uint64_t pc)
{
    struct cfi_entry entry;
    struct cfi_row row;
    int status = cfi_find(tables, pc, &entry);

    if (status == -ENOENT)
        return (struct rule){.class = RULE_NONE};
    if (status != 0 || cfi_run(&entry, pc, &row) != 0)
        return complex_rule;
    return classify(&entry, &row);
}

/* The segment that the address is in: between segments there may be holes that cannot be read. An
 * object whose program headers are not where linkers put them: all of it. */
static struct cfi_span segment_of(const struct object *object, uint64_t address)
{
    const ElfW(Ehdr) *header = (const void *)(uintptr_t)object->start;
    struct cfi_span all = {object->start, object->end};

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phoff + (uint64_t)header->e_phnum * sizeof(ElfW(Phdr)) > 4096)
        return all;
    const ElfW(Phdr) *segment = (const void *)(uintptr_t)(object->start + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        uint64_t start = object->bias + segment[i].p_vaddr;
        struct cfi_span span = {start, start + segment[i].p_memsz};
        if (segment[i].p_type == PT_LOAD && cfi_within(span, address) &&
            span.start >= object->start && span.end <= object->end)
            return span;
    }
    return (struct cfi_span){0, 0};
}

static struct cfi_tables tables_of(const struct object *object)
{
    struct cfi_tables tables = {.header = object->eh_frame_header};

    tables.readable = segment_of(object, tables.header);
    uint64_t frame = cfi_frame(&tables);
    tables.frame_readable =
        cfi_within(tables.readable, frame) ? tables.readable : segment_of(object, frame);
    return tables;
}

struct rule cfi_rule(uint64_t pc)
{
    struct object object;

    if (!object_at(pc, &object))
        return (struct rule){.class = RULE_NONE};
    if (TRAMPOLINE_IN_VDSO && object.is_vdso && is_trampoline(&object, pc))
        return trampoline_rule;
    if (object.eh_frame_header == 0)
        return (struct rule){.class = RULE_NONE};
    struct cfi_tables tables = tables_of(&object);
    return cfi_rule_from(&tables, pc);
}
