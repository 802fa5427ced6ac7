/* viewer/export_callgrind.c - the format of valgrind's callgrind, version 1 */
/* SPDX-License-Identifier: MIT */

/*
 * A function's own cost is what was allocated by calls from it, at their lines. A call's inclusive
 * cost is what was allocated below it. The count of a call is that of the allocations below, since
 * nobody counted calls.
 *
 * Readers take a function's inclusive cost to be that of all calls of it. So that recursion does
 * not make it more than there was, only the outermost call of a function in a stack has the
 * stack's cost; those within it cost nothing.
 *
 *   fl=(3) text.cc            <- costs of (function, line, callee); callee 0: own
 *   fn=(3) append
 *   118 640 10 0 0
 *   cfn=(4) grow
 *   calls=2 0
 *   31 1280 2 0 0
 */
#include "config.h"
#include "viewer/export.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct cost_key {
    uint32_t function;
    uint32_t callee; /* function; 0: own cost */
    uint64_t line;
};

struct cost {
    struct cost_key key;
    uint64_t values[EXPORT_VALUES];
    uint64_t calls;
    size_t row; /* the last one that was counted, + 1 */
    UT_hash_handle hh;
};

struct callgrind {
    struct export_job *job;
    struct cost *costs;
    bool *named; /* functions whose name was written: their number suffices */
    size_t *rows; /* by function: the last row whose cost a call of it has, + 1 */
    size_t row_capacity;
};

static struct cost *cost_of(struct callgrind *callgrind, const struct cost_key *key)
{
    struct cost *cost;

    HASH_FIND(hh, callgrind->costs, key, sizeof(*key), cost);
    if (cost == NULL) {
        cost = xalloc_zeroed(1, sizeof(*cost));
        cost->key = *key;
        HASH_ADD(hh, callgrind->costs, key, sizeof(cost->key), cost);
    }
    return cost;
}

/* True once for a function and a row. */
static bool takes_cost(struct callgrind *callgrind, uint32_t function, size_t number)
{
    if (function >= callgrind->row_capacity) {
        size_t capacity = (size_t)function * 2 + 64;
        callgrind->rows = xalloc_resized(callgrind->rows, capacity, sizeof(*callgrind->rows));
        memset(callgrind->rows + callgrind->row_capacity, 0,
               (capacity - callgrind->row_capacity) * sizeof(*callgrind->rows));
        callgrind->row_capacity = capacity;
    }
    bool is_first = callgrind->rows[function] != number + 1;
    callgrind->rows[function] = number + 1;
    return is_first;
}

static void add_values(struct cost *cost, const struct profile_row *row)
{
    for (int value = 0; value < EXPORT_VALUES; value++)
        cost->values[value] += export_number(row, (enum export_value)value);
}

static void add_call(struct callgrind *callgrind, const struct export_frame *caller,
                     const struct export_frame *callee, const struct profile_row *row,
                     size_t number)
{
    struct cost_key key = {
        .function = caller->function, .callee = callee->function, .line = caller->line};
    struct cost *cost = cost_of(callgrind, &key);

    if (cost->row != number + 1)
        cost->calls += row->allocs;
    cost->row = number + 1;
    if (takes_cost(callgrind, callee->function, number))
        add_values(cost, row);
}

/* From the owner inwards. */
static void add_row(struct callgrind *callgrind, const struct profile_row *row, size_t number)
{
    struct export_names *names = callgrind->job->names;
    uint32_t owner = export_owner(callgrind->job, row->domain, row->plugin);
    const uint32_t *frames;
    size_t count = export_names_stack(names, row->stack, &frames);
    const struct export_frame *at = export_names_frame(names, owner);

    for (size_t left = count; left > 0; left--) {
        const struct export_frame *callee = export_names_frame(names, frames[left - 1]);
        add_call(callgrind, at, callee, row, number);
        at = callee;
    }
    add_values(cost_of(callgrind, &(struct cost_key){.function = at->function, .line = at->line}),
               row);
}

