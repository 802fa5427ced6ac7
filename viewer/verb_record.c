/* viewer/verb_record.c - npntrace record: run a host and record what its plug-ins allocate */
/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "recorder/recorder.h"
#include "viewer/each.h"
#include "viewer/message.h"
#include "viewer/options.h"
#include "viewer/record_text.h"
#include "viewer/record_whatif.h"
#include "viewer/symbols.h"
#include "viewer/text.h"
#include "viewer/verb.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum option_key {
    OPTION_FORCE = 256,
    OPTION_NO_SYMBOLS,
    OPTION_SIZE,
    OPTION_POLICY,
    OPTION_HEAP,
    OPTION_FOLLOW,
    OPTION_SELFCHECK,
    OPTION_TEST_RATE,
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0,
     "write to FILE; %h stands for the host's name, %p for its pid "
     "(default: " RECORDER_DEFAULT_OUTPUT ")",
     0},
    {"force", OPTION_FORCE, NULL, 0, "replace FILE if it exists", 0},
    {"no-symbols", OPTION_NO_SYMBOLS, NULL, 0,
     "do not store functions, files and lines; the recording can then be read in full only where "
     "the same programs are installed",
     0},
    {"size", OPTION_SIZE, "BYTES", 0,
     "memory shared with each recorded process, with K, M or G (default: 256M; used as needed)", 0},
    {"policy", OPTION_POLICY, "block|drop", 0,
     "when the memory shared with a process is full: make the host wait, or drop and count events "
     "(default: block)",
     0},
    {"heap", OPTION_HEAP, "plugins|all", 0,
     "record malloc, free and their family as well: the calls of plug-ins and of the libraries "
     "they bring, or of the whole program from its start",
     0},
    {"follow", OPTION_FOLLOW, "GLOB", 0,
     "with --heap=all: record the programs whose names match, '*' for all "
     "(default: the program that COMMAND is)",
     0},
    {"selfcheck", OPTION_SELFCHECK, "N", 0,
     "unwind every N-th call stack with libunwind as well, and count differences", 0},
    {"test-rate", OPTION_TEST_RATE, "EVENTS", OPTION_HIDDEN,
     "take at most EVENTS a second, as a slow machine would", 0},
    {"quiet", 'q', NULL, 0, "print warnings and errors only", 0},
    {0}};

static const char arguments_text[] = "COMMAND [ARGUMENT...]";
static const char description[] =
    "Run COMMAND and record, for every process of it that meets an NPAPI plug-in, each "
    "NPN_MemAlloc, NPN_MemFree and NPN_MemFlush with its call stack; with --heap also malloc and "
    "its family."
    "\vThe exit status is COMMAND's (128 + the signal that ended it), or 2 if it could not be "
    "recorded. Nothing is written to standard output. With --fail-npn=each a table of the runs is, "
    "and the exit status is 0 if all of them ended as the one without failures, 1 if one did not, "
    "2 if there was nothing to "
    "try or it was stopped."
    "\n\nExample:\n"
    "  npntrace record --heap=all -o run.npt python3 -c 'print(1)'";

static const char default_output[] = RECORDER_DEFAULT_OUTPUT;

struct record {
    struct recorder_options recorder;
    bool quiet;
    bool no_symbols;
    char **command;
    struct record_whatif whatif;
};

/* ---- the command line -------------------------------------------------------------------- */

static error_t parse_size(struct record *record, const char *text, struct argp_state *state)
{
    static const char suffixes[] = "KMG";
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const char *suffix = *end != '\0' ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
    unsigned shift = suffix != NULL ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    const char *rest = suffix != NULL ? end + 1 : end;
    if (errno != 0 || !isdigit((unsigned char)*text) || *rest != '\0' ||
        number > RING_MAX_BYTES >> shift || number << shift < RING_MIN_BYTES)
        return options_wrong(state, "--size=%s: give a size from 1M to 64G", text);
    record->recorder.ring_bytes = number << shift;
    return 0;
}

static error_t parse_policy(struct record *record, const char *text, struct argp_state *state)
{
    if (strcmp(text, "block") == 0)
        record->recorder.policy = RING_BLOCK;
    else if (strcmp(text, "drop") == 0)
        record->recorder.policy = RING_DROP;
    else
        return options_wrong(state, "--policy=%s: give block or drop", text);
    return 0;
}

static error_t parse_heap(struct record *record, const char *text, struct argp_state *state)
{
    if (strcmp(text, "plugins") == 0)
        record->recorder.heap = RING_HEAP_PLUGINS;
    else if (strcmp(text, "all") == 0)
        record->recorder.heap = RING_HEAP_ALL;
    else
        return options_wrong(state, "--heap=%s: give plugins or all", text);
    return 0;
}

/* A number from 1 to UINT_MAX. */
static error_t parse_number(unsigned *ret_number, const char *option, const char *text,
                            struct argp_state *state)
{
    char *end;

    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || !isdigit((unsigned char)*text) || *end != '\0' || number == 0 ||
        number > UINT_MAX)
        return options_wrong(state, "--%s=%s: give a number from 1 to %u", option, text, UINT_MAX);
    *ret_number = (unsigned)number;
    return 0;
}

