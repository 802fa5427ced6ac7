/* tests/unit/recorder-output.c - files that exist, directories that refuse, disks that fill up */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/output.h"
#include "tests/unit/recorder_sessions.h"

static char *create(struct output *output, const char *host, uint32_t pid)
{
    char *path;
    int fd = output_create(output, host, pid, &path);

    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void assert_created(struct output *output, const char *host, uint32_t pid,
                           const char *expected)
{
    char *path = create(output, host, pid);

    assert_string_equal(path, expected);
    free(path);
}

static void test_names(void **unused)
{
    struct output plain = {.pattern = "a.npt"}, bare = {.pattern = "b"};
    struct output full = {.pattern = "%h-%p-100%%.npt"}, escaped = {.pattern = "c%%p.npt"};

    (void)unused;
    assert_created(&plain, "host", 41, "a.npt");
    assert_created(&plain, "host", 57, "a.57.npt");
    assert_created(&plain, "host", 57, "a.57.2.npt"); /* the pid executed another program */
    assert_created(&bare, "host", 41, "b");
    assert_created(&bare, "host", 57, "b.57");
    assert_created(&full, "host", 41, "host-41-100%.npt");
    assert_created(&full, "host", 41, "host-41-100%.1.npt");
    assert_created(&escaped, "host", 41, "c%p.npt");
    assert_created(&escaped, "host", 57, "c%p.57.npt");
}

/* Only what the user named is replaced, and not what this session has made. */
static void test_force(void **unused)
{
    struct output first = {.pattern = "f.npt"}, again = {.pattern = "f.npt", .force = true};

    (void)unused;
    assert_created(&first, "host", 1, "f.npt");
    assert_created(&again, "host", 2, "f.npt");
    assert_created(&again, "host", 3, "f.3.npt");
    assert_created(&again, "host", 3, "f.3.2.npt");
}

/* What is no regular file is never replaced. */
static void test_force_on_link(void **unused)
{
    struct output output = {.pattern = "link.npt", .force = true};
    char *what;

    (void)unused;
    assert_int_equal(symlink("elsewhere", "link.npt"), 0);
    assert_int_equal(output_probe(&output, &what), -EEXIST);
    assert_non_null(strstr(what, "not a regular file"));
    free(what);
    assert_created(&output, "host", 1, "link.1.npt");
    assert_int_equal(access("elsewhere", F_OK), -1);
}

static void test_file_exists(void **unused)
{
    struct recorder_options options = session_options("mine.npt");
    struct recorder_report report;

    (void)unused;
    int fd = open("mine.npt", O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "mine", 4), 4);
    close(fd);
    unlink(HOST_READY);
    assert_int_equal(session_record(&options, "touch", &report), -EEXIST);
    assert_non_null(strstr(session_said, "'mine.npt'"));
    assert_non_null(strstr(session_said, "--force"));
    assert_int_equal(access(HOST_READY, F_OK), -1); /* the host was not started */
    struct read_trace *trace = read_trace("mine.npt");
    assert_non_null(trace->broken); /* still what it was */
    read_trace_free(trace);

    options.force = true;
    assert_int_equal(session_record(&options, "leak", &report), 0);
    read_trace_free(session_read("mine.npt"));
    recorder_report_free(&report);
}

static void test_unwritable_directory(void **unused)
{
    struct recorder_options options = session_options("/proc/self/npntrace.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_not_equal(session_record(&options, "leak", &report), 0);
    assert_non_null(strstr(session_said, "directory '/proc/self'"));
    options = session_options("no/such/directory/x.npt");
    assert_int_equal(session_record(&options, "leak", &report), -ENOENT);
    options = session_options("bad%name.npt");
    assert_int_equal(session_record(&options, "leak", &report), -EINVAL);
    options = session_options(".");
    assert_int_equal(session_record(&options, "leak", &report), -EISDIR);
}

static void assert_cut_short(const struct recorder_report *report, int error)
{
    assert_int_equal(WEXITSTATUS(report->wait_status), 0); /* the host was not hurt */
    assert_int_equal(report->result_count, 1);
    assert_int_equal(report->results[0].error, error);
    assert_non_null(strstr(session_said, strerror(-error)));
    struct read_trace *trace = session_read(report->results[0].path);
    assert_false(trace->has_end);
    assert_true(trace->event_count < HOST_LOUD_EVENTS);
    read_trace_free(trace);
}

static void test_file_size_limit(void **unused)
{
    struct recorder_options options = session_options("limited.npt");
    struct recorder_report report;
    struct rlimit limit, low;

    (void)unused;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    /* The limit is one for segments, too. */
    low = (struct rlimit){.rlim_cur = RING_MIN_BYTES, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int result = session_record(&options, "loud", &report);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(result, 0);
    assert_cut_short(&report, -EFBIG);
    recorder_report_free(&report);
}

static void test_full_disk(void **unused)
{
    struct recorder_options options = session_options("small/full.npt");
    struct recorder_report report;

    (void)unused;
    assert_true(mkdir("small", 0700) == 0 || errno == EEXIST);
    if (mount("none", "small", "tmpfs", 0, "size=64k") != 0)
        skip(); /* not allowed here; the limit above takes the same way */
    int result = session_record(&options, "loud", &report);
    if (result == 0)
        assert_cut_short(&report, -ENOSPC);
    recorder_report_free(&report);

    /* Now it is full: session_said before the host is started. */
    unlink(HOST_READY);
    options = session_options("small/more.npt");
    int fd = open("small/filler", O_CREAT | O_WRONLY, 0600);
    static char page[4096];
    while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page))
        ;
    close(fd);
    int full = session_record(&options, "touch", &report);
    umount2("small", MNT_DETACH);
    assert_int_equal(result, 0);
    assert_int_equal(full, -ENOSPC);
    assert_int_equal(access(HOST_READY, F_OK), -1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_force),
        cmocka_unit_test(test_force_on_link),
        cmocka_unit_test(test_file_exists),
        cmocka_unit_test(test_unwritable_directory),
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_full_disk),
    };
    return session_main(argc, argv, "recorder-output", tests);
}
