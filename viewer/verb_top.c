/* viewer/verb_top.c - npntrace top: what plug-ins hold and do now */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/clock_now.h"
#include "viewer/follow_process.h"
#include "viewer/host_process.h"
#include "viewer/message.h"
#include "viewer/newest.h"
#include "viewer/top.h"
#include "viewer/top_screen.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INTERVAL_DEFAULT_NS UINT64_C(1000000000)
#define INTERVAL_LEAST_S 0.1
#define INTERVAL_MOST_S 86400.0
#define REST_TIMES 9 /* at least so many times as long as a look took, nothing is read */
#define JSON_STACKS 20

enum { KEY_INTERVAL = 0x200, KEY_COUNT, KEY_SORT };

struct top_options {
    struct options shared;
    uint64_t interval_ns;
    uint64_t count; /* looks, 0: no end */
    bool has_count;
    enum top_column sort;
};

static const struct argp_option top_options[] = {
    {"interval", KEY_INTERVAL, "SECONDS", 0, "look so often (default: 1)", 0},
    {"count", KEY_COUNT, "N", 0,
     "end after so many looks; 0: never (default on a terminal; else 1)", 0},
    {"sort", KEY_SORT, "COLUMN", 0,
     "largest first: name, live, growth, rate, peak, calls, blocks, allocs, bytes "
     "(default: live)",
     0},
    {0},
};

static int parse_interval(struct top_options *options, const char *argument,
                          struct argp_state *state)
{
    char *end;
    double seconds = strtod(argument, &end);

    if (end == argument || *end != '\0' || !(seconds >= INTERVAL_LEAST_S) ||
        seconds > INTERVAL_MOST_S)
        return options_wrong(state, "--interval=%s: give seconds, from 0.1 to 86400", argument);
    options->interval_ns = (uint64_t)(seconds * 1e9);
    return 0;
}

static int parse_count(struct top_options *options, const char *argument, struct argp_state *state)
{
    char *end;

    errno = 0;
    options->count = strtoull(argument, &end, 10);
    options->has_count = true;
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0)
        return options_wrong(state, "--count=%s: give a number, 0 for no end", argument);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct top_options *options = state->input;
    int chosen;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case KEY_INTERVAL: return parse_interval(options, argument, state);
    case KEY_COUNT: return parse_count(options, argument, state);
    case KEY_SORT:
        chosen = choose_by_name("column", argument, top_column_names, TOP_COLUMNS);
        options->sort = (enum top_column)chosen;
        return chosen < 0 ? EINVAL : 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = top_options,
    .parser = parse,
    .args_doc = "[PID|FILE]",
    .doc = "Show what each plug-in and each of its instances holds and allocates, again and again "
           "while the host runs. Nothing is done to the host; what it costs is reading what it has "
           "recorded anyway."
           "\vPID is a process that is being recorded, or one that has started such a process. "
           "Without it the newest recording in the current directory is read. On a terminal \"?\" "
           "shows the keys; in a pipe the page is printed once."
           OPTIONS_EXAMPLE("top run.npt"),
    .children = children,
};

/* ---- which recording ------------------------------------------------------------------------ */

/* A number is a process, unless it is written like a path ("./4711"). */
static bool is_pid(const char *text, uint32_t *ret_pid)
{
    char *end;

    errno = 0;
    unsigned long pid = strtoul(text, &end, 10);
    *ret_pid = (uint32_t)pid;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && pid <= INT32_MAX;
}

static struct follow *open_file(struct options *options)
{
    const char *file = options_file(options);
    struct problem problem;

    if (file == NULL)
        return NULL;
    struct follow *follow = follow_open(file, &problem);
    if (follow == NULL)
        message_problem(file, &problem, NULL);
    return follow;
}

static struct follow *open_recording(struct options *options)
{
    struct problem problem;
    uint32_t pid;
    char *name;

    if (options->file == NULL || !is_pid(options->file, &pid))
        return open_file(options);
    int fd = follow_process_open(pid, &name);
    if (fd < 0)
        return NULL;
    struct follow *follow = follow_open_fd(fd, name, &problem);
    if (follow == NULL)
        message_problem(name, &problem, NULL);
    free(name);
    return follow;
}

/* ---- looking -------------------------------------------------------------------------------- */

struct watch {
    struct live *live;
    struct top_choice choice;
    struct problem problem;
    uint64_t interval_ns;
    uint64_t looks_left; /* 0: no end */
    uint64_t due_ns;
};

static void plan(struct watch *watch)
{
    uint64_t rest_ns = watch->live->follow->work_ns * REST_TIMES;

    watch->due_ns = clock_now_ns() + (rest_ns > watch->interval_ns ? rest_ns : watch->interval_ns);
}

