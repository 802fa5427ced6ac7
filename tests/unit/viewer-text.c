/* tests/unit/viewer-text.c - numbers and names as people read them */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
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

#include "viewer/host_process.h"
#include "viewer/newest.h"
#include "viewer/progress.h"
#include "viewer/text.h"

static void numbers(void **state)
{
    (void)state;
    assert_string_equal(text_count(0).chars, "0");
    assert_string_equal(text_count(999).chars, "999");
    assert_string_equal(text_count(1000).chars, "1,000");
    assert_string_equal(text_count(UINT64_MAX).chars, "18,446,744,073,709,551,615");
    assert_string_equal(text_bytes(1023).chars, "1023 B");
    assert_string_equal(text_bytes(1024).chars, "1.0 KiB");
    assert_string_equal(text_bytes(1024 * 1024 - 1).chars, "1.0 MiB");
    assert_string_equal(text_bytes(UINT64_MAX).chars, "16.0 EiB");
    assert_string_equal(text_bytes_brief(1023).chars, "1023");
    assert_string_equal(text_bytes_brief(1536).chars, "1.5K");
    assert_string_equal(text_duration(999).chars, "999 ns");
    assert_string_equal(text_duration(2310000000).chars, "2.31 s");
    assert_string_equal(text_duration(UINT64_C(200) * 1000000000).chars, "3 min 20 s");
    assert_string_equal(text_duration(UINT64_C(7384) * 1000000000).chars, "2 h 3 min");
    assert_string_equal(text_rate(5, 2000000000).chars, "2.5/s");
    assert_string_equal(text_rate(12345, 1000000000).chars, "12,345/s");
    assert_string_equal(text_rate(5, 0).chars, "-");
    assert_string_equal(text_plural(1, "block").chars, "1 block");
    assert_string_equal(text_plural(2000, "block").chars, "2,000 blocks");
}

static void assert_utf8(const char *from, size_t length, bool printable, const char *to)
{
    char *text = text_utf8(from, length, printable);

    assert_string_equal(text, to);
    free(text);
}

static void names(void **state)
{
    (void)state;
    assert_utf8("plain", 5, true, "plain");
    assert_utf8("gr\xc3\xbc\xc3\x9f", 6, true, "gr\xc3\xbc\xc3\x9f");
    assert_utf8("a\xff\xc3", 3, true, "a\xef\xbf\xbd\xef\xbf\xbd"); /* no start, cut short */
    assert_utf8("\xc0\xaf", 2, true, "\xef\xbf\xbd\xef\xbf\xbd");   /* overlong */
    assert_utf8("\xed\xa0\x80", 3, false,
                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* half of a pair */
    assert_utf8("\xf4\x90\x80\x80", 4, false,
                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* beyond */
    assert_utf8("\033[2Jx\n", 6, true, "?[2Jx?");
    assert_utf8("\xc2\x9b"
                "2J",
                4, true, "?2J"); /* C1: a control sequence in one character */
    assert_utf8("a\nb", 3, false, "a\nb");
    assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
}

static void quoting(void **state)
{
    static const char *const pairs[][2] = {{"plain-1.npt", "plain-1.npt"},
                                           {"", "''"},
                                           {"a b", "'a b'"},
                                           {"it's", "'it'\\''s'"},
                                           {"$x", "'$x'"}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *quoted = text_quoted(pairs[i][0]);
        assert_string_equal(quoted, pairs[i][1]);
        free(quoted);
    }
}

static void touch(const char *directory, const char *name, time_t when)
{
    char path[128];
    struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void newest(void **state)
{
    char directory[] = "/tmp/npntrace-unit-XXXXXX", path[128];
    static const char *const names[] = {"old.npt", "new.ring", "newer.txt", "same.npt",
                                        "folder.npt"};
    char *name = NULL;

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(newest_recording(directory, &name), -ENOENT);
    assert_null(name);
    touch(directory, names[0], 1000);
    touch(directory, names[1], 2000);
    touch(directory, names[2], 3000);
    snprintf(path, sizeof(path), "%s/%s", directory, names[4]);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(newest_recording(directory, &name), 0);
    assert_string_equal(name, "new.ring");
    free(name);
    touch(directory, names[3], 2000);
    assert_int_equal(newest_recording(directory, &name), 0);
    assert_string_equal(name, "same.npt"); /* of equals the last by name */
    free(name);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(newest_recording(directory, &name), -ENOENT);
}

static void process(void **state)
{
    char boot_id[64] = "", stat[1024];
    unsigned long long start_ticks;

    (void)state;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    assert_non_null(file);
    assert_non_null(fgets(boot_id, 37, file));
    fclose(file);
    file = fopen("/proc/self/stat", "r");
    assert_non_null(file);
    stat[fread(stat, 1, sizeof(stat) - 1, file)] = '\0';
    fclose(file);
    char *at = strrchr(stat, ')');
    for (int field = 2; field < 22; field++)
        at = strchr(at + 1, ' ');
    start_ticks = strtoull(at, NULL, 10);
    assert_true(host_process_runs((uint32_t)getpid(), start_ticks, boot_id));
    assert_false(host_process_runs((uint32_t)getpid(), start_ticks + 1, boot_id));
    assert_false(host_process_runs(0, start_ticks, boot_id));
    boot_id[0] = boot_id[0] == '0' ? '1' : '0';
    assert_false(host_process_runs((uint32_t)getpid(), start_ticks, boot_id));
    assert_false(host_process_same_boot(""));
}

static void assert_line(uint64_t items, uint64_t elapsed_s, uint64_t done, size_t width,
                        const char *expected)
{
    struct progress progress = {.what = "reading", .items = items};
    char line[PROGRESS_LINE_MAX];
    size_t length = progress_line(&progress, elapsed_s * 1000000000, done, 1000, width, line);

    assert_string_equal(line, expected);
    assert_int_equal(length, strlen(expected));
}

static void progress(void **state)
{
    struct progress most = {.what = "reading heap events", .items = UINT64_MAX};
    char line[PROGRESS_LINE_MAX];

    (void)state;
    assert_line(0, 2, 0, 40, "reading 0 % [--------------------------]");
    assert_line(0, 2, 500, 40, "reading 50 % [########--------] 3 s left");
    assert_line(50000000, 2, 500, 50, "reading 50 % [########--------] 25.0 M/s, 3 s left");
    assert_line(50000000, 2, 500, 35, "reading 50 % 25.0 M/s, 3 s left");
    assert_line(50000000, 2, 500, 20, "reading 50 %");
    assert_line(50000000, 2, 500, 10, "50 %");
    assert_line(50000000, 2, 500, 3, "");
    assert_line(0, 100, 100, 30, "reading 10 % 16 min left");
    assert_line(0, 100, 1000, 24, "reading 100 % 1 s left");
    for (size_t width = 0; width < 300; width++)
        for (uint64_t done = 0; done <= 1000; done += 125)
            assert_in_range(progress_line(&most, UINT64_C(1) << 40, done, 1000, width, line), 0,
                            width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(names),   cmocka_unit_test(quoting),
        cmocka_unit_test(newest),  cmocka_unit_test(process), cmocka_unit_test(progress),
    };
    return cmocka_run_group_tests_name("viewer-text", tests, NULL, NULL);
}
