/* tests/unit/viewer-symbols.c - functions, lines and inlined functions of this very program */
/* SPDX-License-Identifier: MIT */

#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "viewer/demangle.h"
#include "viewer/symbols.h"

static char program[4096];
static uint64_t bias;
static uint8_t build_id[64];
static size_t build_id_bytes;
static char directory[] = "/tmp/npntrace-unit-XXXXXX";

/* Each puts its own address into a variable: that is where it will be looked up. */
static uintptr_t inner_address, outer_address;

#define HERE(variable) __asm__ volatile("lea 0(%%rip), %0" : "=r"(variable))

#if defined(__aarch64__)
#undef HERE
#define HERE(variable) __asm__ volatile("adr %0, ." : "=r"(variable))
#endif

enum { INNER_LINE = __LINE__ + 3, OUTER_LINE = __LINE__ + 9 };
static inline __attribute__((always_inline)) void inner_function(void)
{
    HERE(inner_address);
}

__attribute__((noinline)) static void outer_function(void)
{
    inner_function();
    HERE(outer_address);
}

static int note_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size, (void)context;
    bias = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_NOTE)
            continue;
        const char *at = (const char *)(info->dlpi_addr + header->p_vaddr),
                   *end = at + header->p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const char *name = at + sizeof(*note), *value = name + (note->n_namesz + 3) / 4 * 4;
            if (note->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0 &&
                note->n_descsz <= sizeof(build_id)) {
                memcpy(build_id, value, note->n_descsz);
                build_id_bytes = note->n_descsz;
            }
            at = value + (note->n_descsz + 3) / 4 * 4;
        }
    }
    return 1; /* the first object is the program */
}

static bool has_debug_information(struct symbols_module *module)
{
    const struct symbols_frame *frames;

    return symbols_lookup(module, outer_address - bias, &frames) > 0 && frames[0].file != NULL;
}

static void assert_outer(struct symbols_module *module)
{
    const struct symbols_frame *frames;

    assert_int_equal(symbols_lookup(module, outer_address - bias, &frames), 1);
    assert_string_equal(frames[0].function, "outer_function");
    assert_non_null(strstr(frames[0].file, "viewer-symbols.c"));
    assert_int_equal(frames[0].line, OUTER_LINE);
    assert_false(frames[0].inlined);
}

static void assert_inner(struct symbols_module *module)
{
    const struct symbols_frame *frames;

    assert_int_equal(symbols_lookup(module, inner_address - bias, &frames), 2);
    assert_string_equal(frames[0].function, "inner_function");
    assert_int_equal(frames[0].line, INNER_LINE);
    assert_true(frames[0].inlined);
    assert_string_equal(frames[1].function, "outer_function");
    assert_int_equal(frames[1].line, OUTER_LINE - 1);
    assert_false(frames[1].inlined);
}

static void own_program(void **state)
{
    struct symbols *symbols = symbols_new();
    struct symbols_module *module = symbols_module(symbols, program, build_id, build_id_bytes);

    (void)state;
    assert_int_equal(symbols_module_state(module),
                     build_id_bytes != 0 ? SYMBOLS_GOOD : SYMBOLS_UNVERIFIED);
    if (!has_debug_information(module)) {
        symbols_free(symbols);
        skip(); /* built without -g */
    }
    assert_outer(module);
    assert_inner(module);
    assert_ptr_equal(module, symbols_module(symbols, program, build_id, build_id_bytes));
    symbols_free(symbols);
}

static void each_address_once(void **state)
{
    struct symbols *symbols = symbols_new();
    const struct symbols_frame *first, *again;

    (void)state;
    struct symbols_module *module = symbols_module(symbols, program, build_id, build_id_bytes);
    size_t count = symbols_lookup(module, inner_address - bias, &first);
    assert_int_not_equal(count, 0);
    symbols_lookup(module, outer_address - bias, &again);
    assert_ptr_not_equal(first, again);
    assert_int_equal(symbols_lookup(module, inner_address - bias, &again), count);
    assert_ptr_equal(first, again);
    symbols_free(symbols);
}

