/* viewer/info_text.c - what is in a recording, for people */
/* SPDX-License-Identifier: MIT */

#include "viewer/info.h"
#include "viewer/findings.h"
#include "viewer/info_facts.h"
#include "viewer/paragraph.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODULES_SHOWN 10
#define NAME_COLUMNS 11  /* of a fact */
#define BUILD_ID_BYTES 8 /* that are shown */
#define NS_PER_SECOND UINT64_C(1000000000)

static void fact(const struct session *session, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fact(const struct session *session, const char *name, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    terminal_print(&session->terminal, TERMINAL_TITLE, "%-*s", NAME_COLUMNS, name);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, NAME_COLUMNS, text);
    free(text);
}

/* Adds to a text that grows; takes the old one. */
static char *joined(char *text, const char *separator, const char *more)
{
    char *longer =
        text == NULL ? xalloc_string(more) : xalloc_format("%s%s%s", text, separator, more);

    free(text);
    return longer;
}

static char *command_of(const struct recording_process *process)
{
    char *command = NULL;

    for (uint32_t at = 0; at < process->args_bytes;) {
        size_t length = strnlen(process->args + at, process->args_bytes - at);
        char *copy = xalloc_substring(process->args + at, length), *quoted = text_quoted(copy);
        command = joined(command, " ", quoted);
        free(copy);
        free(quoted);
        at += (uint32_t)length + 1;
    }
    return command != NULL ? command : xalloc_string("unknown");
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

static void print_how(const struct session *session)
{
    const struct recording_process *process = &session->recording->process;
    char *origin = NULL;
    unsigned at = 0;

    for (const char *bit; (bit = info_origin(process->origin, &at)) != NULL;)
        origin = joined(origin, " and ", bit);
    fact(session, "recorded", "heap %s, clock %s, unwinder %s, policy %s, origin %s",
         info_heap(process->heap), info_clock(process->clock), info_unwinder(process->unwinder),
         info_policy(process->policy), origin != NULL ? origin : "unknown");
    free(origin);
    if (process->writer[0] != '\0') {
        char *writer = text_printable(process->writer), *machine = text_printable(process->machine);
        fact(session, "written", "by %s on %s", writer, machine);
        free(writer);
        free(machine);
    }
    if (process->stop_reason == RING_STOP_RECORDER_GONE)
        fact(session, "stopped", "the recorder was gone; events were dropped from then on");
}

static void print_process(const struct session *session)
{
    const struct recording *recording = session->recording;
    const struct recording_process *process = &recording->process;
    char *file = text_printable(recording->path), *exe = text_printable(process->exe);
    char *ending = verdict_ending(recording), *command = command_of(process);

    fact(session, "recording", "%s (%s, %s)", file,
         recording->kind == RECORDING_RING ? "flight recorder's ring" : "trace file",
         text_bytes(recording->file_bytes).chars);
    fact(session, "host", "%s (pid %" PRIu32 ", parent %" PRIu32 ")",
         exe[0] != '\0' ? exe : "unknown", process->pid, process->ppid);
    fact(session, "command", "%s", command);
    print_time(session);
    fact(session, "ending", "the process %s", ending);
    print_how(session);
    free(file);
    free(exe);
    free(ending);
    free(command);
}

static void print_events(const struct session *session)
{
    const struct model *model = session->model;
    char *kinds = NULL;

    for (unsigned type = 1; type < EVENT_TYPES; type++) {
        if (model->events[type] == 0)
            continue;
        char *kind =
            xalloc_format("%s %s", text_count(model->events[type]).chars, event_type_name(type));
        kinds = joined(kinds, ", ", kind);
        free(kind);
    }
    fact(session, "events", "%s%s%s%s", text_count(model->event_count).chars,
         kinds != NULL ? " (" : "", kinds != NULL ? kinds : "", kinds != NULL ? ")" : "");
    free(kinds);
}

/* What the rules of the API say of what was recorded. */
static void print_contract(const struct session *session)
{
    const struct recording *recording = session->recording;
    char *whatif = whatif_sentence(recording), *missing = findings_missing(recording);

    if (recording->has_contract)
        fact(session, "contract", "%s, %s held at the end",
             text_plural(findings_count(session->model), "finding").chars,
             text_plural(recording->object_count, "object").chars);
    if (missing != NULL)
        fact(session, recording->has_contract ? "" : "contract", "%s", missing);
    if (whatif != NULL)
        fact(session, "on demand", "%s", whatif);
    free(whatif);
    free(missing);
}

static void print_losses(const struct session *session)
{
    const struct recording_losses *losses = &session->recording->losses;
    char *lost = verdict_losses(session->model);

    fact(session, "lost", "%s", lost != NULL ? lost : "nothing");
    if (losses->lost_stacks != 0)
        fact(session, "", "%s did not fit into the stack tree and stand beside their events",
             text_plural(losses->lost_stacks, "stack").chars);
    if (losses->truncated_stacks != 0)
        fact(session, "", "%s end before the thread's first frame",
             text_plural(losses->truncated_stacks, "stack").chars);
    if (losses->abandoned_operations != 0)
        fact(session, "", "%s left half done by signal handlers that jumped out of them",
             text_plural(losses->abandoned_operations, "tracing operation").chars);
    if (!session->model->from_events)
        fact(session, "numbers", "of NPN memory: from the counters that the process kept itself");
    free(lost);
}

/* Stacks are exact or they are not: whether that was looked at, and what came out. */
static void print_unwinding(const struct session *session)
{
    const struct recording_unwinding *unwinding = &session->recording->unwinding;
    uint64_t nodes = session->recording->node_count > 0 ? session->recording->node_count - 1 : 0;

    fact(session, "stacks", "%s of the stack tree%s", text_plural(nodes, "node").chars,
         session->recording->symbol_count == 0 ? "" : ", with names stored for their addresses");
    if (unwinding->guessed_stacks != 0)
        fact(session, "", "%s with guessed frames, which were found through frame pointers",
             text_plural(unwinding->guessed_stacks, "stack").chars);
    if (session->recording->process.selfcheck == 0 && unwinding->selfchecks == 0)
        return;
    if (unwinding->selfcheck_mismatches == 0)
        fact(session, "self-check", "%s unwound by libunwind as well: no difference",
             text_plural(unwinding->selfchecks, "stack").chars);
    else
        fact(session, "self-check",
             "WRONG STACKS: %s of %s unwound by libunwind as well came out differently",
             text_count(unwinding->selfcheck_mismatches).chars,
             text_plural(unwinding->selfchecks, "stack").chars);
}

static char *build_id_of(const uint8_t *build_id, size_t bytes)
{
    if (bytes == 0)
        return xalloc_string("no build-id");
    return text_build_id(build_id, bytes < BUILD_ID_BYTES ? bytes : BUILD_ID_BYTES);
}

static void add_plugin(struct table *table, const struct session *session, uint32_t id)
{
    const struct recording *recording = session->recording;
    const struct recording_plugin *plugin = &recording->plugins[id - 1];
    size_t instances = session->model->own_instances.count[id];

    char *name = verdict_plugin_name(recording, id), *path = text_printable(plugin->path);
    char *build_id = build_id_of(plugin->build_id, plugin->build_id_bytes);
    struct text numbers[] = {text_count(instances), text_count(plugin->initialize_calls),
                             text_count(plugin->shutdown_calls), text_count(plugin->unloads)};
    const char *cells[] = {
        name, numbers[0].chars, numbers[1].chars, numbers[2].chars, numbers[3].chars, build_id,
        path};
    table_add(table, TERMINAL_NAME, cells);
    free(name);
    free(path);
    free(build_id);
}

static void print_plugins(const struct session *session)
{
    static const struct table_column columns[] = {
        {"plug-in", false}, {"instances", true}, {"initialised", true}, {"shut down", true},
        {"unloaded", true}, {"build-id", false}, {"path", false},
    };
    struct table table;

    /* The path has no room on most terminals; the list of modules has it. */
    table_begin(&table, columns, sizeof(columns) / sizeof(columns[0]) - session->terminal.cut);
    for (uint32_t id = 1; id <= session->recording->plugin_count; id++)
        if (session->wanted[id])
            add_plugin(&table, session, id);
    if (table.row_count > 0) {
        putchar('\n');
        table_print(&table, &session->terminal);
    }
    table_free(&table);
}

static void print_module(const struct session *session, const struct recording_module *module)
{
    const char *note = (module->flags & RING_MODULE_TRACER) != 0 ? " (the tracer)" : "";
    char *path = text_printable(module->path[0] != '\0' ? module->path : "(unnamed)");
    char *build_id = build_id_of(module->build_id, module->build_id_bytes);
    size_t taken = 2 + 2 * BUILD_ID_BYTES + 2 + strlen(note);

    if (session->terminal.cut) {
        char *cut = paragraph_cut(path, session->terminal.width - taken, true);
        free(path);
        path = cut;
    }
    printf("  %-*s  %s%s\n", 2 * BUILD_ID_BYTES, build_id, path, note);
    free(path);
    free(build_id);
}

/* Memory that is missing from all numbers. */
static void print_unseen(const struct session *session)
{
    for (size_t i = 0; i < session->recording->module_count; i++) {
        const struct recording_module *module = &session->recording->modules[i];
        if (!info_hides_allocator(module))
            continue;
        char *path = text_printable(module->path[0] != '\0' ? module->path : "(unnamed)");
        fact(session, "unseen", "%s has an allocator of its own: its calls cannot be recorded",
             path);
        free(path);
    }
}

/* What is not known of a plug-in, NULL: nothing. */
static const char *unknown_of_plugin(uint32_t flags)
{
    if ((flags & RING_PLUGIN_UNSEEN) != 0)
        return "its calls went straight to its host: nothing of it is recorded";
    if ((flags & RING_PLUGIN_BY_CALLER) != 0)
        return "told apart by the addresses of its calls: no instances, and what it gave to the "
               "host was not seen";
    if ((flags & RING_PLUGIN_CLASS_UNSEEN) != 0)
        return "a class of its objects could not be observed: what those gave to the host was not "
               "seen";
    return NULL;
}

static void print_unknown(const struct session *session)
{
    for (uint32_t id = 1; id <= session->recording->plugin_count; id++) {
        const char *unknown = unknown_of_plugin(session->recording->plugins[id - 1].flags);
        if (unknown == NULL || !session->wanted[id])
            continue;
        char *name = verdict_plugin_name(session->recording, id);
        fact(session, "plug-in", "%s: %s", name, unknown);
        free(name);
    }
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
    for (size_t i = 0; i < recording->module_count && i < limit; i++)
        print_module(session, &recording->modules[i]);
    if (recording->module_count > limit)
        printf("  ... and %s more; --limit=0 shows all\n",
               text_count(recording->module_count - limit).chars);
}

void info_print_text(const struct session *session)
{
    char *verdict = verdict_sentence(session->model);

    paragraph_print(&session->terminal,
                    verdict_is_bad(session->model) ? TERMINAL_BAD : TERMINAL_GOOD, 0, verdict);
    putchar('\n');
    print_process(session);
    print_events(session);
    print_contract(session);
    print_losses(session);
    print_unwinding(session);
    print_unseen(session);
    print_unknown(session);
    print_plugins(session);
    print_modules(session);
    putchar('\n');
    session_print_next(session, "report");
    free(verdict);
}
