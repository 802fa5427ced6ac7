/* tests/unit/tracer-cfi-odd.c - call-frame information that no compiler writes */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tracer-cfi-image.h"
#include "tests/unit/tracer-cfi-oracle.h"

#if defined(__x86_64__)

/* Code that is never run: "place NAME" is a pc to ask about. DWARF's numbers: rbx 3, rbp 6, rsp 7,
 * r10 10, return address 16; in escapes, 0x76 is DW_OP_breg6, 0x77 breg7, 0x06 deref, 0x23
 * plus_uconst. */
__asm__(".pushsection .text\n"
        ".macro place name\n"
        "\t.globl odd_\\name\n"
        "odd_\\name:\n"
        "\tnop\n"
        ".endm\n"
        ".macro begin name\n"
        "\t.p2align 4\n"
        "\t.cfi_startproc\n"
        "\tplace \\name\n"
        ".endm\n"

        "begin entry\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_rel_offset %rbp, 0\n"
        "place pushed\n"
        ".cfi_def_cfa_register %rbp\n"
        "place framed\n"
        ".cfi_remember_state\n"
        ".cfi_def_cfa %rsp, 8\n"
        ".cfi_restore %rbp\n"
        "place popped\n"
        ".cfi_remember_state\n"
        ".cfi_def_cfa_offset 48\n"
        ".cfi_remember_state\n"
        ".cfi_undefined %rip\n"
        "place nested\n"
        ".cfi_restore_state\n"
        "place restored_once\n"
        ".cfi_restore_state\n"
        "place restored_twice\n"
        ".cfi_restore_state\n"
        "place restored_all\n"
        ".cfi_endproc\n"

        "begin far\n"
        ".skip 300\n"
        ".cfi_def_cfa_offset 16\n"
        "place far_2\n"
        ".skip 70000\n"
        ".cfi_def_cfa_offset 24\n"
        "place far_4\n"
        ".cfi_escape 0x2e, 0x40\n" /* DW_CFA_GNU_args_size 64 */
        "place arguments\n"
        ".cfi_escape 0x0e, 0xff, 0xff, 0xff, 0xff, 0x07\n"
        "place large\n"
        ".cfi_escape 0x0e, 0x80, 0x80, 0x80, 0x80, 0x08\n"
        "place too_large\n"
        ".cfi_endproc\n"

        "begin signed_forms\n"
        ".cfi_escape 0x12, 0x07, 0x7c\n" /* def_cfa_sf r7, -4 * -8 */
        "place def_cfa_sf\n"
        ".cfi_escape 0x13, 0x7a\n" /* def_cfa_offset_sf -6 * -8 */
        "place def_cfa_offset_sf\n"
        ".cfi_escape 0x11, 0x06, 0x03\n" /* offset_extended_sf r6, 3 * -8 */
        "place offset_extended_sf\n"
        ".cfi_escape 0x2f, 0x06, 0x04\n" /* GNU_negative_offset_extended r6, -(4 * -8) */
        "place negative_offset\n"
        ".cfi_escape 0x05, 0x06, 0x05\n" /* offset_extended r6, 5 * -8 */
        "place offset_extended\n"
        ".cfi_escape 0x06, 0x06\n" /* restore_extended r6 */
        "place restore_extended\n"
        ".cfi_escape 0x08, 0x06\n" /* same_value r6 */
        "place same_value\n"
        ".cfi_escape 0x05, 0x11, 0x05, 0x07, 0x03, 0x14, 0x0c, 0x01\n" /* xmm0, rbx, r12 */
        "place others\n"
        ".cfi_endproc\n"

        "begin stack_pointer\n"
        ".cfi_val_offset %rsp, 0\n"
        "place sp_is_cfa\n"
        ".cfi_val_offset %rsp, 8\n"
        "place sp_above_cfa\n"
        ".cfi_offset %rsp, -24\n"
        "place sp_saved\n"
        ".cfi_endproc\n"

        "begin elsewhere\n"
        ".cfi_register %rbp, %rbx\n"
        "place fp_in_register\n"
        ".cfi_escape 0x16, 0x06, 0x02, 0x77, 0x08\n"
        "place fp_val_expression\n"
        ".cfi_val_offset %rbp, -16\n"
        "place fp_val_offset\n"
        ".cfi_undefined %rbp\n"
        "place fp_undefined\n"
        ".cfi_same_value %rbp\n"
        ".cfi_register %rip, %rcx\n"
        "place return_in_register\n"
        ".cfi_same_value %rip\n"
        "place return_same\n"
        ".cfi_offset %rip, -32\n"
        "place return_farther\n"
        ".cfi_restore %rip\n"
        "place return_restored\n"
        ".cfi_def_cfa %r10, 0\n"
        "place cfa_in_r10\n"
        ".cfi_endproc\n"

        "begin expressions\n"
        ".cfi_escape 0x0f, 0x02, 0x77, 0x28\n"
        "place cfa_breg7\n"
        ".cfi_escape 0x10, 0x06, 0x02, 0x77, 0x10\n"
        "place fp_breg7\n"
        ".cfi_escape 0x0f, 0x02, 0x76, 0x20\n"
        "place cfa_breg6_fp_breg7\n"
        ".cfi_escape 0x10, 0x06, 0x02, 0x76, 0x08\n"
        "place cfa_breg6_fp_breg6\n"
        ".cfi_escape 0x0f, 0x03, 0x76, 0x78, 0x06\n"
        "place deref\n"
        ".cfi_escape 0x10, 0x06, 0x02, 0x76, 0x00\n"
        "place deref_fp\n"
        ".cfi_same_value %rbp\n"
        "place deref_fp_same\n"
        ".cfi_offset %rbp, -16\n"
        "place deref_fp_offset\n"
        ".cfi_escape 0x0f, 0x03, 0x77, 0x08, 0x06\n"
        "place deref_sp\n"
        ".cfi_escape 0x0f, 0x05, 0x77, 0x08, 0x06, 0x23, 0x08\n"
        "place deref_plus\n"
        ".cfi_escape 0x0f, 0x00\n"
        "place empty_expression\n"
        ".cfi_escape 0x0f, 0x01, 0x77\n"
        "place cut_expression\n"
        ".cfi_def_cfa_register %rsp\n" /* the offset is still that of before the expressions */
        "place after_expression\n"
        ".cfi_endproc\n"

        "begin nothing_remembered\n"
        ".cfi_escape 0x0b\n"
        "place restored_nothing\n"
        ".cfi_endproc\n"

        "begin deep\n"
        ".rept 20\n"
        ".cfi_remember_state\n"
        ".endr\n"
        "place too_deep\n"
        ".cfi_endproc\n"

        "begin own_column\n"
        ".cfi_return_column %rcx\n"
        ".cfi_endproc\n"

        "begin plain_signal\n"
        ".cfi_signal_frame\n"
        ".cfi_endproc\n"

        ".p2align 4\n"
        ".cfi_startproc\n"
        ".cfi_signal_frame\n"
        ".cfi_escape 0x0f, 0x04, 0x77, 0xa0, 0x01, 0x06\n" /* cfa: breg7 160, deref */
        ".cfi_escape 0x10, 0x06, 0x03, 0x77, 0xf8, 0x00\n" /* rbp: breg7 120 */
        ".cfi_escape 0x10, 0x07, 0x03, 0x77, 0xa0, 0x01\n" /* rsp: breg7 160 */
        ".cfi_escape 0x10, 0x10, 0x03, 0x77, 0xa8, 0x01\n" /* rip: breg7 168 */
        "place signal\n"
        ".cfi_remember_state\n"
        ".cfi_escape 0x10, 0x07, 0x03, 0x77, 0xa8, 0x01\n"
        "place signal_other_sp\n"
        ".cfi_restore_state\n"
        ".cfi_same_value %rbp\n"
        "place signal_without_fp\n"
        ".cfi_endproc\n"

        "place uncovered\n"
        ".popsection\n");

