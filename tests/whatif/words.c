/* tests/whatif/words.c - the words of --fail-npn and --limit */
/* SPDX-License-Identifier: MIT */

#include "format/whatif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void fail_words(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
        uint32_t parts;
        const char *plugin;
    } good[] = {
        {"1", 1, 0, ""},
        {"18446744073709551615", UINT64_MAX, 0, ""},
        {"7:libnp*.so", 7, 0, "libnp*.so"},
        {"7:a:b", 7, 0, "a:b"},
        {"5%", 0, WHATIF_WHOLE / 20, ""},
        {"0.05", 0, WHATIF_WHOLE / 20, ""},
        {"0.5%:x", 0, WHATIF_WHOLE / 200, "x"},
        {"100%", 0, WHATIF_WHOLE, ""},
        {"1.0", 0, WHATIF_WHOLE, ""},
        {"0.0000001%", 0, 1, ""},
    };
    struct whatif_fail fail;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(whatif_parse_fail(good[i].text, &fail));
        assert_int_equal(fail.number, good[i].number);
        assert_int_equal(fail.parts, good[i].parts);
        assert_string_equal(fail.plugin, good[i].plugin);
    }
}

static void wrong_fail_words(void **state)
{
    static const char *const wrong[] = {
        "",      "0",   "-1",    " 1",  "1 ",     "each", "%",     "0%",
        "0.0",   "1.5", "100.1%", "101%", "5%5",  "1:",   "5%:",   "0x10",
        "1e3",   ".5",  "18446744073709551616",  "184467440737095516%", "99999999999.5",
    };
    char long_pattern[WHATIF_PATTERN_BYTES + 3] = "1:";
    struct whatif_fail fail;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (whatif_parse_fail(wrong[i], &fail))
            fail_msg("'%s' is taken", wrong[i]);
    memset(long_pattern + 2, 'x', WHATIF_PATTERN_BYTES);
    assert_false(whatif_parse_fail(long_pattern, &fail));
    long_pattern[WHATIF_PATTERN_BYTES + 1] = '\0';
    assert_true(whatif_parse_fail(long_pattern, &fail));
}

static void limit_words(void **state)
{
    static const char *const wrong[] = {"", "5", ":5", "a:", "a:b", "a:5X", "a:5KK", "a:-5", "a:5 ",
                                        "a:18446744073709551616", "a:17179869184G"};
    struct whatif_limit limit;

    (void)state;
    assert_true(whatif_parse_limit("libnpfoo.so:2M", &limit));
    assert_int_equal(limit.bytes, 2 << 20);
    assert_string_equal(limit.plugin, "libnpfoo.so");
    assert_true(whatif_parse_limit("a:b:3k", &limit));
    assert_int_equal(limit.bytes, 3 << 10);
    assert_string_equal(limit.plugin, "a:b");
    assert_true(whatif_parse_limit("*:0", &limit));
    assert_int_equal(limit.bytes, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (whatif_parse_limit(wrong[i], &limit))
            fail_msg("'%s' is taken", wrong[i]);
}

/* Which calls a rate chooses is a promise to whoever keeps a seed. */
static void chosen_calls(void **state)
{
    const struct whatif_fail tenth = {.parts = WHATIF_WHOLE / 10}, all = {.parts = WHATIF_WHOLE},
                             third = {.number = 3};
    unsigned failed = 0, common = 0;

    (void)state;
    for (uint64_t call = 1; call <= 100000; call++) {
        bool fails = whatif_fails(&tenth, 42, call);
        failed += fails;
        common += fails && whatif_fails(&tenth, 43, call);
        assert_int_equal(fails, whatif_fails(&tenth, 42, call));
        assert_true(whatif_fails(&all, call, call));
        assert_int_equal(whatif_fails(&third, 42, call), call == 3);
    }
    assert_in_range(failed, 9500, 10500); /* five standard deviations */
    assert_in_range(common, 800, 1200);   /* two seeds have nothing to do with each other */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_words),
        cmocka_unit_test(wrong_fail_words),
        cmocka_unit_test(limit_words),
        cmocka_unit_test(chosen_calls),
    };

    return cmocka_run_group_tests_name("whatif-words", tests, NULL, NULL);
}
