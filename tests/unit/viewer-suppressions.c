/* tests/unit/viewer-suppressions.c - patterns, files of suppressions, and the built-in ones */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "viewer/diff_key.h"
#include "viewer/size_text.h"
#include "viewer/suppressions.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } list[] = {
        {"grow", "grow", true},
        {"grow", "regrow_all", true},
        {"grow", "gro", false},
        {"^grow", "grow_all", true},
        {"^grow", "regrow", false},
        {"grow$", "regrow", true},
        {"grow$", "grow_all", false},
        {"grow$", "growgrow", true},
        {"^grow$", "grow", true},
        {"^grow$", "grow2", false},
        {"^grow$", "2grow", false},
        {"g*w", "grow", true},
        {"g*w", "gw", true},
        {"^g*w$", "glow now", true},
        {"^g*w$", "glow nowhere", false},
        {"^a*b*c$", "a-b-b-c", true},
        {"^a*b*c$", "a-c-b", false},
        {"^ab*ab$", "ab", false},
        {"^ab*ab$", "abab", true},
        {"*", "", true},
        {"^*$", "anything", true},
        {"^$", "", true},
        {"^$", "a", false},
        {"a$b", "a$b", true}, /* tied only at the end */
        {"operator new(unsigned long)", "operator new(unsigned long)", true},
        {"f(char*)", "f(char*)", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++)
        if (suppressions_match(list[i].pattern, list[i].text) != list[i].fits)
            fail_msg("%s on %s", list[i].pattern, list[i].text);
}

static int parse(struct suppressions *suppressions, const char *text,
                 struct suppressions_error *ret_error)
{
    *suppressions = (struct suppressions){0};
    return suppressions_parse(suppressions, "file", text, strlen(text), ret_error);
}

static void lines(void **state)
{
    static const char text[] = "# a comment\n"
                               "\n"
                               "leak:one\n"
                               "  leak:two words  \r\n"
                               "\tleak: ^three$ max=10\n"
                               "leak:four max-bytes=64K max=2\n"
                               "leak:max five\n"
                               "  # leak:none\n"
                               "leak:six";
    struct suppressions list;
    struct suppressions_error error;

    (void)state;
    assert_int_equal(parse(&list, text, &error), 0);
    assert_int_equal(list.count, 6);
    assert_string_equal(list.list[0].pattern, "one");
    assert_int_equal(list.list[0].line, 3);
    assert_true(list.list[0].max_blocks == UINT64_MAX && list.list[0].max_bytes == UINT64_MAX);
    assert_string_equal(list.list[1].pattern, "two words");
    assert_string_equal(list.list[2].pattern, "^three$");
    assert_int_equal(list.list[2].max_blocks, 10);
    assert_string_equal(list.list[3].pattern, "four");
    assert_int_equal(list.list[3].max_blocks, 2);
    assert_int_equal(list.list[3].max_bytes, 65536);
    assert_string_equal(list.list[4].pattern, "max five");
    assert_string_equal(list.list[5].pattern, "six");
    assert_int_equal(list.list[5].line, 9);
    suppressions_free(&list);
}

static void errors(void **state)
{
    static const struct {
        const char *text;
        size_t line, column;
    } list[] = {
        {"laek:foo", 1, 1},
        {"leak:a\n\n   race:foo\n", 3, 4},
        {"leak:", 1, 6},
        {"leak:   \n", 1, 6},
        {"leak:max=3", 1, 6},
        {"leak:foo max=", 1, 14},
        {"leak:foo max=ten", 1, 14},
        {"leak:foo max=-1", 1, 14},
        {"leak:foo max=1K", 1, 14},
        {"leak:foo max-bytes=1X", 1, 20},
        {"leak:foo max=1 max-bytes=", 1, 26},
        {"leak:a\nleak:foo max=99999999999999999999", 2, 14},
    };
    struct suppressions suppressions;
    struct suppressions_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        assert_int_equal(parse(&suppressions, list[i].text, &error), -EINVAL);
        if (error.line != list[i].line || error.column != list[i].column)
            fail_msg("%s: %zu:%zu", list[i].text, error.line, error.column);
        assert_true(error.text[0] != '\0');
        suppressions_free(&suppressions);
    }
    suppressions = (struct suppressions){0};
    assert_int_equal(suppressions_parse(&suppressions, "file", "leak:a\0b", 8, &error), -EINVAL);
    assert_int_equal(error.column, 7);
    suppressions_free(&suppressions);
}

