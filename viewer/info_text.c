/* viewer/info_text.c - what is in a recording, for people */
/* SPDX-License-Identifier: MIT */

#include "viewer/info.h"
#include "viewer/info_facts.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODULES_SHOWN 10
#define NS_PER_SECOND UINT64_C(1000000000)

static void fact(const struct session *session, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fact(const struct session *session, const char *name, const char *format, ...)
{
    va_list arguments;

    terminal_print(&session->terminal, TERMINAL_TITLE, "%-12s", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void print_command(const struct session *session)
{
    const struct recording_process *process = &session->recording->process;

    terminal_print(&session->terminal, TERMINAL_TITLE, "%-11s", "command");
    for (uint32_t at = 0; at < process->args_bytes;) {
        size_t length = strnlen(process->args + at, process->args_bytes - at);
        char *copy = xalloc_substring(process->args + at, length), *quoted = text_quoted(copy);
        printf(" %s", quoted);
        free(copy);
        free(quoted);
        at += (uint32_t)length + 1;
    }
    putchar('\n');
}

static void print_time(const struct session *session)
{
    const struct recording *recording = session->recording;
    time_t seconds = (time_t)(recording->process.start_realtime_ns / NS_PER_SECOND);
    struct tm local;
    char when[64] = "unknown";

    if (localtime_r(&seconds, &local) != NULL)
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &local);
    fact(session, "began", "%s, recorded for %s%s", when,
         recording->process.ending == RECORDING_GONE ? "at least " : "",
         text_duration(recording_duration_ns(recording)).chars);
}

static void print_words(const char *(*name)(uint32_t, unsigned *), uint32_t word)
{
    unsigned at = 0;

    for (const char *bit; (bit = name(word, &at)) != NULL;)
        printf(", %s", bit);
}

static void print_process(const struct session *session)
{
    const struct recording *recording = session->recording;
    const struct recording_process *process = &recording->process;
    char *file = text_printable(recording->path), *exe = text_printable(process->exe),
         *ending = verdict_ending(recording);

    fact(session, "recording", "%s (%s, %s)", file,
         recording->kind == RECORDING_RING ? "flight recorder's ring" : "trace file",
         text_bytes(recording->file_bytes).chars);
    fact(session, "host", "%s (pid %" PRIu32 ", parent %" PRIu32 ")",
         exe[0] != '\0' ? exe : "unknown", process->pid, process->ppid);
    print_command(session);
    print_time(session);
    fact(session, "ending", "the process %s", ending);
    terminal_print(&session->terminal, TERMINAL_TITLE, "%-12s", "recorded");
    printf("clock %s, unwinder %s, when full %s", info_clock(process->clock),
           info_unwinder(process->unwinder), info_policy(process->policy));
    print_words(info_origin, process->origin);
    putchar('\n');
    if (process->writer[0] != '\0') {
        char *writer = text_printable(process->writer), *machine = text_printable(process->machine);
        fact(session, "written", "by %s on %s", writer, machine);
        free(writer);
        free(machine);
    }
    if (process->stop_reason != RING_STOP_NONE)
        fact(session, "stopped", "%s",
             process->stop_reason == RING_STOP_RECORDER_GONE
                 ? "the recorder was gone: events were dropped from then on"
                 : "reason unknown");
    free(file);
    free(exe);
    free(ending);
}

static void print_events(const struct session *session)
{
    const struct model *model = session->model;
    const char *separator = " (";

    terminal_print(&session->terminal, TERMINAL_TITLE, "%-12s", "events");
    fputs(text_count(model->event_count).chars, stdout);
    for (unsigned type = 1; type < EVENT_STACK; type++)
        if (model->events[type] != 0) {
            printf("%s%s %s", separator, text_count(model->events[type]).chars,
                   event_type_name(type));
            separator = ", ";
        }
    puts(separator[0] == ',' ? ")" : "");
}

static void print_losses(const struct session *session)
{
    const struct recording *recording = session->recording;
    char *lost = verdict_losses(session->model);

    if (lost == NULL)
        fact(session, "lost", "nothing");
    else
        fact(session, "lost", "%s", lost + strlen("Lost: "));
    if (recording->losses.lost_stacks != 0)
        fact(session, "", "%s did not fit into the stack tree and stand beside their events",
             text_plural(recording->losses.lost_stacks, "stack").chars);
    if (recording->losses.truncated_stacks != 0)
        fact(session, "", "%s end before the thread's first frame",
             text_plural(recording->losses.truncated_stacks, "stack").chars);
    if (!session->model->from_events)
        fact(session, "numbers", "from the counters that the process kept itself");
    free(lost);
}

static void print_plugins(const struct session *session)
{
    static const struct table_column columns[] = {
        {"plug-in", false}, {"instances", true}, {"initialised", true}, {"shut down", true},
        {"unloaded", true}, {"build-id", false}, {"path", false},
    };
    const struct recording *recording = session->recording;
    struct table table;

    /* The path has no room on most terminals. */
    table_begin(&table, columns, sizeof(columns) / sizeof(columns[0]) - session->terminal.cut);
    for (uint32_t id = 1; id <= recording->plugin_count; id++) {
        const struct recording_plugin *plugin = &recording->plugins[id - 1];
        size_t instances = 0;
        for (size_t i = 0; i < recording->instance_count; i++)
            instances += recording->instances[i].plugin == id;
        char *path = text_printable(plugin->path);
        char *build_id = text_build_id(plugin->build_id,
                                       plugin->build_id_bytes < 8 ? plugin->build_id_bytes : 8);
        struct text numbers[] = {text_count(instances), text_count(plugin->initialize_calls),
                                 text_count(plugin->shutdown_calls), text_count(plugin->unloads)};
        char *name = verdict_plugin_name(recording, id);
        const char *cells[] = {name,
                               numbers[0].chars,
                               numbers[1].chars,
                               numbers[2].chars,
                               numbers[3].chars,
                               build_id[0] != '\0' ? build_id : "none",
                               path};
        if (session->wanted[id])
            table_add(&table, TERMINAL_NAME, cells);
        free(name);
        free(path);
        free(build_id);
    }
    if (table.row_count > 0) {
        putchar('\n');
        table_print(&table, &session->terminal);
    }
    table_free(&table);
}

static void print_modules(const struct session *session)
{
    const struct recording *recording = session->recording;
    size_t limit = session_limit(session, MODULES_SHOWN);

    if (recording->module_count == 0)
        return;
    putchar('\n');
    terminal_print(&session->terminal, TERMINAL_TITLE, "%s in the call stacks\n",
                   text_plural(recording->module_count, "module").chars);
    for (size_t i = 0; i < recording->module_count && i < limit; i++) {
        const struct recording_module *module = &recording->modules[i];
        char *path = text_printable(module->path);
        char *build_id = text_build_id(module->build_id,
                                       module->build_id_bytes < 8 ? module->build_id_bytes : 8);
        printf("  %-16s  %s%s\n", build_id[0] != '\0' ? build_id : "no build-id",
               path[0] != '\0' ? path : "(unnamed)",
               (module->flags & RING_MODULE_TRACER) != 0 ? " (the tracer)" : "");
        free(path);
        free(build_id);
    }
    if (recording->module_count > limit)
        printf("  ... and %s; --limit=0 shows all\n",
               text_count(recording->module_count - limit).chars);
}

void info_print_text(const struct session *session)
{
    const struct recording *recording = session->recording;
    char *verdict = verdict_sentence(session->model);
    uint64_t nodes = recording->node_count > 0 ? recording->node_count - 1 : 0;

    terminal_print(&session->terminal,
                   verdict_is_bad(session->model) ? TERMINAL_BAD : TERMINAL_GOOD, "%s\n", verdict);
    putchar('\n');
    print_process(session);
    print_events(session);
    print_losses(session);
    fact(session, "stacks", "%s of the stack tree%s", text_plural(nodes, "node").chars,
         recording->symbol_count == 0 ? "" : ", with names stored for their addresses");
    print_plugins(session);
    print_modules(session);
    putchar('\n');
    session_print_next(session, "report");
    free(verdict);
}
