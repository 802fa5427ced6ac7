/* viewer/filter.c - which allocations a question is about: its options */
/* SPDX-License-Identifier: MIT */

#include "viewer/filter.h"
#include "viewer/choose.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_FROM = 0x300,
    KEY_TO,
    KEY_INSTANCE,
    KEY_THREAD,
    KEY_SIZE,
    KEY_MODULE,
    KEY_FUNCTION,
    KEY_FILE,
    KEY_MATCH,
    KEY_MEMORY,
    KEY_CHARGE
};

static const struct argp_option options[] = {
    {"from", KEY_FROM, "TIME", 0,
     "made at this time or later: since recording began (1.5s, 200ms, 2min) or of its duration "
     "(50%)",
     0},
    {"to", KEY_TO, "TIME", 0, "made at this time or before; what is live is live then", 0},
    {"instance", KEY_INSTANCE, "N", 0, "of the instance with this serial; may be given again", 0},
    {"thread", KEY_THREAD, "TID", 0, "of this thread; may be given again", 0},
    {"size", KEY_SIZE, "MIN..MAX", 0, "of that many bytes (K, M, G); either may be left out", 0},
    {"module", KEY_MODULE, "GLOB", 0, "called through a file with this name or path", 0},
    {"function", KEY_FUNCTION, "GLOB", 0, "called through a function with this name", 0},
    {"file", KEY_FILE, "GLOB", 0, "called through code of this source file", 0},
    {"match", KEY_MATCH, "ERE", 0,
     "called through a function whose name has a match of this extended regular expression", 0},
    {"memory", KEY_MEMORY, "KIND", 0, "of this memory: all, npn, heap", 0},
    {"charge", KEY_CHARGE, "RULE", 0,
     "charge allocations to the innermost or the outermost frame in a plug-in, or to the innermost "
     "one outside of the system's files (innermost, outermost, non-system)",
     0},
    {0},
};

struct unit {
    const char *name;
    double factor;
};

static const struct unit time_units[] = {{"ns", 1}, {"us", 1e3},   {"ms", 1e6},  {"s", 1e9},
                                         {"", 1e9}, {"min", 60e9}, {"h", 3600e9}};
static const struct unit size_units[] = {{"", 1},           {"B", 1},           {"K", 1024},
                                         {"KiB", 1024},     {"M", 1048576},     {"MiB", 1048576},
                                         {"G", 1073741824}, {"GiB", 1073741824}};

/* A number that is not negative, and a unit; false if it is anything else or too large. */
static bool read_amount(const char *text, size_t length, const struct unit *units, size_t count,
                        uint64_t *ret_amount)
{
    char *copy = xalloc_substring(text, length), *end = copy;
    bool is_good = false;
    double number = copy[0] >= '0' && copy[0] <= '9' ? strtod(copy, &end) : -1;

    for (size_t i = 0; i < count && !is_good; i++)
        if (end != copy && strcmp(end, units[i].name) == 0 && isfinite(number) &&
            number * units[i].factor < 0x1p63) {
            *ret_amount = (uint64_t)(number * units[i].factor + 0.5);
            is_good = true;
        }
    free(copy);
    return is_good;
}

static bool read_percent(const char *text, double *ret_percent)
{
    char *end;
    double number = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : -1;

    if (number < 0 || number > 100 || strcmp(end, "%") != 0)
        return false;
    *ret_percent = number;
    return true;
}

static int parse_time(struct filter_time *time, const char *name, const char *argument,
                      struct argp_state *state)
{
    *time = (struct filter_time){.unit = FILTER_PERCENT};
    if (read_percent(argument, &time->percent))
        return 0;
    time->unit = FILTER_NS;
    if (read_amount(argument, strlen(argument), time_units,
                    sizeof(time_units) / sizeof(time_units[0]), &time->ns))
        return 0;
    return options_wrong(state,
                         "--%s=%s: give a time since recording began, as 1.5s, 200ms or 50%%", name,
                         argument);
}

static bool read_bytes(const char *text, size_t length, uint64_t otherwise, uint64_t *ret_bytes)
{
    *ret_bytes = otherwise;
    return length == 0 || read_amount(text, length, size_units,
                                      sizeof(size_units) / sizeof(size_units[0]), ret_bytes);
}

/* "64", "1K..", "..2M", "1K..2M". */
static int parse_size(struct filter *filter, const char *argument, struct argp_state *state)
{
    const char *dots = strstr(argument, "..");
    size_t length = strlen(argument), left = dots != NULL ? (size_t)(dots - argument) : length;
    const char *right = dots != NULL ? dots + 2 : argument;

    filter->has_sizes = true;
    if (length > (dots != NULL ? 2 : 0) && read_bytes(argument, left, 0, &filter->least_bytes) &&
        read_bytes(right, strlen(right), UINT64_MAX, &filter->most_bytes) &&
        filter->least_bytes <= filter->most_bytes)
        return 0;
    return options_wrong(state, "--size=%s: give MIN..MAX in bytes, as 1..64, 4K.. or ..1M",
                         argument);
}

static int parse_number(struct filter_numbers *numbers, const char *name, const char *argument,
                        struct argp_state *state)
{
    char *end;

    errno = 0;
    uint64_t number = strtoull(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 || number > UINT32_MAX)
        return options_wrong(state, "--%s=%s: give a number", name, argument);
    numbers->list =
        xalloc_grown(numbers->list, numbers->count, &numbers->capacity, sizeof(*numbers->list));
    numbers->list[numbers->count++] = number;
    return 0;
}