static error_t check_together(struct record *record, struct argp_state *state)
{
    if (record->recorder.follow != NULL && record->recorder.heap != RING_HEAP_ALL)
        return options_wrong(state, "--follow=%s: programs are followed with --heap=all only",
                             record->recorder.follow);
    if (record->whatif.each && record->recorder.output != default_output)
        return options_wrong(state, "--fail-npn=each makes no recordings that stay: leave out -o");
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct record *record = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &record->whatif; return 0;
    case 'o': record->recorder.output = argument; return 0;
    case 'q': record->quiet = true; return 0;
    case OPTION_FORCE: record->recorder.force = true; return 0;
    case OPTION_NO_SYMBOLS: record->no_symbols = true; return 0;
    case OPTION_SIZE: return parse_size(record, argument, state);
    case OPTION_POLICY: return parse_policy(record, argument, state);
    case OPTION_HEAP: return parse_heap(record, argument, state);
    case OPTION_FOLLOW:
        if (*argument == '\0')
            return options_wrong(state, "--follow=: give a program's name or a pattern");
        record->recorder.follow = argument;
        return 0;
    case OPTION_SELFCHECK:
        return parse_number(&record->recorder.selfcheck, "selfcheck", argument, state);
    case OPTION_TEST_RATE:
        return parse_number(&record->recorder.test_events_per_second, "test-rate", argument, state);
    case ARGP_KEY_ARG: /* the first word that is no option: the rest is the command's */
        record->command = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS: return options_wrong(state, "name the command to record");
    case ARGP_KEY_END: return check_together(record, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&options_help_argp, 0, NULL, 0}, {&record_whatif_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = arguments_text,
    .doc = description,
    .children = children,
};

/* As options_parse(), but what follows the command is the command's. */
static void parse(int argc, char **argv, struct record *record)
{
    unsigned flags = ARGP_IN_ORDER | ARGP_NO_EXIT | ARGP_NO_HELP;

    if (argp_parse(&argp, argc, argv, flags, NULL, record) == 0)
        return;
    fprintf(stderr, "\"%s --help\" lists the options.\n", argv[0]);
    exit(STATUS_TROUBLE);
}

/* ---- symbols ----------------------------------------------------------------------------- */

static size_t look_up(void *context, const struct trace_module *module, const char *path,
                      uint64_t address, struct symbolize_frame *frames, size_t capacity,
                      bool *ret_verified)
{
    unsetenv("DEBUGINFOD_URLS"); /* nobody that is being recorded shall wait for a server */
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

/* ---- running it ------------------------------------------------------------------------- */

static void say(void *context, const char *line)
{
    (void)context;
    message("%s", line);
}

/* A recording must not become descriptor 2 because that was closed: messages would go into it. The
 * command finds them closed as they were. */
static void occupy_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static int record_once(struct record *record)
{
    struct symbolize_lookup lookup = {.frames = look_up};
    struct recorder_report report;

    if (!record_whatif_apply(&record->whatif))
        return STATUS_TROUBLE;
    if (!record->no_symbols) {
        lookup.context = symbols_new();
        record->recorder.lookup = &lookup;
    }
    int error = recorder_run(&record->recorder, record->command, &report);
    int status = STATUS_TROUBLE;
    if (error == 0) {
        record_text_print(&report, record->command[0], record->quiet);
        status = WIFSIGNALED(report.wait_status) ? 128 + WTERMSIG(report.wait_status)
                                                 : WEXITSTATUS(report.wait_status);
        recorder_report_free(&report);
    }
    if (lookup.context != NULL)
        symbols_free(lookup.context);
    return status;
}

/* One of many runs: what is asked of its recording is read here and now, without stored symbols. */
static int record_for_each(void *context, const char *file, int *ret_wait_status)
{
    struct record *record = context;
    struct recorder_report report;

    record->recorder.output = file;
    record->recorder.interactive = false;
    if (!record_whatif_apply(&record->whatif))
        return -ENOMEM;
    int error = recorder_run(&record->recorder, record->command, &report);
    if (error == 0) {
        *ret_wait_status = report.wait_status;
        recorder_report_free(&report);
    }
    return error;
}

static int record_each(struct record *record)
{
    struct each each = {
        .whatif = &record->whatif,
        .command = record->command,
        .record = record_for_each,
        .context = record,
    };

    return each_all(&each);
}

int verb_record(int argc, char **argv)
{
    struct record record = {
        .recorder =
            {
                .output = default_output,
                .ring_bytes = RECORDER_DEFAULT_BYTES,
                .policy = RING_BLOCK,
                .writer = PACKAGE_STRING,
                .interactive = isatty(STDERR_FILENO) == 1,
                .say = say,
            },
        .whatif = RECORD_WHATIF_DEFAULTS,
    };

    parse(argc, argv, &record);
    occupy_standard_descriptors();
    return record.whatif.each ? record_each(&record) : record_once(&record);
}
