/* tests/unit/recorder_sessions.c - a recorder's whole session as one call, for assertions */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/recorder_sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char session_said[4096];
static char self[4096];
static char directory[] = "/tmp/npntrace-run-XXXXXX";

static void remember(void *context, const char *line)
{
    (void)context;
    strncat(session_said, line, sizeof(session_said) - strlen(session_said) - 2);
    strcat(session_said, "\n");
}

static size_t one_frame(void *context, const struct trace_module *module, const char *path,
                        uint64_t address, struct symbolize_frame *frames, size_t capacity,
                        bool *ret_verified)
{
    (void)context;
    assert_true(capacity > 0);
    assert_int_equal(module->index, 0);
    assert_string_equal(path, FAKE_PLUGIN);
    frames[0] = (struct symbolize_frame){
        .function = "fake()",
        .file = "fake.c",
        .line = (uint32_t)address,
    };
    *ret_verified = true;
    return 1;
}

struct recorder_options session_options(const char *output)
{
    static const struct symbolize_lookup lookup = {one_frame, NULL};

    session_said[0] = '\0';
    return (struct recorder_options){
        .output = output,
        .ring_bytes = RING_MIN_BYTES,
        .policy = RING_BLOCK,
        .writer = "npntrace test",
        .lookup = &lookup,
        .say = remember,
    };
}

int session_record(const struct recorder_options *options, const char *scenario,
                   struct recorder_report *report)
{
    char *arguments[] = {self, (char *)"--host", (char *)scenario, NULL};
    return recorder_run(options, arguments, report);
}

struct read_trace *session_read(const char *path)
{
    struct read_trace *trace = read_trace(path);

    if (trace->broken != NULL)
        fail_msg("%s breaks a rule at %llu: %s", path, (unsigned long long)trace->broken_at,
                 trace->broken);
    assert_false(trace->torn);
    return trace;
}

void session_begin(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--host") == 0)
        host_run(argv[2], argv);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0 || mkdtemp(directory) == NULL ||
        chdir(directory) != 0 || !host_prepare())
        exit(99);
}

int session_end(int failed)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command) != 0 ? 99 : failed;
}