#define COMPLEX                                                                                    \
    {                                                                                              \
        .class = RULE_COMPLEX                                                                      \
    }
#define SP(cfa)                                                                                    \
    {                                                                                              \
        .class = RULE_SP, .cfa_offset = (cfa), .return_offset = -8                                 \
    }
#define SP_SAVED(cfa, fp)                                                                          \
    {                                                                                              \
        .class = RULE_SP, .cfa_offset = (cfa), .fp_saved = true, .fp_offset = (fp),                \
        .return_offset = -8                                                                        \
    }
#define FP_SAVED(cfa, fp)                                                                          \
    {                                                                                              \
        .class = RULE_FP, .cfa_offset = (cfa), .fp_saved = true, .fp_offset = (fp),                \
        .return_offset = -8                                                                        \
    }

#define PLACES                                                                                     \
    PLACE(entry, SP(8))                                                                            \
    PLACE(pushed, SP_SAVED(16, -16))                                                               \
    PLACE(framed, FP_SAVED(16, -16))                                                               \
    PLACE(popped, SP(8))                                                                           \
    PLACE(nested, {.class = RULE_END})                                                             \
    PLACE(restored_once, SP(48))                                                                   \
    PLACE(restored_twice, SP(8))                                                                   \
    PLACE(restored_all, FP_SAVED(16, -16))                                                         \
    PLACE(far, SP(8))                                                                              \
    PLACE(far_2, SP(16))                                                                           \
    PLACE(far_4, SP(24))                                                                           \
    PLACE(arguments, SP(24))                                                                       \
    PLACE(large, SP(0x7fffffff))                                                                   \
    PLACE(too_large, COMPLEX)                                                                      \
    PLACE(def_cfa_sf, SP(32))                                                                      \
    PLACE(def_cfa_offset_sf, SP(48))                                                               \
    PLACE(offset_extended_sf, SP_SAVED(48, -24))                                                   \
    PLACE(negative_offset, SP_SAVED(48, 32))                                                       \
    PLACE(offset_extended, SP_SAVED(48, -40))                                                      \
    PLACE(restore_extended, SP(48))                                                                \
    PLACE(same_value, SP(48))                                                                      \
    PLACE(others, SP(48))                                                                          \
    PLACE(sp_is_cfa, SP(8))                                                                        \
    PLACE(sp_above_cfa, COMPLEX)                                                                   \
    PLACE(sp_saved, COMPLEX)                                                                       \
    PLACE(fp_in_register, COMPLEX)                                                                 \
    PLACE(fp_val_expression, COMPLEX)                                                              \
    PLACE(fp_val_offset, COMPLEX)                                                                  \
    PLACE(fp_undefined, COMPLEX)                                                                   \
    PLACE(return_in_register, COMPLEX)                                                             \
    PLACE(return_same, COMPLEX)                                                                    \
    PLACE(return_farther, {.class = RULE_SP, .cfa_offset = 8, .return_offset = -32})               \
    PLACE(return_restored, SP(8))                                                                  \
    PLACE(cfa_in_r10, COMPLEX)                                                                     \
    PLACE(cfa_breg7, SP(40))                                                                       \
    PLACE(fp_breg7, SP_SAVED(40, -24))                                                             \
    PLACE(cfa_breg6_fp_breg7, COMPLEX)                                                             \
    PLACE(cfa_breg6_fp_breg6, FP_SAVED(32, -24))                                                   \
    PLACE(deref, {.class = RULE_FP_DEREF,                                                          \
                  .cfa_offset = -8,                                                                \
                  .fp_saved = true,                                                                \
                  .fp_offset = 8,                                                                  \
                  .return_offset = -8})                                                            \
    PLACE(deref_fp, {.class = RULE_FP_DEREF,                                                       \
                     .cfa_offset = -8,                                                             \
                     .fp_saved = true,                                                             \
                     .fp_offset = 0,                                                               \
                     .return_offset = -8})                                                         \
    PLACE(deref_fp_same, {.class = RULE_FP_DEREF, .cfa_offset = -8, .return_offset = -8})          \
    PLACE(deref_fp_offset, COMPLEX)                                                                \
    PLACE(deref_sp, COMPLEX)                                                                       \
    PLACE(deref_plus, COMPLEX)                                                                     \
    PLACE(empty_expression, COMPLEX)                                                               \
    PLACE(cut_expression, COMPLEX)                                                                 \
    PLACE(after_expression, SP_SAVED(8, -16))                                                      \
    PLACE(restored_nothing, COMPLEX)                                                               \
    PLACE(deep, SP(8))                                                                             \
    PLACE(too_deep, COMPLEX)                                                                       \
    PLACE(own_column, COMPLEX)                                                                     \
    PLACE(plain_signal, COMPLEX)                                                                   \
    PLACE(signal, {.class = RULE_SIGNAL,                                                           \
                   .cfa_offset = 160,                                                              \
                   .fp_saved = true,                                                               \
                   .fp_offset = 120,                                                               \
                   .return_offset = 168})                                                          \
    PLACE(signal_other_sp, COMPLEX)                                                                \
    PLACE(signal_without_fp, COMPLEX)                                                              \
    PLACE(uncovered, {.class = RULE_NONE})

