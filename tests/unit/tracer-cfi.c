/* tests/unit/tracer-cfi.c - cfi_rule() against libunwind, over the libraries of this machine */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <cmocka.h>

#include "tests/unit/tracer-cfi-image.h"
#include "tests/unit/tracer-cfi-oracle.h"

/* Of each object: all rows of the C library, every so many'th function's of a large one. */
#ifndef MAX_PCS
#define MAX_PCS 90000
#endif
#define PCS_OF_FUNCTION 20 /* about */

/* A table has rows that need more than a rule, but compiled code none that a rule would do for. */
#define MAX_COMPLEX_SIMPLE 10

struct tally {
    unsigned pcs;
    unsigned classes[RULE_COMPLEX + 1];
    unsigned disagreements;
    unsigned refused;        /* a rule where libunwind has none */
    unsigned complex_simple; /* RULE_COMPLEX, although a simple rule would do */
};

struct sweep {
    const char *name;
    struct image image;
    struct tally tally;
};

static const char *const class_names[] = {
    [RULE_NONE] = "none",      [RULE_SP] = "sp",         [RULE_FP] = "fp",
    [RULE_FP_DEREF] = "deref", [RULE_SIGNAL] = "signal", [RULE_END] = "end",
    [RULE_COMPLEX] = "complex"};

static bool same(const struct oracle_frame *a, const struct oracle_frame *b)
{
    return a->sp == b->sp && a->fp == b->fp && a->pc == b->pc;
}

static void disagree(struct sweep *sweep, uint64_t pc, struct rule rule, const char *what)
{
    if (sweep->tally.disagreements++ < 5)
        print_error("%s: header + %#" PRIx64 ": %s%s %d, fp %d, return %d: %s\n", sweep->name,
                    pc - sweep->image.tables.header, class_names[rule.class],
                    rule.fp_saved ? " (fp saved)" : "", rule.cfa_offset, rule.fp_offset,
                    rule.return_offset, what);
}

static void check_pc(struct sweep *sweep, uint64_t pc)
{
    const struct cfi_tables *tables = &sweep->image.tables;
    struct rule rule = sweep->image.block == NULL ? cfi_rule(pc) : cfi_rule_from(tables, pc);
    struct oracle_frame expected = {0}, got = {0};
    enum oracle_outcome truth = oracle_step(tables, pc, &expected);
    enum oracle_outcome outcome = oracle_apply(rule, &got);
    struct tally *tally = &sweep->tally;

    tally->pcs++;
    tally->classes[rule.class]++;
    if (rule.class == RULE_COMPLEX)
        tally->complex_simple += truth == ORACLE_STEPPED && oracle_is_simple(&expected);
    else if (truth == ORACLE_REFUSED)
        tally->refused++;
    else if (truth != outcome)
        disagree(sweep, pc, rule, "another outcome");
    else if (truth == ORACLE_STEPPED && !same(&expected, &got))
        disagree(sweep, pc, rule, "another caller");
}

/* The first and last address of every row, one in between, and those around the function. */
static void check_entry(struct sweep *sweep, const struct cfi_entry *entry)
{
    struct cfi_row row;
    uint64_t pc = entry->code_start;

    check_pc(sweep, pc - 1);
    while (pc < entry->code_end && cfi_run(entry, pc, &row) == 0) {
        check_pc(sweep, pc);
        if (row.end - pc > 2)
            check_pc(sweep, pc + 1 + (uint64_t)rand() % (row.end - pc - 2));
        if (row.end - pc > 1)
            check_pc(sweep, row.end - 1);
        pc = row.end;
    }
    check_pc(sweep, entry->code_end);
}

static void check_image(struct sweep *sweep)
{
    uint32_t count = image_count(&sweep->image);
    uint32_t stride = 1 + count / (MAX_PCS / PCS_OF_FUNCTION);
    struct cfi_entry entry;

    for (uint32_t i = 0; i < count && sweep->tally.pcs < MAX_PCS; i += stride) {
        assert_true(image_entry(&sweep->image, i, &entry));
        check_entry(sweep, &entry);
    }
}

static void finish(struct sweep *sweep)
{
    const struct tally *tally = &sweep->tally;

    print_message("%s: %u pcs:", sweep->name, tally->pcs);
    for (unsigned class = 0; class <= RULE_COMPLEX; class ++)
        if (tally->classes[class] != 0)
            print_message(" %s %u", class_names[class], tally->classes[class]);
    print_message("; complex without need %u, refused by libunwind %u\n", tally->complex_simple,
                  tally->refused);
    image_close(&sweep->image);
    assert_true(tally->pcs > 0);
    assert_int_equal(tally->disagreements, 0);
    assert_true(tally->complex_simple <= MAX_COMPLEX_SIMPLE);
}

static void sweep_loaded(const char *name, const void *address)
{
    struct sweep sweep = {.name = name};

    assert_non_null(address);
    assert_true(image_loaded(address, &sweep.image));
    check_image(&sweep);
    finish(&sweep);
}

static void loaded_objects(void **state)
{
    void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
    const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);

    (void)state;
    sweep_loaded("this program", (const void *)(uintptr_t)loaded_objects);
    sweep_loaded("C library", (const void *)(uintptr_t)malloc);
    if (library != NULL)
        sweep_loaded("C++ library", dlsym(library, "__cxa_throw"));
    if (vdso != NULL)
        sweep_loaded("vDSO", vdso);
}

static bool open_in_some_directory(const char *name, struct image *ret_image)
{
    static const char *const directories[] = {
        "/usr/lib/x86_64-linux-gnu/",
        "/usr/lib/aarch64-linux-gnu/",
        "/usr/lib64/",
        "/usr/lib/",
        "/usr/bin/",
    };
    char path[256];

    for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", directories[i], name);
        if (image_open(path, ret_image))
            return true;
    }
    return false;
}

/* Code of other compilers, of assembly, and with a CFA in a word of the frame. */
static void files(void **state)
{
    static const char *const names[] = {
        "ld-linux-x86-64.so.2",
        "libgcc_s.so.1",
        "libm.so.6",
        "libcrypto.so.3",
        "libffi.so.8",
        "libitm.so.1",
        "libpython3.11.so.1.0",
        "libQt5WebKit.so.5",
        "libQt5Core.so.5",
        "python3",
        "gdb",
    };
    unsigned there = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct sweep sweep = {.name = names[i]};
        if (!open_in_some_directory(names[i], &sweep.image)) {
            print_message("%s: not there\n", names[i]);
            continue;
        }
        check_image(&sweep);
        finish(&sweep);
        there++;
    }
    assert_true(there > 0);
}

static int set_up(void **state)
{
    (void)state;
    srand(5);
    return oracle_open() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded_objects),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests_name("tracer-cfi", tests, set_up, NULL);
}
