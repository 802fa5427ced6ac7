/* tests/bench/workload.c: the program whose allocations the benchmark times. */
/* SPDX-License-Identifier: MIT */

/*
 * workload pairs|pipe|containers|npn [--NAME=NUMBER]...
 *
 * Does one seeded piece of work, times its own loop, and prints one line of JSON on standard output
 * as the last thing: {"work": "pairs", "pairs": 1000000, "elapsed_ns": ..., ...}. Whoever traces it
 * sees the same calls every time.
 */

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/call_tree.h"
#include "tests/bench/containers.h"
#include "tests/bench/npn.h"
#include "tests/bench/walks.h"

struct workload {
    struct walks_settings walks;
    uint64_t rounds;    /* of the containers */
    uint64_t histogram; /* 1: print one; what is measured is worth nothing then */
    uint64_t sum;       /* of what the containers held */
    const char *plugin;
    struct walks_result result;
};

/* Numbers from the command line, and where they go. */
struct number {
    const char *name;
    uint64_t first, minimum, maximum;
    uint64_t value;
};

enum number_key { THREADS, DEPTH, FRESH, PHASES, SLOTS, PAIRS, WARMUP, SEED, ROUNDS, HISTOGRAM };

static struct number numbers[] = {
    [THREADS] = {"threads", 1, 1, WALKS_MAX_THREADS, 0},
    [DEPTH] = {"depth", 40, 1, CALL_TREE_MAX_LEVELS, 0},
    [FRESH] = {"fresh-permille", 3000, 0, 6000, 0},
    [PHASES] = {"phases", 16, 1, 65536, 0},
    [SLOTS] = {"slots", 1024, 1, 1u << 24, 0},
    [PAIRS] = {"pairs", 1000000, 1, UINT64_C(1) << 40, 0},
    [WARMUP] = {"warmup", 100000, 1, UINT64_C(1) << 40, 0},
    [SEED] = {"seed", 1, 0, UINT64_MAX, 0},
    [ROUNDS] = {"rounds", 100000, 1, UINT64_C(1) << 40, 0},
    [HISTOGRAM] = {"histogram", 0, 0, 1, 0},
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static uint64_t histogram[CALL_TREE_MAX_FRESH];

/* ---- the command line --------------------------------------------------------------------- */

static _Noreturn void wrong(const char *argument, const char *what)
{
    fprintf(stderr, "workload: %s: %s\n", argument, what);
    exit(2);
}

static void parse_number(struct number *number, const char *argument, const char *text)
{
    char *end;

    errno = 0;
    number->value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
        number->value < number->minimum || number->value > number->maximum)
        wrong(argument, "not a number that is possible here");
}

static void parse_argument(struct workload *workload, const char *argument)
{
    static const char plugin[] = "--plugin=";

    if (strncmp(argument, plugin, strlen(plugin)) == 0) {
        workload->plugin = argument + strlen(plugin);
        return;
    }
    for (struct number *number = numbers; number < numbers + NUMBERS; number++) {
        size_t length = strlen(number->name);
        if (strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, number->name, length) == 0 &&
            argument[2 + length] == '=') {
            parse_number(number, argument, argument + 2 + length + 1);
            return;
        }
    }
    wrong(argument, "no such option");
}

static void parse(struct workload *workload, int argc, char **argv)
{
    for (struct number *number = numbers; number < numbers + NUMBERS; number++)
        number->value = number->first;
    for (int i = 2; i < argc; i++)
        parse_argument(workload, argv[i]);
    workload->rounds = numbers[ROUNDS].value;
    workload->histogram = numbers[HISTOGRAM].value;
    workload->walks = (struct walks_settings){
        .threads = (unsigned)numbers[THREADS].value,
        .depth = (unsigned)numbers[DEPTH].value,
        .fresh_permille = (unsigned)numbers[FRESH].value,
        .phases = (unsigned)numbers[PHASES].value,
        .slots = (unsigned)numbers[SLOTS].value,
        .pairs = numbers[PAIRS].value,
        .warmup_pairs = numbers[WARMUP].value,
        .seed = numbers[SEED].value,
        .histogram = numbers[HISTOGRAM].value != 0 ? histogram : NULL,
        .allocate = malloc,
        .release = free,
    };
    *(void **)&workload->walks.count_events = dlsym(RTLD_DEFAULT, "bench_twin_events");
    if ((workload->walks.slots & (workload->walks.slots - 1)) != 0)
        wrong("--slots", "not a power of two");
}

