/* recorder/capture_file.c - what a capture writes to its file besides events */
/* SPDX-License-Identifier: MIT */

#include "recorder/capture_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "recorder/contract.h"
#include "recorder/live.h"

__attribute__((format(printf, 2, 3))) static void say(const struct capture *capture,
                                                      const char *format, ...)
{
    va_list arguments;
    char *line;

    va_start(arguments, format);
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if (capture->options->say != NULL)
        capture->options->say(capture->options->say_context, line);
    free(line);
}

void capture_file_fail(struct capture *capture, int error)
{
    if (capture->result.error != 0)
        return;
    capture->result.error = error;
    capture->writer.error = error;
    if (capture->writer.fd < 0)
        say(capture, "cannot make '%s' for process %d: %s; it runs on, but is not recorded",
            capture->result.path ? capture->result.path : "a file", (int)capture->pid,
            strerror(-error));
    else
        say(capture, "cannot write to '%s': %s; process %d runs on, but is no longer recorded "
                     "(the first %llu bytes of the file are good)",
            capture->result.path, strerror(-error), (int)capture->pid,
            (unsigned long long)capture->writer.good_bytes);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int put_process(struct capture *capture, const struct ring_header *header,
                       struct trace_text exe, struct trace_text args)
{
    struct trace_buffer raw = {0};
    struct utsname machine;
    const char *writer = capture->options->writer;
    struct trace_process process = {
        .pid = header->pid,
        .outer_pid = (uint32_t)capture->pid,
        .ppid = header->ppid,
        .policy = header->policy,
        .clock = header->clock,
        .origin = header->origin | header->host_origin,
        .unwinder = header->unwinder,
        .heap = header->heap,
        .selfcheck = header->selfcheck,
        .start_ticks = header->start_ticks,
        .start_stamp = ticks_ns(&capture->segment.ticks, header->start_stamp),
        .start_realtime_ns = header->start_realtime_ns,
        .process_start_stamp = ticks_ns(&capture->segment.ticks, header->process_start_stamp),
        .ring_bytes = capture->segment.layout.total_bytes,
        .boot_id = {header->boot_id, (uint32_t)strnlen(header->boot_id, sizeof(header->boot_id))},
        .exe = exe,
        .args = args,
        .writer = {writer, (uint32_t)strlen(writer)},
    };

    if (uname(&machine) != 0)
        machine.machine[0] = '\0';
    process.machine = (struct trace_text){machine.machine, (uint32_t)strlen(machine.machine)};
    trace_process_encode(&process, &raw);
    int error = trace_writer_put(&capture->writer, TRACE_PROCESS, &raw);
    trace_buffer_free(&raw);
    return error;
}

/* A file that could not even be begun is not left behind. */
static void give_up(struct capture *capture, int error, bool made)
{
    if (capture->writer.fd >= 0)
        trace_writer_close(&capture->writer);
    capture->writer.fd = -1;
    if (made)
        unlink(capture->result.path);
    capture_file_fail(capture, error);
    free(capture->result.path);
    capture->result.path = NULL;
}

void capture_file_begin(struct capture *capture)
{
    char exe[TABLES_STRING_BYTES], args[TABLES_STRING_BYTES];
    struct ring_header header;
    int error = 0;

    memcpy(&header, capture->segment.header, sizeof(header));
    ticks_begin(&capture->segment.ticks, header.clock);
    uint32_t exe_bytes = segment_string(&capture->segment, header.exe, exe, sizeof(exe));
    uint32_t args_bytes = segment_string(&capture->segment, header.args, args, sizeof(args));
    const char *host = *last_part(exe) != '\0' ? last_part(exe) : "host";

    capture->result.host = strdup(host);
    capture->result.pid = (uint32_t)capture->pid;
    capture->result.heap = header.heap;
    capture->result.selfcheck = header.selfcheck;
    int fd = output_create(capture->output, host, (uint32_t)capture->pid, &capture->result.path);
    if (fd >= 0)
        error = trace_writer_open(&capture->writer, fd);
    if (fd < 0 || error != 0)
        capture->writer.fd = -1;
    else
        error = put_process(capture, &header, (struct trace_text){exe, exe_bytes},
                            (struct trace_text){args, args_bytes});
    if (fd < 0 || error != 0)
        give_up(capture, fd < 0 ? fd : error, fd >= 0);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void note_plugins(struct capture *capture)
{
    uint32_t count = segment_used(&capture->segment, RING_PLUGINS);
    struct recorder_result *result = &capture->result;
    char path[TABLES_STRING_BYTES];

    result->plugins = calloc(count ? count : 1, sizeof(*result->plugins));
    for (uint32_t i = 0; result->plugins != NULL && i < count; i++) {
        const struct ring_plugin *plugin = segment_entry(&capture->segment, RING_PLUGINS, i);

        segment_string(&capture->segment, plugin->path, path, sizeof(path));
        result->plugins[i].name = strdup(last_part(path));
        result->plugins[i].npn = tables_counters(&plugin->npn);
        result->plugin_count = i + 1;
    }
}

/* What a thread that was killed inside may have left half done. */
static uint64_t operations_under_way(const struct segment *segment)
{
    uint64_t operations = 0;

    for (uint32_t i = 0; i < segment_used(segment, RING_THREADS); i++) {
        const struct ring_thread *thread = segment_entry(segment, RING_THREADS, i);
        operations += atomic_load(&thread->operations);
    }
    return operations;
}

static void read_state(const struct segment *segment, struct trace_state *state)
{
    const struct ring_header *header = segment->header;

    state->stamp = ticks_clock_ns();
    state->ring_state = atomic_load(&header->state);
    state->stop_reason = atomic_load(&header->stop_reason);
    state->stop_stamp = ticks_ns(&segment->ticks, atomic_load(&header->stop_stamp));
    state->overwritten_events = atomic_load(&header->overwritten_events);
    state->dropped_events = atomic_load(&header->dropped_events);
    state->missed_calls = atomic_load(&header->missed_calls);
    state->untracked_blocks = atomic_load(&header->untracked_blocks);
    state->unlisted_plugins = atomic_load(&header->unlisted_plugins);
    state->unlisted_instances = atomic_load(&header->unlisted_instances);
    state->unlisted_modules = atomic_load(&header->unlisted_modules);
    state->lost_stacks = atomic_load(&header->lost_stacks);
    state->truncated_stacks = atomic_load(&header->truncated_stacks);
    state->abandoned_operations = atomic_load(&header->abandoned_operations);
    state->selfchecks = atomic_load(&header->selfchecks);
    state->selfcheck_mismatches = atomic_load(&header->selfcheck_mismatches);
    state->guessed_stacks = atomic_load(&header->guessed_stacks);
    state->heap_untracked = atomic_load(&header->heap_untracked);
    state->unlisted_objects = atomic_load(&header->unlisted_objects);
    state->unlisted_findings = atomic_load(&header->unlisted_findings);
    state->injected_failures = atomic_load(&header->injected_failures);
    state->whatif = atomic_load(&header->whatif);
    state->operations = operations_under_way(segment);
    state->totals = tables_counters(&header->totals);
}

void capture_file_state(struct capture *capture)
{
    struct recorder_result *result = &capture->result;
    struct trace_buffer raw = {0};
    struct trace_state state = {0};
    int error = capture->writer.error;

    read_state(&capture->segment, &state);
    note_plugins(capture);
    result->events = capture->drain.events;
    result->heap_events = capture->drain.heap_events;
    result->selfchecks = state.selfchecks;
    result->selfcheck_mismatches = state.selfcheck_mismatches;
    result->heap_untracked = state.heap_untracked;
    result->lost_events =
        state.dropped_events + state.overwritten_events + capture->drain.damaged_events;
    result->untracked_blocks = state.untracked_blocks;
    result->unlisted_findings = state.unlisted_findings;
    result->injected_failures = state.injected_failures;
    if (error == 0)
        error = drain_index(&capture->drain);
    if (error == 0)
        error = tables_write_final(&capture->tables);
    if (error == 0)
        error = live_write(&capture->tables, &state.live_entries, &state.live_busy);
    if (error == 0)
        error = contract_write(&capture->tables, &state.object_entries, &state.finding_entries);
    result->findings = state.finding_entries;
    if (error == 0) {
        trace_state_encode(&state, &raw);
        error = trace_writer_put(&capture->writer, TRACE_STATE, &raw);
    }
    trace_buffer_free(&raw);
    if (error != 0)
        capture_file_fail(capture, error);
}

void capture_file_end(struct capture *capture)
{
    struct recorder_result *result = &capture->result;
    struct trace_buffer raw = {0};
    struct trace_end end = {
        .reason = result->end_reason,
        .exit_kind = result->exit_kind,
        .exit_value = result->exit_value,
        .stamp = capture->ended_ns,
        .events = capture->drain.events,
        .lost_events = result->lost_events,
        .damaged_chunks = capture->drain.damaged_chunks,
    };

    if (capture->writer.fd < 0)
        return;
    if (capture->writer.error == 0) {
        trace_end_encode(&end, &raw);
        int error = trace_writer_put(&capture->writer, TRACE_END, &raw);
        trace_buffer_free(&raw);
        if (error != 0)
            capture_file_fail(capture, error);
    }
    result->file_bytes = capture->writer.good_bytes;
    int error = trace_writer_close(&capture->writer);
    if (error != 0 && result->error == 0)
        capture_file_fail(capture, error);
}