static int by_function(const struct cost *a, const struct cost *b)
{
    if (a->key.function != b->key.function)
        return a->key.function < b->key.function ? -1 : 1;
    if (a->key.callee != b->key.callee)
        return a->key.callee < b->key.callee ? -1 : 1;
    return (a->key.line > b->key.line) - (a->key.line < b->key.line);
}

/* prefix: "" of the function itself, "c" of one that it calls. */
static void put_function(struct callgrind *callgrind, const char *prefix, uint32_t id)
{
    const struct export_function *function = export_names_function(callgrind->job->names, id);
    FILE *out = callgrind->job->out;

    fprintf(out, "%sob=%s\n", prefix, function->module[0] != '\0' ? function->module : "???");
    fprintf(out, "%s=%s\n", prefix[0] == '\0' ? "fl" : "cfi",
            function->file[0] != '\0' ? function->file : "???");
    fprintf(out, "%sfn=(%" PRIu32 ")", prefix, id);
    if (!callgrind->named[id])
        fprintf(out, " %s", function->name);
    callgrind->named[id] = true;
    putc('\n', out);
}

static void put_values(FILE *out, const uint64_t *values)
{
    for (int value = 0; value < EXPORT_VALUES; value++)
        fprintf(out, " %" PRIu64, values[value]);
    putc('\n', out);
}

static void put_cost(struct callgrind *callgrind, const struct cost *cost)
{
    FILE *out = callgrind->job->out;

    if (cost->key.callee != 0) {
        put_function(callgrind, "c", cost->key.callee);
        fprintf(out, "calls=%" PRIu64 " 0\n", cost->calls);
    }
    fprintf(out, "%" PRIu64, cost->key.line);
    put_values(out, cost->values);
}

static void put_header(const struct export_job *job)
{
    struct profile_row total = export_total(job);
    char *command = export_command(job);

    fprintf(job->out,
            "# callgrind format\nversion: 1\ncreator: npntrace %s\npid: %" PRIu32 "\ncmd: %s\n",
            PACKAGE_VERSION, job->session->recording->process.pid, command);
    fputs("positions: line\n", job->out);
    static const char *const names[EXPORT_VALUES] = {
        [EXPORT_BYTES] = "Bytes",          [EXPORT_ALLOCS] = "Allocs",
        [EXPORT_FREES] = "Frees",          [EXPORT_LIVE_BYTES] = "LiveBytes",
        [EXPORT_LIVE_BLOCKS] = "LiveBlocks", [EXPORT_PEAK_BYTES] = "PeakBytes",
        [EXPORT_PEAK_BLOCKS] = "PeakBlocks", [EXPORT_TEMPORARY] = "Temporary"};
    for (int value = 0; value < EXPORT_VALUES; value++)
        fprintf(job->out, "event: %s : %s\n", names[value], export_values[value].title);
    fputs("events:", job->out);
    for (int value = 0; value < EXPORT_VALUES; value++)
        fprintf(job->out, " %s", names[value]);
    fputs("\nsummary:", job->out);
    for (int value = 0; value < EXPORT_VALUES; value++)
        fprintf(job->out, " %" PRIu64, export_number(&total, (enum export_value)value));
    fputs("\n", job->out);
    free(command);
}

int export_callgrind(struct export_job *job)
{
    struct callgrind callgrind = {.job = job};
    struct cost *cost, *next;
    uint32_t function = 0;

    for (size_t i = 0; i < job->profile->row_count; i++)
        add_row(&callgrind, &job->profile->rows[i], i);
    HASH_SORT(callgrind.costs, by_function);
    callgrind.named =
        xalloc_zeroed(export_names_functions(job->names) + (size_t)1, sizeof(*callgrind.named));
    put_header(job);
    HASH_ITER(hh, callgrind.costs, cost, next)
    {
        if (cost->key.function != function) {
            putc('\n', job->out);
            put_function(&callgrind, "", cost->key.function);
        }
        function = cost->key.function;
        put_cost(&callgrind, cost);
        HASH_DEL(callgrind.costs, cost);
        free(cost);
    }
    free(callgrind.named);
    free(callgrind.rows);
    return 0;
}