/* ---- kinds of work ------------------------------------------------------------------------ */

static int run_pairs(struct workload *workload)
{
    return walks_run(&workload->walks, &workload->result);
}

static int run_pipe(struct workload *workload)
{
    if (workload->walks.threads % 2 != 0)
        wrong("pipe", "needs an even --threads");
    workload->walks.pipe = true;
    return walks_run(&workload->walks, &workload->result);
}

static int run_npn(struct workload *workload)
{
    if (workload->plugin == NULL)
        wrong("npn", "needs --plugin=FILE");
    return npn_host_run(workload->plugin, &workload->walks, &workload->result);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int run_containers(struct workload *workload)
{
    const struct walks_settings *settings = &workload->walks;
    struct walks_result *result = &workload->result;
    uint64_t sum = containers_run(settings->seed, workload->rounds / 10);

    uint64_t events = settings->count_events != NULL ? settings->count_events() : 0;
    uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID), start_ns = now_ns(CLOCK_MONOTONIC);
    sum += containers_run(settings->seed, workload->rounds);
    result->elapsed_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
    result->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
    if (settings->count_events != NULL)
        result->events = settings->count_events() - events;
    workload->walks.pairs = 0;
    workload->sum = sum;
    return 0;
}

static const struct work {
    const char *name;
    int (*run)(struct workload *workload);
} works[] = {
    {"pairs", run_pairs},
    {"pipe", run_pipe},
    {"npn", run_npn},
    {"containers", run_containers},
};

/* ---- what is printed ---------------------------------------------------------------------- */

static void print_histogram(void)
{
    const char *comma = "";

    printf(", \"fresh\": {");
    for (unsigned fresh = 0; fresh < CALL_TREE_MAX_FRESH; fresh++) {
        if (histogram[fresh] == 0)
            continue;
        printf("%s\"%u\": %" PRIu64, comma, fresh, histogram[fresh]);
        comma = ", ";
    }
    printf("}");
}

/* Of this program alone: what getrusage() says includes the process that it was forked from. */
static unsigned long peak_kib(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long kib = 0;
    char line[256];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "VmHWM: %lu", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

static void print_result(const struct workload *workload, const char *name)
{
    const struct walks_settings *settings = &workload->walks;
    const struct walks_result *result = &workload->result;

    printf("{\"work\": \"%s\", \"threads\": %u, \"pairs\": %" PRIu64 ", \"elapsed_ns\": %" PRIu64
           ", \"cpu_ns\": %" PRIu64 ", \"allocs\": %" PRIu64 ", \"frees\": %" PRIu64
           ", \"events\": %" PRIu64 ", \"sum\": %" PRIu64 ", \"depth\": %u, \"peak_kib\": %lu",
           name, settings->threads, settings->pairs, result->elapsed_ns, result->cpu_ns,
           result->allocs, result->frees, result->events, workload->sum, result->depth, peak_kib());
    if (workload->histogram != 0)
        print_histogram();
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct workload workload;

    for (size_t i = 0; argc > 1 && i < sizeof(works) / sizeof(works[0]); i++) {
        if (strcmp(argv[1], works[i].name) != 0)
            continue;
        parse(&workload, argc, argv);
        int error = works[i].run(&workload);
        if (error != 0)
            wrong(argv[1], strerror(-error));
        print_result(&workload, argv[1]);
        return 0;
    }
    fprintf(stderr, "usage: workload pairs|pipe|containers|npn [--NAME=NUMBER]...\n");
    return 2;
}
