/* tests/unit/recorder-launch.c - finding a command, and telling why it could not be recorded */
/* SPDX-License-Identifier: MIT */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "recorder/launch.h"

static char directory[] = "/tmp/npntrace-launch-XXXXXX";

static void make_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_found(const char *name, int error, const char *expected)
{
    char *path;

    assert_int_equal(launch_find(name, &path), error);
    if (expected != NULL)
        assert_string_equal(path, expected);
    free(path);
}

static void test_find(void **unused)
{
    (void)unused;
    mkdir("one", 0700);
    mkdir("two", 0700);
    mkdir("one/folder", 0700);
    make_file("one/plain", "x", 1, 0600); /* not executable: the next one counts */
    make_file("two/plain", "x", 1, 0700);
    make_file("one/never", "x", 1, 0600);
    make_file("here", "x", 1, 0700);
    setenv("PATH", "one:two:/nowhere", 1);
    assert_found("plain", 0, "two/plain");
    assert_found("never", -EACCES, "one/never");
    assert_found("folder", -ENOENT, NULL);
    assert_found("here", -ENOENT, NULL);
    assert_found("./here", 0, "./here");
    assert_found("one/folder", -EISDIR, NULL);
    assert_found("one/absent", -ENOENT, NULL);
    assert_found("one/never", -EACCES, NULL);
    assert_found("", -ENOENT, NULL);
    setenv("PATH", "one::two", 1); /* an empty element is the current directory */
    assert_found("here", 0, "./here");
    unsetenv("PATH");
    assert_found("sh", 0, NULL);
}

/* A header and one program header, as far as they are looked at. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
};

static struct program make_program(uint32_t segment_type)
{
    struct program program = {0};
    int fd = open("/proc/self/exe", O_RDONLY);

    assert_int_equal(read(fd, &program.header, sizeof(program.header)), sizeof(program.header));
    close(fd);
    program.header.e_phoff = offsetof(struct program, segment);
    program.header.e_phnum = 1;
    program.segment.p_type = segment_type;
    return program;
}

static void assert_follows(const char *path, const char *wanted)
{
    char *pattern = launch_follow(path);

    assert_non_null(pattern);
    assert_string_equal(pattern, wanted);
    free(pattern);
}

static const char *real_name(const char *path)
{
    static char real[PATH_MAX];

    assert_non_null(realpath(path, real));
    return strrchr(real, '/') + 1;
}

static void make_script(const char *name, const char *text)
{
    make_file(name, text, strlen(text), 0700);
}

/* What /proc/PID/exe will be of a program, a link to it, and scripts of several kinds. */
static void test_follow(void **unused)
{
    struct program program = make_program(PT_INTERP);
    const char *path = getenv("PATH");
    char *kept = strdup(path ? path : ""), here[PATH_MAX + 8];

    (void)unused;
    make_file("pro*gram", &program, sizeof(program), 0700);
    assert_follows("pro*gram", "pro\\*gram");
    assert_int_equal(symlink("pro*gram", "link"), 0);
    assert_follows("link", "pro\\*gram");
    make_script("direct", "#! /bin/sh -e\n");
    assert_follows("direct", real_name("/bin/sh"));
    make_script("bare", "echo\n");
    assert_follows("bare", real_name("/bin/sh"));
    assert_non_null(getcwd(here, sizeof(here)));
    setenv("PATH", here, 1);
    make_script("searched", "#!/usr/bin/env -S A=1 link --option\n");
    assert_follows("searched", "pro\\*gram");
    make_script("nested", "#!/usr/bin/env searched\n");
    assert_follows("nested", "pro\\*gram");
    make_script("loop", "#!/usr/bin/env loop\n");
    assert_follows("loop", "loop");
    make_script("lost", "#!/no/such/interpreter\n");
    assert_follows("lost", "lost");
    assert_follows("not-there", "not-there");
    setenv("PATH", kept, 1);
    free(kept);
}

