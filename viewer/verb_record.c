/* viewer/verb_record.c - npntrace record: run a host and record what its plug-ins allocate */
/* SPDX-License-Identifier: MIT */

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "recorder/recorder.h"
#include "viewer/symbols.h"
#include "viewer/verb.h"

enum option_key { OPTION_FORCE = 256, OPTION_NO_SYMBOLS, OPTION_SIZE, OPTION_POLICY };

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0,
     "Write to FILE; %h stands for the host's name, %p for its pid (default: " RECORDER_DEFAULT_OUTPUT
     ")", 0},
    {"force", OPTION_FORCE, NULL, 0, "Replace FILE if it exists", 0},
    {"no-symbols", OPTION_NO_SYMBOLS, NULL, 0,
     "Do not store functions, files and lines; the recording can then be read in full only where "
     "the same programs are installed", 0},
    {"size", OPTION_SIZE, "BYTES", 0,
     "Memory shared with each recorded process, with K, M or G (default: 256M; used as needed)", 0},
    {"policy", OPTION_POLICY, "block|drop", 0,
     "When that memory is full: make the host wait, or drop and count events (default: block)", 0},
    {"quiet", 'q', NULL, 0, "Print warnings and errors only", 0},
    {0}};

static const char arguments_text[] = "COMMAND [ARGUMENT...]";
static const char description[] =
    "Run COMMAND and record, for every process of it that meets an NPAPI plug-in, each NPN_MemAlloc, "
    "NPN_MemFree and NPN_MemFlush with its call stack."
    "\vThe exit status is COMMAND's (128 + the signal that ended it), or 2 if it could not be recorded. "
    "Nothing is written to standard output.";

struct record {
    struct recorder_options recorder;
    bool quiet;
    bool no_symbols;
    char **command;
};

/* ---- the command line --------------------------------------------------------------------------------- */

static uint64_t parse_size(struct argp_state *state, const char *text)
{
    static const char suffixes[] = "KMG";
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const char *suffix = *end != '\0' ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
    unsigned shift = suffix != NULL ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    if (errno != 0 || end == text || *text == '-' || (*end != '\0' && suffix == NULL) ||
        (suffix != NULL && end[1] != '\0') || number > RING_MAX_BYTES >> shift ||
        number << shift < RING_MIN_BYTES)
        argp_error(state, "--size=%s: not a size between 1M and 64G", text);
    return number << shift;
}

static enum ring_policy parse_policy(struct argp_state *state, const char *text)
{
    if (strcmp(text, "block") == 0)
        return RING_BLOCK;
    if (strcmp(text, "drop") != 0)
        argp_error(state, "--policy=%s: neither 'block' nor 'drop'", text);
    return RING_DROP;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct record *record = state->input;

