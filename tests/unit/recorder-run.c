/* tests/unit/recorder-run.c - whole sessions: processes that record, die, exec, and talk rubbish */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/recorder_sessions.h"

/* The events of the file add up to the counters of the side table. */
static void assert_consistent(const struct read_trace *trace)
{
    uint64_t allocs = 0, frees = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        allocs += trace->events[i].event.type == EVENT_NPN_ALLOC;
        frees += trace->events[i].event.type == EVENT_NPN_FREE;
    }
    assert_int_equal(trace->state.totals.allocs, allocs);
    assert_int_equal(trace->state.totals.frees, frees);
    assert_int_equal(trace->live_count, allocs - frees);
    assert_int_equal(trace->plugins[0].npn.live_blocks, allocs - frees);
    assert_int_equal(trace->instances[0].npn.live_blocks, allocs - frees);
    assert_int_equal(trace->end.events, trace->event_count);
    assert_int_equal(trace->end.lost_events, 0);
}

static void test_exits(void **unused)
{
    struct recorder_options options = session_options("leak.npt");
    struct recorder_report report;
    struct stat status;

    (void)unused;
    assert_int_equal(session_record(&options, "leak", &report), 0);
    assert_string_equal(session_said, "");
    assert_true(WIFEXITED(report.wait_status));
    assert_int_equal(WEXITSTATUS(report.wait_status), HOST_LEAK_STATUS);
    assert_int_equal(report.result_count, 1);
    assert_string_equal(report.results[0].path, "leak.npt");
    assert_string_equal(report.results[0].host, "fakehost");
    assert_int_equal(report.results[0].error, 0);
    assert_int_equal(report.results[0].plugin_count, 1);
    assert_string_equal(report.results[0].plugins[0].name, "libnpfake.so");
    assert_int_equal(report.results[0].plugins[0].npn.live_blocks, HOST_LEAK_BLOCKS);

    struct read_trace *trace = session_read("leak.npt");
    assert_true(trace->has_end && trace->has_state);
    assert_int_equal(trace->event_count, 2 * HOST_LEAK_ALLOCS - HOST_LEAK_BLOCKS);
    assert_consistent(trace);
    assert_int_equal(trace->end.reason, TRACE_END_PROCESS);
    assert_int_equal(trace->end.exit_kind, TRACE_EXIT_STATUS);
    assert_int_equal(trace->end.exit_value, HOST_LEAK_STATUS);
    assert_string_equal(trace->exe, FAKE_EXE);
    assert_int_equal(trace->process.origin, RING_ORIGIN_RECORD);
    assert_int_equal(trace->symbol_count, 3); /* the distinct pcs of its stacks */
    assert_int_equal(trace->symbols[0].address, FAKE_PC - 1 - (FAKE_PC - 0x1000));
    assert_string_equal(read_string(trace, trace->symbols[0].first.function), "fake()");
    assert_int_equal(stat("leak.npt", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, report.results[0].file_bytes);
    read_trace_free(trace);
    recorder_report_free(&report);
}

/* What was held and misused is in the file, with its stacks' symbols. */
static void test_misuse(void **unused)
{
    struct recorder_options options = session_options("misuse.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "misuse", &report), 0);
    assert_int_equal(report.results[0].findings, 2);
    assert_int_equal(report.results[0].unlisted_findings, 12);
    assert_int_equal(report.results[0].injected_failures, 13);
    struct read_trace *trace = session_read("misuse.npt");
    assert_int_equal(trace->object_count, 2);
    assert_int_equal(trace->objects[0].address, 0x1000);
    assert_int_equal(trace->objects[1].address, 0x2000);
    assert_int_equal(trace->objects[1].refs, 3);
    assert_int_equal(trace->finding_count, 2);
    assert_int_equal(trace->findings[0].kind, FINDING_DOUBLE_FREE);
    assert_true(trace->nodes[trace->findings[0].owner_node].pc == FAKE_PC + 48);
    assert_int_equal(trace->findings[1].count, 9);
    assert_int_equal(trace->findings[1].owner_node, 0);
    assert_int_equal(trace->symbol_count, 4); /* of the finding's block, too */
    assert_int_equal(trace->state.unlisted_objects, 11);
    assert_int_equal(trace->state.unlisted_findings, 12);
    assert_int_equal(trace->state.injected_failures, 13);
    assert_int_equal(trace->state.whatif, RING_WHATIF_FAIL);
    read_trace_free(trace);
    recorder_report_free(&report);
}

static void test_no_symbols(void **unused)
{
    struct recorder_options options = session_options("plain.npt");
    struct recorder_report report;

    (void)unused;
    options.lookup = NULL;
    assert_int_equal(session_record(&options, "leak", &report), 0);
    struct read_trace *trace = session_read("plain.npt");
    assert_int_equal(trace->blocks_of[TRACE_SYMBOLS], 0);
    assert_true(trace->has_end);
    read_trace_free(trace);
    recorder_report_free(&report);
}

/* Killed in the middle of allocating: the file has all that the tally counts as finished. */
static void test_killed(void **unused)
{
    (void)unused;
    for (unsigned round = 0; round < 10; round++) {
        struct recorder_options options = session_options("killed.npt");
        struct recorder_report report;
        uint64_t finished = 0;

        options.force = true;
        assert_int_equal(session_record(&options, "killed", &report), 0);
        assert_true(WIFSIGNALED(report.wait_status));
        assert_int_equal(WTERMSIG(report.wait_status), SIGKILL);
        struct read_trace *trace = session_read("killed.npt");
        assert_int_equal(trace->end.exit_kind, TRACE_EXIT_SIGNAL);
        assert_int_equal(trace->end.exit_value, SIGKILL);
        int fd = open(HOST_TALLY, O_RDONLY);
        assert_int_equal(read(fd, &finished, sizeof(finished)), sizeof(finished));
        close(fd);
        assert_true(finished > 0);
        assert_in_range(trace->event_count, finished, finished + 1);
        read_trace_free(trace);
        recorder_report_free(&report);
    }
}

/* A small ring that is filled many times over, by two threads. */
static void test_loud(void **unused)
{
    struct recorder_options options = session_options("loud.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "loud", &report), 0);
    assert_int_equal(WEXITSTATUS(report.wait_status), 0);
    struct read_trace *trace = session_read("loud.npt");
    assert_int_equal(trace->event_count, HOST_LOUD_EVENTS);
    assert_int_equal(trace->gap_count, 0);
    assert_int_equal(trace->end.lost_events, 0);
    read_trace_free(trace);
    recorder_report_free(&report);
}

/* Stacks that found no room in the tree get their symbols as well. */
static void test_inline_stacks(void **unused)
{
    struct recorder_options options = session_options("inline.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "inline", &report), 0);
    struct read_trace *trace = session_read("inline.npt");
    assert_int_equal(trace->event_count, 2);
    assert_int_equal(trace->end.events, 2);
    assert_int_equal(trace->stack_events, 2);
    assert_int_equal(trace->symbol_count, 2);
    assert_int_equal(trace->symbols[0].address, 0x1000); /* the call before the return address */
    assert_int_equal(trace->symbols[1].address, 0x1040); /* interrupted: as it is */
    read_trace_free(trace);
    recorder_report_free(&report);
}

static void test_no_plugin(void **unused)
{
    struct recorder_options options = session_options("none.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "none", &report), 0);
    assert_int_equal(WEXITSTATUS(report.wait_status), 3);
    assert_int_equal(report.result_count, 0);
    assert_null(report.why);
    assert_int_equal(access("none.npt", F_OK), -1);
    recorder_report_free(&report);
}

/* Given a segment, it dies before it has anything to record: no file either. */
static void test_dies_early(void **unused)
{
    struct recorder_options options = session_options("early.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "early", &report), 0);
    assert_int_equal(report.result_count, 0);
    assert_int_equal(access("early.npt", F_OK), -1);
    recorder_report_free(&report);
}

static void test_executes_again(void **unused)
{
    struct recorder_options options = session_options("exec.%p.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "exec", &report), 0);
    assert_int_equal(report.result_count, 2);
    assert_int_equal(report.results[0].pid, report.results[1].pid);
    assert_string_not_equal(report.results[0].path, report.results[1].path);
    for (size_t i = 0; i < 2; i++) {
        struct read_trace *trace = session_read(report.results[i].path);
        bool first = trace->end.reason == TRACE_END_EXEC;

        assert_int_equal(trace->event_count, first ? 1 : 2 * HOST_LEAK_ALLOCS - HOST_LEAK_BLOCKS);
        assert_int_equal(trace->end.exit_kind, first ? TRACE_EXIT_UNKNOWN : TRACE_EXIT_STATUS);
        read_trace_free(trace);
    }
    recorder_report_free(&report);
}

/* A child that outlives the command is recorded to its end, into a file named with its pid. */
static void test_orphan(void **unused)
{
    struct recorder_options options = session_options("fork.npt");
    struct recorder_report report;
    char expected[64];

    (void)unused;
    assert_int_equal(session_record(&options, "fork", &report), 0);
    assert_int_equal(report.result_count, 2);
    assert_string_equal(report.results[0].path, "fork.npt");
    snprintf(expected, sizeof(expected), "fork.%u.npt", report.results[1].pid);
    assert_string_equal(report.results[1].path, expected);
    struct read_trace *trace = session_read(expected);
    assert_int_equal(trace->event_count, 2);
    assert_true(trace->has_end);
    /* Not our child: only newer kernels tell. */
    if (trace->end.exit_kind == TRACE_EXIT_STATUS)
        assert_int_equal(trace->end.exit_value, HOST_ORPHAN_STATUS);
    else
        assert_int_equal(trace->end.exit_kind, TRACE_EXIT_UNKNOWN);
    read_trace_free(trace);
    recorder_report_free(&report);
}

/* What the options say reaches the process, and what it says of its heap the file. */
static void test_heap(void **unused)
{
    struct recorder_options options = session_options("heap.npt");
    struct recorder_report report;
    unsigned stacks = 0;

    (void)unused;
    options.heap = RING_HEAP_ALL;
    options.selfcheck = 77;
    assert_int_equal(session_record(&options, "heap", &report), 0);
    assert_int_equal(WEXITSTATUS(report.wait_status), 0); /* its name matches what it was told */
    assert_int_equal(report.result_count, 1);
    const struct recorder_result *result = &report.results[0];
    assert_int_equal(result->heap, RING_HEAP_ALL);
    assert_int_equal(result->heap_events, HOST_HEAP_EVENTS);
    assert_int_equal(result->events, HOST_HEAP_EVENTS + 1);
    assert_int_equal(result->selfcheck, 77);
    assert_int_equal(result->selfcheck_mismatches, 1);
    assert_int_equal(result->heap_untracked, 3);
    struct read_trace *trace = session_read("heap.npt");
    assert_int_equal(trace->process.heap, RING_HEAP_ALL);
    assert_int_equal(trace->process.selfcheck, 77);
    assert_int_equal(trace->state.selfchecks, 50);
    assert_int_equal(trace->state.selfcheck_mismatches, 1);
    assert_int_equal(trace->state.guessed_stacks, 2);
    assert_int_equal(trace->state.heap_untracked, 3);
    assert_int_equal(trace->heap_count, HOST_HEAP_EVENTS);
    assert_int_equal(trace->event_count, 1);
    assert_int_equal(trace->end.events, HOST_HEAP_EVENTS + 1);
    for (unsigned i = 0; i < HOST_HEAP_EVENTS; i++) {
        assert_int_equal(trace->heap[i].address, 16 * i + 16);
        assert_int_equal(trace->heap[i].plugin, 1);
        stacks += trace->heap[i].node != 0;
    }
    assert_int_equal(stacks, HOST_HEAP_EVENTS / 2);
    assert_int_equal(trace->symbol_count, 2); /* of the stacks that stood among the events */
    read_trace_free(trace);
    recorder_report_free(&report);
}

static void test_rubbish_clients(void **unused)
{
    struct recorder_options options = session_options("rubbish.npt");
    struct recorder_report report;

    (void)unused;
    assert_int_equal(session_record(&options, "rubbish", &report), 0);
    assert_int_equal(WEXITSTATUS(report.wait_status), HOST_LEAK_STATUS);
    assert_int_equal(report.result_count, 1);
    struct read_trace *trace = session_read("rubbish.npt");
    assert_consistent(trace);
    read_trace_free(trace);
    recorder_report_free(&report);
}

static void test_scribbler(void **unused)
{
    struct recorder_options options = session_options("scribble.npt");
    struct recorder_report report;

    (void)unused;
    options.lookup = NULL;
    assert_int_equal(session_record(&options, "scribble", &report), 0);
    assert_int_equal(WEXITSTATUS(report.wait_status), 0);
    assert_int_equal(report.result_count, 1);
    assert_int_equal(report.results[0].end_reason, TRACE_END_DAMAGED);
    recorder_report_free(&report);
}

/* ---- the recorder dies ------------------------------------------------------------------- */

static void wait_for_file(const char *path)
{
    for (unsigned i = 0; i < 2000 && access(path, F_OK) != 0; i++)
        usleep(10000);
    assert_int_equal(access(path, F_OK), 0);
}

static void wait_for_events(const char *path)
{
    size_t count = 0;

    for (unsigned i = 0; i < 2000 && count == 0; i++) {
        struct read_trace *trace = read_trace(path);

        count = trace->event_count;
        read_trace_free(trace);
        usleep(10000);
    }
    assert_true(count > 0);
}

static pid_t start_recorder(const char *output, const char *scenario)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct recorder_options options = session_options(output);
        struct recorder_report report;

        _exit(session_record(&options, scenario, &report) == 0 ? 0 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

/* The host goes on, and what was written reads as an unfinished trace. */
static void test_recorder_killed(void **unused)
{
    unsigned torn = 0;
    struct stat status;

    (void)unused;
    for (unsigned round = 0; round < 8; round++) {
        unlink(HOST_READY);
        unlink(HOST_SURVIVED);
        unlink("orphaned.npt");
        pid_t recorder = start_recorder("orphaned.npt", "survive");
        wait_for_file(HOST_READY);
        if (round >= 6)
            wait_for_events("orphaned.npt");
        usleep(100000 * round); /* anywhere between two blocks, or within one */
        kill(recorder, SIGKILL);
        waitpid(recorder, NULL, 0);
        wait_for_file(HOST_SURVIVED);
        if (stat("orphaned.npt", &status) != 0 || status.st_size < (off_t)TRACE_HEADER_BYTES)
            continue; /* killed before it had begun the file */
        struct read_trace *trace = read_trace("orphaned.npt");
        assert_null(trace->broken);
        assert_false(trace->has_end);
        torn += trace->torn;
        if (round >= 6)
            assert_true(trace->event_count > 0);
        read_trace_free(trace);
    }
    assert_in_range(torn, 0, 8);
}

/* Asked to stop after the command has ended, it ends the recording of what goes on. */
static void test_stopped(void **unused)
{
    int status;

    (void)unused;
    unlink(HOST_READY);
    unlink(HOST_SURVIVED);
    pid_t recorder = start_recorder("stopped.%p.npt", "leave");
    wait_for_file(HOST_READY);
    usleep(200000);
    for (unsigned i = 0; i < 100 && waitpid(recorder, &status, WNOHANG) == 0; i++) {
        kill(recorder, SIGTERM); /* until the command has ended this goes to it */
        usleep(50000);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    wait_for_file(HOST_SURVIVED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exits),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_no_symbols),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_loud),
        cmocka_unit_test(test_inline_stacks),
        cmocka_unit_test(test_no_plugin),
        cmocka_unit_test(test_dies_early),
        cmocka_unit_test(test_executes_again),
        cmocka_unit_test(test_orphan),
        cmocka_unit_test(test_heap),
        cmocka_unit_test(test_rubbish_clients),
        cmocka_unit_test(test_scribbler),
        cmocka_unit_test(test_recorder_killed),
        cmocka_unit_test(test_stopped),
    };
    return session_main(argc, argv, "recorder-run", tests);
}
