/* tests/unit/tracer-cfi-damage.c - real tables with wrong bytes: no read outside, always an end */
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

#include "tests/unit/tracer-cfi-image.h"

#define ROUNDS 60000
#define WRONG_BYTES 4 /* at most, in a round */

/* The image's segment with the tables, between pages that cannot be touched: flush with the first
 * of them or with the last. */
struct fenced {
    uint8_t *pages;
    size_t bytes;
    struct image image;
};

static void fence(const struct image *image, bool at_end, struct fenced *ret_fenced)
{
    struct cfi_span from = image->tables.readable;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), length = from.end - from.start;
    size_t inner = (length + page - 1) / page * page;
    uint8_t *pages = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, inner, PROT_READ | PROT_WRITE), 0);
    uint8_t *copy = pages + page + (at_end ? inner - length : 0);
    memcpy(copy, (const void *)(uintptr_t)from.start, length);
    struct cfi_span to = {(uint64_t)(uintptr_t)copy, (uint64_t)(uintptr_t)copy + length};
    *ret_fenced = (struct fenced){
        .pages = pages,
        .bytes = inner + 2 * page,
        .image.tables = {image->tables.header - from.start + to.start, to, to},
    };
}

struct targets {
    uint64_t header;
    uint64_t line; /* of the table */
    uint64_t fde;
    uint64_t cie;
};

static struct targets targets_of(const struct image *image, uint32_t number,
                                 const struct cfi_entry *entry)
{
    uint64_t header = image->tables.header, line = header + 12 + 8 * (uint64_t)number;
    int32_t fde;

    memcpy(&fde, (const void *)(uintptr_t)(line + 4), sizeof(fde));
    return (struct targets){
        .header = header,
        .line = line,
        .fde = header + (uint64_t)(int64_t)fde,
        .cie = (uint64_t)(uintptr_t)entry->initial.at - 20, /* about where it starts */
    };
}

static uint8_t *victim(const struct image *image, const struct targets *targets)
{
    const struct {
        uint64_t start;
        uint32_t bytes;
    } places[] = {{targets->fde, 48},
                  {targets->fde, 12},
                  {targets->cie, 32},
                  {targets->line, 8},
                  {targets->header, 12}};
    unsigned which = (unsigned)rand() % 8; /* mostly the first */
    which = which < 5 ? which : 0;
    uint64_t at = places[which].start + (uint32_t)rand() % places[which].bytes;
    return cfi_within(image->tables.readable, at) ? (uint8_t *)(uintptr_t)at : NULL;
}

/* Returns whether an answer changed. */
static bool damage_and_ask(const struct image *image, uint32_t number)
{
    struct cfi_entry entry;
    uint8_t *at[WRONG_BYTES];
    uint8_t was[WRONG_BYTES];
    bool changed = false;

    assert_true(image_entry(image, number, &entry));
    struct targets targets = targets_of(image, number, &entry);
    uint64_t pc = entry.code_start + (uint64_t)rand() % (entry.code_end - entry.code_start + 1);
    struct rule before = cfi_rule_from(&image->tables, pc);
    unsigned count = 1 + (unsigned)rand() % WRONG_BYTES;
    for (unsigned i = 0; i < count; i++) {
        at[i] = victim(image, &targets);
        if (at[i] == NULL)
            continue;
        was[i] = *at[i];
        *at[i] = rand() % 2 ? (uint8_t)rand() : (uint8_t)(was[i] ^ 1u << rand() % 8);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct rule rule = cfi_rule_from(&image->tables, pc + i);
        assert_true(rule.class <= RULE_COMPLEX);
        changed |= i == 0 && rule.class != before.class;
    }
    for (unsigned i = count; i-- > 0;)
        if (at[i] != NULL)
            *at[i] = was[i];
    struct rule after = cfi_rule_from(&image->tables, pc);
    assert_int_equal(after.class, before.class);
    assert_int_equal(after.cfa_offset, before.cfa_offset);
    return changed;
}

static void wrong_bytes(void **state)
{
    struct image image;
    unsigned changed = 0;

    (void)state;
    srand(9);
    assert_true(image_open("/proc/self/exe", &image));
    for (unsigned at_end = 0; at_end < 2; at_end++) {
        struct fenced fenced;
        fence(&image, at_end, &fenced);
        uint32_t count = image_count(&fenced.image);
        assert_true(count > 10);
        for (unsigned i = 0; i < ROUNDS / 2; i++)
            changed += damage_and_ask(&fenced.image, (uint32_t)rand() % count);
        munmap(fenced.pages, fenced.bytes);
    }
    image_close(&image);
    print_message("%u of %u damages changed the class of an answer\n", changed, ROUNDS);
    assert_true(changed > 0);
}

/* Instructions out of nothing but chance, for a function that covers everything. */
static void random_programs(void **state)
{
    uint8_t *program = malloc(256);
    unsigned classes[2] = {0};

    (void)state;
    assert_non_null(program);
    srand(10);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned length = 1 + (unsigned)rand() % 40;
        uint8_t *start = program + 256 - length;
        struct cfi_entry entry = {
            .code_end = UINT64_MAX,
            .code_align = (uint64_t)rand(),
            .data_align = INT64_MIN + rand() % 3,
            .return_register = CFI_REGISTER_RETURN,
            .pointer_encoding = (uint8_t)rand(),
            .initial = {.at = start, .end = start},
            .program = {.at = start, .end = program + 256},
        };
        struct cfi_row row;
        for (unsigned i = 0; i < length; i++)
            start[i] = rand() % 2 ? (uint8_t)rand() : (uint8_t)(rand() % 0x30);
        classes[cfi_run(&entry, UINT64_MAX - 1, &row) == 0]++;
    }
    free(program);
    assert_true(classes[0] > 0 && classes[1] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_bytes),
        cmocka_unit_test(random_programs),
    };
    return cmocka_run_group_tests_name("tracer-cfi-damage", tests, NULL, NULL);
}
