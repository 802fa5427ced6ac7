/* tests/unit/tracer-cfi-oracle.c - one step of libunwind's, over memory that is made up */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/tracer-cfi-oracle.h"

#include <libunwind.h>
#include <string.h>

#if defined(__x86_64__)
#define REGISTER_PC UNW_X86_64_RIP
#define REGISTER_SP UNW_X86_64_RSP
#define REGISTER_FP UNW_X86_64_RBP
#else
#define REGISTER_PC UNW_AARCH64_PC
#define REGISTER_SP UNW_AARCH64_SP
#define REGISTER_FP UNW_AARCH64_X29
#endif

#define SEARCHED_BYTES 4096 /* how far from its base a simple rule's place is searched */

static unw_addr_space_t space;

/* Exported for debuggers, which bring a table of their own; in no header. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
                                       unw_proc_info_t *, int, void *);

/* The argument of every accessor. */
struct probe {
    const struct cfi_tables *tables;
    uint64_t pc;
    bool uncovered;
};

/* Words look like addresses, aligned, far from the two registers. */
static uint64_t memory(uint64_t address)
{
    uint64_t mixed = (address ^ address >> 29) * 0x9e3779b97f4a7c15ull;
    return 0x100000000000ull | (mixed >> 20 & 0xffffffffff8ull);
}

static int find_proc_info(unw_addr_space_t as, unw_word_t pc, unw_proc_info_t *info, int need,
                          void *argument)
{
    struct probe *probe = argument;
    const struct cfi_tables *tables = probe->tables;
    uint32_t count;

    /* 12 bytes: four encodings, the frame's offset, the count; as all linkers write it. */
    memcpy(&count, (const void *)(uintptr_t)(tables->header + 8), sizeof(count));
    unw_dyn_info_t table = {
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .start_ip = 0,
        .end_ip = ~(unw_word_t)0,
        .u.rti =
            {
                .segbase = tables->header,
                .table_data = tables->header + 12,
                .table_len = count * (unw_word_t)8 / sizeof(unw_word_t),
            },
    };
    int status = UNW_OBJ(dwarf_search_unwind_table)(as, pc, &table, info, need, probe);
    probe->uncovered = status < 0;
    return status;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *argument)
{
    (void)as, (void)info, (void)argument;
}

/* Code that was made at run time: there is none. */
static int dyn_info_list(unw_addr_space_t as, unw_word_t *list, void *argument)
{
    (void)as, (void)list, (void)argument;
    return -UNW_ENOINFO;
}

/* libunwind reads aligned words; the last one may reach beyond what is used of a page. */
static bool is_table(struct cfi_span span, uint64_t address)
{
    return address >= (span.start & ~7ull) && address < ((span.end + 7) & ~7ull);
}

static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *argument)
{
    const struct probe *probe = argument;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    if (is_table(probe->tables->readable, address) ||
        is_table(probe->tables->frame_readable, address))
        memcpy(value, (const void *)(uintptr_t)address, sizeof(*value));
    else
        *value = memory(address);
    return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write,
                      void *argument)
{
    const struct probe *probe = argument;

    (void)as;
    if (write)
        return -UNW_EREADONLYREG;
    switch (number) {
    case REGISTER_PC: *value = probe->pc; break;
    case REGISTER_SP: *value = ORACLE_SP; break;
    case REGISTER_FP: *value = ORACLE_FP; break;
    default: *value = memory((uint64_t)number); break;
    }
    return 0;
}

/* What is not there is for what nobody asks for: names, floating-point registers, resuming. */
bool oracle_open(void)
{
    static unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = dyn_info_list,
        .access_mem = access_mem,
        .access_reg = access_reg,
    };

    space = unw_create_addr_space(&accessors, 0);
    return space != NULL && unw_set_caching_policy(space, UNW_CACHE_NONE) == 0;
}

enum oracle_outcome oracle_step(const struct cfi_tables *tables, uint64_t pc,
                                struct oracle_frame *ret_caller)
{
    struct probe probe = {.tables = tables, .pc = pc};
    unw_cursor_t cursor;
    unw_word_t caller_pc, sp, fp;

    if (unw_init_remote(&cursor, space, &probe) != 0)
        return ORACLE_REFUSED;
    int status = unw_step(&cursor);
    if (probe.uncovered)
        return ORACLE_UNCOVERED;
    if (status == 0)
        return ORACLE_END;
    if (status < 0 || unw_get_reg(&cursor, REGISTER_PC, &caller_pc) != 0 ||
        unw_get_reg(&cursor, REGISTER_SP, &sp) != 0 || unw_get_reg(&cursor, REGISTER_FP, &fp) != 0)
        return ORACLE_REFUSED;
    *ret_caller = (struct oracle_frame){.sp = sp, .fp = fp, .pc = caller_pc};
    return ORACLE_STEPPED;
}

static uint64_t add(uint64_t address, int32_t offset)
{
    return address + (uint64_t)(int64_t)offset;
}

enum oracle_outcome oracle_apply(struct rule rule, struct oracle_frame *ret_caller)
{
    uint64_t cfa = 0, fp_base = 0;

    switch (rule.class) {
    case RULE_NONE: return ORACLE_UNCOVERED;
    case RULE_END: return ORACLE_END;
    case RULE_SIGNAL:
        *ret_caller = (struct oracle_frame){
            .sp = memory(add(ORACLE_SP, rule.cfa_offset)),
            .fp = memory(add(ORACLE_SP, rule.fp_offset)),
            .pc = memory(add(ORACLE_SP, rule.return_offset)),
        };
        return ORACLE_STEPPED;
    case RULE_SP: fp_base = cfa = add(ORACLE_SP, rule.cfa_offset); break;
    case RULE_FP: fp_base = cfa = add(ORACLE_FP, rule.cfa_offset); break;
    case RULE_FP_DEREF:
        cfa = memory(add(ORACLE_FP, rule.cfa_offset));
        fp_base = ORACLE_FP;
        break;
    default: return ORACLE_REFUSED;
    }
    *ret_caller = (struct oracle_frame){
        .sp = cfa,
        .fp = rule.fp_saved ? memory(add(fp_base, rule.fp_offset)) : ORACLE_FP,
        .pc = memory(add(cfa, rule.return_offset)),
    };
    return ORACLE_STEPPED;
}

/* The word is one of those around the address. */
static bool is_near(uint64_t word, uint64_t address)
{
    for (uint64_t at = address - SEARCHED_BYTES; at <= address + SEARCHED_BYTES; at += 8)
        if (memory(at) == word)
            return true;
    return false;
}

bool oracle_is_simple(const struct oracle_frame *caller)
{
    bool from_sp = caller->sp - ORACLE_SP + SEARCHED_BYTES <= 2 * SEARCHED_BYTES;
    bool from_fp = caller->sp - ORACLE_FP + SEARCHED_BYTES <= 2 * SEARCHED_BYTES;
    bool from_word = is_near(caller->sp, ORACLE_FP);

    if (!from_sp && !from_fp && !from_word)
        return false;
    return is_near(caller->pc, caller->sp) &&
           (caller->fp == ORACLE_FP || is_near(caller->fp, from_word ? ORACLE_FP : caller->sp));
}