static void look(struct watch *watch)
{
    watch->choice.trouble = live_look(watch->live, &watch->problem) ? NULL : watch->problem.text;
    plan(watch);
}

/* Milliseconds to the next look, rounded up. */
static int wait_ms(const struct watch *watch)
{
    uint64_t now = clock_now_ns();

    if (watch->choice.is_paused)
        return 60000;
    if (now >= watch->due_ns)
        return 0;
    uint64_t left_ms = (watch->due_ns - now + 999999) / 1000000;
    return left_ms > 60000 ? 60000 : (int)left_ms;
}

static void show(struct watch *watch, struct top_page *page)
{
    size_t width, height;

    top_page_free(page);
    top_screen_size(&width, &height);
    top_page_make(page, watch->live, &watch->choice, width, height);
    top_screen_paint(page);
}

/* False: that was the last look that was asked for. */
static bool look_if_due(struct watch *watch)
{
    if (watch->choice.is_paused || clock_now_ns() < watch->due_ns)
        return true;
    if (watch->looks_left == 1)
        return false;
    if (watch->looks_left != 0)
        watch->looks_left--;
    look(watch);
    return true;
}

static int run_on_terminal(struct watch *watch, enum terminal_color color)
{
    struct top_page page = {0};

    if (!top_screen_begin(color))
        return STATUS_TROUBLE;
    do {
        show(watch, &page);
        int key = top_screen_key(wait_ms(watch));
        if (top_screen_signal() != 0)
            break;
        if (key >= 0 && !top_key(watch->live, &watch->choice, &page, key))
            break;
    } while (look_if_due(watch));
    top_page_free(&page);
    top_screen_end();
    if (top_screen_signal() != 0)
        top_screen_die(top_screen_signal());
    return STATUS_GOOD;
}

static void print_page(struct watch *watch, const struct top_options *options)
{
    struct top_page page;

    if (options->shared.json) {
        top_json_print(watch->live, &watch->choice,
                       options->shared.has_limit && options->shared.limit == 0 ? SIZE_MAX
                       : options->shared.has_limit ? (size_t)options->shared.limit
                                                   : JSON_STACKS);
        return;
    }
    top_page_make(&page, watch->live, &watch->choice, TOP_NO_LIMIT, TOP_NO_LIMIT);
    for (size_t i = 0; i < page.count; i++) {
        size_t length = strlen(page.lines[i].text);
        while (length > 0 && page.lines[i].text[length - 1] == ' ')
            length--;
        printf("%.*s\n", (int)length, page.lines[i].text);
    }
    top_page_free(&page);
}

static void sleep_until(uint64_t due_ns)
{
    struct timespec due = {(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
        ;
}

/* What cannot be read any more, of a process that has gone, will not get better. */
static bool is_hopeless(const struct watch *watch)
{
    const struct recording_process *process = &watch->live->follow->recording->process;

    return watch->choice.trouble != NULL &&
           !host_process_runs(process->outer_pid, process->start_ticks, process->boot_id);
}

/* One page after the other, until the reader has gone or the host has ended. */
static int run_in_pipe(struct watch *watch, const struct top_options *options)
{
    for (uint64_t i = 1;; i++) {
        print_page(watch, options);
        if (fflush(stdout) != 0 || i == watch->looks_left || !follow_goes_on(watch->live->follow))
            return STATUS_GOOD;
        if (!options->shared.json)
            putchar('\n');
        sleep_until(watch->due_ns);
        look(watch);
        if (is_hopeless(watch)) {
            message("%s: cannot look again: %s", watch->live->follow->name, watch->choice.trouble);
            return STATUS_TROUBLE;
        }
    }
}

static int run(struct top_options *options)
{
    struct watch watch = {.interval_ns = options->interval_ns, .choice = {.sort = options->sort}};
    bool on_terminal = !options->shared.json && top_screen_possible();
    struct follow *follow = open_recording(&options->shared);

    if (follow == NULL)
        return STATUS_TROUBLE;
    watch.live = live_begin(follow, &options->shared);
    watch.looks_left = options->has_count ? options->count : on_terminal ? 0 : 1;
    plan(&watch);
    int status =
        on_terminal ? run_on_terminal(&watch, options->shared.color) : run_in_pipe(&watch, options);
    live_close(watch.live);
    return status;
}

int verb_top(int argc, char **argv)
{
    struct top_options options = {.interval_ns = INTERVAL_DEFAULT_NS, .sort = TOP_LIVE};

    options_parse(&argp, argc, argv, &options);
    int status = run(&options);
    options_free(&options.shared);
    return status;
}