static void fitting_lines_of_stacks(void **state)
{
    const struct names_line named = {.function = "grow_cache",
                                     .file = "/src/cache.c",
                                     .module = "/opt/libnpfoo.so",
                                     .offset = 0x11a4};
    static const char *const fitting[] = {"leak:grow", "leak:cache.c$", "leak:^/opt/",
                                          "leak:libnpfoo.so+0x11a4$", "leak:nothing\nleak:^grow_"};
    static const char *const others[] = {"leak:^cache", "leak:libnpfoo.so+0x11a5", ""};
    struct suppressions list;
    struct suppressions_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(fitting); i++) {
        assert_int_equal(parse(&list, fitting[i], &error), 0);
        assert_int_equal(suppressions_find(&list, &named), list.count - 1);
        assert_true(suppressions_find(&list, &(struct names_line){.offset = 1}) == SIZE_MAX);
        suppressions_free(&list);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(parse(&list, others[i], &error), 0);
        suppressions_add_builtin(&list);
        assert_true(suppressions_find(&list, &named) == SIZE_MAX);
        suppressions_free(&list);
    }
}

static void limits(void **state)
{
    struct suppression limited = {.max_blocks = 3, .max_bytes = 100};

    (void)state;
    limited.hits = (struct suppressed){.blocks = 2, .objects = 1, .bytes = 100};
    assert_false(suppression_is_exceeded(&limited));
    limited.hits.objects = 2;
    assert_true(suppression_is_exceeded(&limited));
    limited.hits = (struct suppressed){.blocks = 1, .bytes = 101};
    assert_true(suppression_is_exceeded(&limited));
}

/* Where the first built-in entry is that fits, by its name. */
static const char *builtin(const char *module, const char *function)
{
    struct names_line line = {.module = module, .function = function};
    uint64_t fit = builtin_suppressions_fit(&line);

    return fit != 0 ? builtin_suppressions[__builtin_ctzll(fit)].name : "";
}

static void built_in(void **state)
{
    (void)state;
    assert_string_equal(builtin("/lib64/ld-linux-x86-64.so.2", NULL),
                        "the loader, and memory of threads");
    assert_string_equal(builtin("/lib/x86_64-linux-gnu/libc.so.6", "setlocale"), "locales");
    assert_string_equal(builtin("/lib/x86_64-linux-gnu/libc.so.6", "strdup"), "");
    assert_string_equal(builtin("/lib/x86_64-linux-gnu/libc.so.6", NULL), "");
    assert_string_equal(builtin("/usr/lib/libglib-2.0.so.0", "g_quark_from_string"),
                        "GLib's quarks and interned strings");
    assert_string_equal(builtin("/usr/lib/libglib-2.0.so.0", "g_strdup"), "");
    assert_string_equal(builtin("/usr/lib/libQt5Core.so.5", "QThreadData::current(bool)"),
                        "Qt's data of threads");
    assert_string_equal(builtin("/opt/libnpfoo.so", "setlocale"), "");
    assert_string_equal(builtin(NULL, "setlocale"), "");
    /* What may lie between: nothing of others, but for constructors and classes. */
    assert_true(builtin_suppressions_allow("/lib/libc.so.6") == UINT64_MAX);
    assert_true((builtin_suppressions_allow("/usr/lib/libstdc++.so.6") & 1) == 0);
    assert_true((builtin_suppressions_allow("/usr/lib/libstdc++.so.6") & 2) != 0);
    assert_true((builtin_suppressions_allow("/opt/libnpfoo.so") & 3) == 0);
    assert_true(builtin_suppressions_allow(NULL) == 0);
}

static void sizes(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } list[] = {
        {"0", true, 0},
        {"4096", true, 4096},
        {"64K", true, 65536},
        {"64KiB", true, 65536},
        {"1.5M", true, 1572864},
        {"2g", true, UINT64_C(2) << 30},
        {"10B", true, 10},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"18446744073709551615K", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"K", false, 0},
        {"1.5", false, 0},
        {"1.K", false, 0},
        {"1KB2", false, 0},
        {"64 K", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        uint64_t bytes = 0;
        if (size_text_read(list[i].text, &bytes) != list[i].good || bytes != list[i].bytes)
            fail_msg("%s: %llu", list[i].text, (unsigned long long)bytes);
    }
}

/* Parts and copies that a compiler makes of a function are that function. */
static void functions_of_rebuilt_modules(void **state)
{
    (void)state;
    assert_int_equal(diff_key_function_length("append"), 6);
    assert_int_equal(diff_key_function_length("append.part.0"), 6);
    assert_int_equal(diff_key_function_length("append.constprop.0.isra.0"), 6);
    assert_int_equal(diff_key_function_length("append(int) [clone .cold]"), 11);
    assert_int_equal(diff_key_function_length("main.cold"), 4);
    assert_int_equal(diff_key_function_length(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns), cmocka_unit_test(lines),
        cmocka_unit_test(errors),   cmocka_unit_test(fitting_lines_of_stacks),
        cmocka_unit_test(limits),   cmocka_unit_test(built_in),
        cmocka_unit_test(sizes),    cmocka_unit_test(functions_of_rebuilt_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