#define PLACE(name, ...) extern const char odd_##name[];
PLACES
#undef PLACE

static const struct {
    const char *name;
    const char *pc;
    struct rule rule;
} places[] = {
#define PLACE(name_, ...) {.name = #name_, .pc = odd_##name_, .rule = __VA_ARGS__},
    PLACES
#undef PLACE
};

static void rules(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct rule rule = cfi_rule((uint64_t)(uintptr_t)places[i].pc);
        const struct rule *expected = &places[i].rule;
        if (rule.class != expected->class || rule.fp_saved != expected->fp_saved ||
            rule.cfa_offset != expected->cfa_offset || rule.fp_offset != expected->fp_offset ||
            rule.return_offset != expected->return_offset)
            fail_msg("%s: class %d, fp saved %d, cfa %d, fp %d, return %d", places[i].name,
                     rule.class, rule.fp_saved, rule.cfa_offset, rule.fp_offset,
                     rule.return_offset);
    }
}

/* Wherever both have an answer. */
static void agree_with_libunwind(void **state)
{
    struct oracle_frame expected = {0}, got = {0};
    struct image image;
    unsigned agreed = 0;

    (void)state;
    assert_true(image_loaded((const void *)(uintptr_t)rules, &image));
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint64_t pc = (uint64_t)(uintptr_t)places[i].pc;
        enum oracle_outcome truth = oracle_step(&image.tables, pc, &expected);
        enum oracle_outcome outcome = oracle_apply(places[i].rule, &got);
        if (truth == ORACLE_REFUSED || outcome == ORACLE_REFUSED) {
            print_message("%s: %s\n", places[i].name,
                          truth != ORACLE_REFUSED     ? "libunwind alone"
                          : outcome != ORACLE_REFUSED ? "without libunwind"
                                                      : "nobody");
            continue;
        }
        if (truth != outcome ||
            (truth == ORACLE_STEPPED &&
             (expected.sp != got.sp || expected.fp != got.fp || expected.pc != got.pc)))
            fail_msg("%s: libunwind has another caller", places[i].name);
        agreed++;
    }
    assert_true(agreed > 20);
}

static int set_up(void **state)
{
    (void)state;
    return oracle_open() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(agree_with_libunwind),
    };
    return cmocka_run_group_tests_name("tracer-cfi-odd", tests, set_up, NULL);
}

#else

int main(void)
{
    return 77; /* the subjects are x86-64 assembly */
}

#endif