static int add_word(struct filter_words *words, const char *word)
{
    words->list = xalloc_grown(words->list, words->count, &words->capacity, sizeof(*words->list));
    words->list[words->count++] = word;
    return 0;
}

static int parse_match(struct filter *filter, const char *argument, struct argp_state *state)
{
    filter->matches = xalloc_grown(filter->matches, filter->match_count, &filter->match_capacity,
                                   sizeof(*filter->matches));
    regex_t *regex = &filter->matches[filter->match_count];
    int error = regcomp(regex, argument, REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        char why[128];
        regerror(error, regex, why, sizeof(why));
        return options_wrong(state, "--match=%s: %s", argument, why);
    }
    filter->match_count++;
    return 0;
}

/* EINVAL without more words: choose_by_name() has said it. */
static int parse_memory(struct filter *filter, const char *argument)
{
    static const char *const names[] = {
        [FILTER_MEMORY_ALL] = "all", [FILTER_MEMORY_NPN] = "npn", [FILTER_MEMORY_HEAP] = "heap"};
    int chosen = choose_by_name("memory", argument, names, sizeof(names) / sizeof(names[0]));

    filter->memory = (enum filter_memory)(chosen < 0 ? 0 : chosen);
    return chosen < 0 ? EINVAL : 0;
}

static int parse_charge(struct filter *filter, const char *argument)
{
    static const char *const names[CHARGES] = {[CHARGE_RECORDED] = "recorded",
                                               [CHARGE_INNERMOST] = "innermost",
                                               [CHARGE_OUTERMOST] = "outermost",
                                               [CHARGE_NON_SYSTEM] = "non-system"};
    int chosen = choose_by_name("charging rule", argument, names, CHARGES);

    filter->charge = (enum charge)(chosen < 0 ? 0 : chosen);
    return chosen < 0 ? EINVAL : 0;
}

/* Of different units the recording's length decides: then nothing is selected, and said to be. */
static int check_times(const struct filter *filter, struct argp_state *state)
{
    const struct filter_time *from = &filter->from, *to = &filter->to;

    if (from->unit == FILTER_UNSET || from->unit != to->unit ||
        (from->unit == FILTER_PERCENT ? from->percent <= to->percent : from->ns <= to->ns))
        return 0;
    return options_wrong(state, "--from is later than --to");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct filter *filter = state->input;

    switch (key) {
    case ARGP_KEY_END: return check_times(filter, state);
    case KEY_FROM: return parse_time(&filter->from, "from", argument, state);
    case KEY_TO: return parse_time(&filter->to, "to", argument, state);
    case KEY_INSTANCE: return parse_number(&filter->instances, "instance", argument, state);
    case KEY_THREAD: return parse_number(&filter->tids, "thread", argument, state);
    case KEY_SIZE: return parse_size(filter, argument, state);
    case KEY_MODULE: return add_word(&filter->modules, argument);
    case KEY_FUNCTION: return add_word(&filter->functions, argument);
    case KEY_FILE: return add_word(&filter->files, argument);
    case KEY_MATCH: return parse_match(filter, argument, state);
    case KEY_MEMORY: return parse_memory(filter, argument);
    case KEY_CHARGE: return parse_charge(filter, argument);
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp filter_argp = {.options = options, .parser = parse};

void filter_free(struct filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; i < filter->match_count; i++)
        regfree(&filter->matches[i]);
    free(filter->matches);
    free(filter->instances.list);
    free(filter->tids.list);
    free(filter->modules.list);
    free(filter->functions.list);
    free(filter->files.list);
    *filter = (struct filter){0};
}

bool filter_has_stacks(const struct filter *filter)
{
    return filter != NULL && filter->modules.count + filter->functions.count + filter->files.count +
                                     filter->match_count !=
                                 0;
}

bool filter_is_empty(const struct filter *filter)
{
    return filter == NULL ||
           (filter->from.unit == FILTER_UNSET && filter->to.unit == FILTER_UNSET &&
            filter->instances.count == 0 && filter->tids.count == 0 && !filter->has_sizes &&
            filter->memory == FILTER_MEMORY_ALL && !filter_has_stacks(filter));
}

static uint64_t stamp_of(const struct filter_time *time, const struct recording *recording)
{
    uint64_t ns = time->unit == FILTER_PERCENT
                      ? whole_of((double)recording_duration_ns(recording) * time->percent / 100)
                      : time->ns;
    uint64_t start = recording->process.start_stamp;
    return ns < UINT64_MAX - start ? start + ns : UINT64_MAX;
}

struct filter_range filter_range(const struct filter *filter, const struct recording *recording)
{
    struct filter_range range = {0, UINT64_MAX};

    if (filter != NULL && filter->from.unit != FILTER_UNSET)
        range.from = stamp_of(&filter->from, recording);
    if (filter != NULL && filter->to.unit != FILTER_UNSET)
        range.to = stamp_of(&filter->to, recording);
    return range;
}

static bool has_number(const struct filter_numbers *numbers, uint64_t number)
{
    if (numbers->count == 0)
        return true;
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->list[i] == number)
            return true;
    return false;
}

bool filter_takes_instance(const struct filter *filter, uint32_t instance)
{
    return filter == NULL || has_number(&filter->instances, instance);
}

bool filter_takes_thread(const struct filter *filter, uint32_t tid)
{
    return filter == NULL || has_number(&filter->tids, tid);
}

bool filter_takes_size(const struct filter *filter, uint64_t size_bytes)
{
    return filter == NULL || !filter->has_sizes ||
           (size_bytes >= filter->least_bytes && size_bytes <= filter->most_bytes);
}