static void assert_reason(const char *path, const char *wanted)
{
    char *reason = launch_examine(path);

    if (wanted == NULL)
        assert_null(reason);
    else if (reason == NULL || strstr(reason, wanted) == NULL)
        fail_msg("%s: '%s' does not say '%s'", path, reason ? reason : "nothing", wanted);
    free(reason);
}

static void test_examine(void **unused)
{
    struct program program = make_program(PT_INTERP);

    (void)unused;
    make_file("dynamic", &program, sizeof(program), 0700);
    assert_reason("dynamic", NULL);
    assert_reason("/proc/self/exe", NULL);
    make_file("script", "#!/bin/sh\n", 10, 0700);
    assert_reason("script", NULL);
    make_file("cut", &program, 20, 0700);
    assert_reason("cut", NULL);
    assert_reason("absent", NULL);

    program.segment.p_type = PT_LOAD;
    make_file("static", &program, sizeof(program), 0700);
    assert_reason("static", "statically linked");
    program.header.e_machine = EM_68K;
    make_file("foreign", &program, sizeof(program), 0700);
    assert_reason("foreign", "another kind of processor");
    program.header.e_ident[EI_CLASS] = ELFCLASS32;
    make_file("narrow", &program, sizeof(program), 0700);
    assert_reason("narrow", "32-bit");
}

/* Headers that lie about themselves. */
static void test_examine_damaged(void **unused)
{
    struct program program = make_program(PT_LOAD);

    (void)unused;
    program.header.e_phnum = UINT16_MAX;
    make_file("many", &program, sizeof(program), 0700);
    assert_reason("many", NULL);
    program.header.e_phnum = 1;
    program.header.e_phoff = UINT64_MAX;
    make_file("far", &program, sizeof(program), 0700);
    assert_reason("far", NULL);
    program.header.e_phoff = 0;
    program.header.e_phentsize = 1;
    make_file("small", &program, sizeof(program), 0700);
    assert_reason("small", NULL);
}

static void test_examine_privileged(void **unused)
{
    struct program program = make_program(PT_INTERP);

    (void)unused;
    make_file("own", &program, sizeof(program), 04700);
    assert_reason("own", NULL); /* setuid, but to ourselves */
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    make_file("other", &program, sizeof(program), 0700);
    assert_int_equal(chown("other", 65534, 65534), 0);
    assert_int_equal(chmod("other", 04755), 0);
    assert_reason("other", "setuid");
    assert_int_equal(chmod("other", 02755), 0);
    assert_reason("other", "setgid");
    assert_int_equal(chmod("other", 02744), 0); /* locking mark, not setgid */
    assert_reason("other", NULL);
}

static void test_library(void **unused)
{
    char *path;

    (void)unused;
    mkdir("with blank", 0700);
    make_file("with blank/lib.so", "x", 1, 0600);
    make_file("lib.so", "x", 1, 0600);
    setenv("NPNTRACE_LIBRARY", "lib.so", 1);
    assert_int_equal(launch_library(&path), 0);
    assert_int_equal(path[0], '/');
    assert_string_equal(strrchr(path, '/'), "/lib.so");
    free(path);
    setenv("NPNTRACE_LIBRARY", "with blank/lib.so", 1);
    assert_int_equal(launch_library(&path), -EINVAL);
    assert_non_null(strstr(path, "with blank"));
    free(path);
    setenv("NPNTRACE_LIBRARY", "absent.so", 1);
    assert_int_equal(launch_library(&path), -ENOENT);
    assert_null(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_examine),
        cmocka_unit_test(test_examine_damaged),
        cmocka_unit_test(test_examine_privileged),
        cmocka_unit_test(test_library),
    };
    char command[64];

    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 99;
    int failed = cmocka_run_group_tests_name("recorder-launch", tests, NULL, NULL);
    setenv("PATH", "/usr/bin:/bin", 1);
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command) != 0 ? 99 : failed;
}