static void nothing_known(void **state)
{
    struct symbols *symbols = symbols_new();
    const struct symbols_frame *frames;
    struct symbols_module *missing =
        symbols_module(symbols, "/nonexistent", build_id, build_id_bytes);
    struct symbols_module *relative =
        symbols_module(symbols, "viewer-symbols", build_id, build_id_bytes);
    struct symbols_module *device = symbols_module(symbols, "/dev/zero", NULL, 0);
    struct symbols_module *text = symbols_module(symbols, "/etc/passwd", NULL, 0);
    struct symbols_module *own = symbols_module(symbols, program, build_id, build_id_bytes);

    (void)state;
    assert_int_equal(symbols_module_state(missing), SYMBOLS_MISSING);
    assert_int_equal(symbols_module_state(relative), SYMBOLS_MISSING);
    assert_int_equal(symbols_module_state(device), SYMBOLS_UNREADABLE);
    assert_int_equal(symbols_module_state(text), SYMBOLS_UNREADABLE);
    assert_int_equal(symbols_lookup(missing, 0x1000, &frames), 0);
    assert_int_equal(symbols_lookup(text, 0x1000, &frames), 0);
    assert_int_equal(symbols_lookup(own, UINT64_MAX, &frames), 0);
    assert_int_equal(symbols_lookup(own, 0, &frames), 0);
    symbols_free(symbols);
}

static void other_build_id(void **state)
{
    struct symbols *symbols = symbols_new();
    const struct symbols_frame *frames;
    uint8_t other[20];

    (void)state;
    memset(other, 0x5a, sizeof(other));
    struct symbols_module *module = symbols_module(symbols, program, other, sizeof(other));
    assert_int_equal(symbols_module_state(module), SYMBOLS_DIFFERENT);
    assert_int_equal(symbols_lookup(module, outer_address - bias, &frames), 0);
    assert_non_null(strstr(symbols_state_text(SYMBOLS_DIFFERENT), "build-id"));
    symbols_free(symbols);
}

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
    char command[16384];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    return system(command) == 0;
}

/* A stripped program, with its debug information in a file beside it. */
static void separate_debug_file(void **state)
{
    struct symbols *symbols = symbols_new();
    const struct symbols_frame *frames;
    char stripped[64], without[64];

    (void)state;
    struct symbols_module *whole = symbols_module(symbols, program, build_id, build_id_bytes);
    if (!has_debug_information(whole) || build_id_bytes == 0 ||
        !run("command -v objcopy >/dev/null 2>&1")) {
        symbols_free(symbols);
        skip();
    }
    snprintf(stripped, sizeof(stripped), "%s/stripped", directory);
    snprintf(without, sizeof(without), "%s/without", directory);
    assert_true(run("cd %s && objcopy --only-keep-debug '%s' stripped.debug && "
                    "objcopy --strip-all '%s' without && "
                    "objcopy --strip-all --add-gnu-debuglink=stripped.debug '%s' stripped",
                    directory, program, program, program));
    assert_int_equal(symbols_lookup(symbols_module(symbols, without, build_id, build_id_bytes),
                                    outer_address - bias, &frames),
                     0);
    struct symbols_module *module = symbols_module(symbols, stripped, build_id, build_id_bytes);
    assert_int_equal(symbols_module_state(module), SYMBOLS_GOOD);
    assert_outer(module);
    assert_inner(module);
    symbols_free(symbols);
}

static void names_of_languages(void **state)
{
    static const char *const pairs[][2] = {
        {"_ZN3foo3Bar3runEi", "foo::Bar::run(int)"},
        {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
        {"_RNvCskwGfYPst2Cb_3foo16example_function", "foo::example_function"},
        {"main", "main"},
        {"_Zgarbage", "_Zgarbage"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *name = demangle(pairs[i][0]);
        assert_string_equal(name, pairs[i][1]);
        free(name);
    }
}

static int set_up(void **state)
{
    (void)state;
    outer_function();
    dl_iterate_phdr(note_build_id, NULL);
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    return length <= 0 || mkdtemp(directory) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return run("rm -f %s/stripped %s/stripped.debug %s/without", directory, directory, directory)
               ? rmdir(directory)
               : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_once),   cmocka_unit_test(own_program),
        cmocka_unit_test(nothing_known),       cmocka_unit_test(other_build_id),
        cmocka_unit_test(separate_debug_file), cmocka_unit_test(names_of_languages),
    };
    return cmocka_run_group_tests_name("viewer-symbols", tests, set_up, tear_down);
}