    switch (key) {
    case 'o':
        record->recorder.output = argument;
        return 0;
    case 'q':
        record->quiet = true;
        return 0;
    case OPTION_FORCE:
        record->recorder.force = true;
        return 0;
    case OPTION_NO_SYMBOLS:
        record->no_symbols = true;
        return 0;
    case OPTION_SIZE:
        record->recorder.ring_bytes = parse_size(state, argument);
        return 0;
    case OPTION_POLICY:
        record->recorder.policy = parse_policy(state, argument);
        return 0;
    case ARGP_KEY_ARG: /* the first word that is no option: the rest is the command's */
        record->command = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no command to record");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- symbols ------------------------------------------------------------------------------------------- */

static size_t look_up(void *context, const struct trace_module *module, const char *path,
                      uint64_t address, struct symbolize_frame *frames, size_t capacity,
                      bool *ret_verified)
{
    struct symbols_module *opened =
        symbols_module(context, path, module->build_id, module->build_id_bytes);
    const struct symbols_frame *found;
    size_t count = symbols_lookup(opened, address, &found);

    *ret_verified = symbols_module_state(opened) == SYMBOLS_GOOD;
    if (count > capacity)
        count = capacity;
    for (size_t i = 0; i < count; i++)
        frames[i] = (struct symbolize_frame){
            .function = found[i].function,
            .file = found[i].file,
            .line = found[i].line,
            .inlined = found[i].inlined,
        };
    return count;
}

/* ---- what is printed ------------------------------------------------------------------------------------ */

static void say(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "npntrace record: %s\n", line);
}

static void print_bytes(uint64_t bytes)
{
    if (bytes < 10 * 1024)
        fprintf(stderr, "%" PRIu64 " bytes", bytes);
    else if (bytes < UINT64_C(10) << 20)
        fprintf(stderr, "%" PRIu64 " KiB", bytes >> 10);
    else
        fprintf(stderr, "%" PRIu64 " MiB", bytes >> 20);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static const char *moment(const struct recorder_result *result)
{
    if (result->end_reason == TRACE_END_RECORDER)
        return "when recording stopped";
    if (result->end_reason == TRACE_END_EXEC)
        return "when it executed another program";
    return result->exit_kind == TRACE_EXIT_SIGNAL ? "when it was killed" : "at exit";
}

static void print_verdict(const struct recorder_result *result)
{
    for (size_t i = 0; i < result->plugin_count; i++) {
        const struct recorder_plugin *plugin = &result->plugins[i];
        const struct trace_counters *npn = &plugin->npn;

        fprintf(stderr,
                "npntrace record: %s: %" PRIu64 " block%s, %" PRIu64 " byte%s live %s; %" PRIu64
                " allocation%s",
                plugin->name ? plugin->name : "?", npn->live_blocks, plural(npn->live_blocks),
                npn->live_bytes, plural(npn->live_bytes), moment(result), npn->allocs,
                plural(npn->allocs));
        if (result->lost_events == 0)
            fputs(", nothing lost\n", stderr);
        else
            fprintf(stderr, ", %" PRIu64 " event%s lost\n", result->lost_events,
                    plural(result->lost_events));
    }
    if (result->plugin_count == 0)
        fputs("npntrace record: no plug-in was listed\n", stderr);
    if (result->untracked_blocks > 0)
        fprintf(stderr,
                "npntrace record: %" PRIu64 " block%s beyond the table of live blocks: leaks are "
                "incomplete; give a larger --size\n",
                result->untracked_blocks, plural(result->untracked_blocks));
}

/* The path as one word of the shell. */
static void print_quoted(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+@%=";

    if (*path != '\0' && strspn(path, plain) == strlen(path)) {
        fputs(path, stderr);
        return;
    }
    fputc('\'', stderr);
    for (; *path != '\0'; path++)
        if (*path == '\'')
            fputs("'\\''", stderr);
        else
            fputc(*path, stderr);
    fputc('\'', stderr);
}

static void print_result(const struct recorder_result *result)
{
    fprintf(stderr, "npntrace record: %s (pid %" PRIu32 "): ", result->host ? result->host : "?",
            result->pid);
    if (result->path == NULL) {
        fprintf(stderr, "not recorded: %s\n", strerror(-result->error));
        return;
    }
    fprintf(stderr, "%s, ", result->path);
    print_bytes(result->file_bytes);
    fprintf(stderr, ", %" PRIu64 " event%s%s\n", result->events, plural(result->events),
            result->error != 0 ? ", INCOMPLETE" : "");
    print_verdict(result);
    fputs("npntrace record: next: npntrace leaks ", stderr);
    print_quoted(result->path);
    fputc('\n', stderr);
}

static void print_nothing(const struct recorder_report *report, const char *command)
{
    if (report->refused > 0)
        fprintf(stderr,
                "npntrace record: nothing was recorded: %u process%s met a plug-in, but could not be "
                "given memory (another user's, or in another pid namespace)\n",
                report->refused, report->refused == 1 ? "" : "es");
    else if (report->why != NULL)
        fprintf(stderr, "npntrace record: nothing was recorded in '%s': %s; no process that it "
                        "started met a plug-in\n", command, report->why);
    else
        fprintf(stderr, "npntrace record: nothing was recorded: no process of '%s' met a plug-in "
                        "(none called NP_Initialize or NPN_MemAlloc); no file was made\n", command);
}

static void print_report(const struct record *record, const struct recorder_report *report)
{
    if (report->result_count == 0)
        print_nothing(report, record->command[0]);
    for (size_t i = 0; i < report->result_count; i++)
        if (!record->quiet)
            print_result(&report->results[i]);
}

int verb_record(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, arguments_text, description, NULL, NULL, NULL};
    struct symbolize_lookup lookup = {.frames = look_up};
    struct recorder_report report;
    struct record record = {
        .recorder = {
            .output = RECORDER_DEFAULT_OUTPUT,
            .ring_bytes = RECORDER_DEFAULT_BYTES,
            .policy = RING_BLOCK,
            .writer = PACKAGE_STRING,
            .interactive = isatty(STDERR_FILENO) == 1,
            .say = say,
        },
    };

    argp_err_exit_status = STATUS_TROUBLE;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &record);
    if (!record.no_symbols) {
        lookup.context = symbols_new();
        record.recorder.lookup = &lookup;
    }
    int error = recorder_run(&record.recorder, record.command, &report);
    int status = STATUS_TROUBLE;
    if (error == 0) {
        print_report(&record, &report);
        status = WIFSIGNALED(report.wait_status) ? 128 + WTERMSIG(report.wait_status)
                                                 : WEXITSTATUS(report.wait_status);
        recorder_report_free(&report);
    }
    if (lookup.context != NULL)
        symbols_free(lookup.context);
    return status;
}
