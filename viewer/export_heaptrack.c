/* viewer/export_heaptrack.c - the interpreted data of heaptrack, file version 3 */
/* SPDX-License-Identifier: MIT */

/*
 * Lines of hexadecimal numbers, each of which names what lines before it defined; numbers count up
 * from 1, of allocations from 0:
 *
 *   s 4 grow              text 1 (its length first)
 *   i 11a4 2 1 3 1f       place: address, module, then function, file and line; inlined ones first
 *   t 1 0                 trace: place, the trace of its caller
 *   a 40 1                allocation: size, trace
 *   + 0    - 0            one more of it, one less
 *   c 1e                  milliseconds so far
 *
 * It is written while the profile is built, so memory goes with what is distinct.
 */
#include "viewer/export.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define NS_PER_MS 1000000u
#define STEP_MS 10u /* between "c" lines */

struct text_number {
    char *text;
    uint32_t number;
    UT_hash_handle hh;
};

struct pair_key { /* all keys are padded to this */
    uint64_t first, second;
};

struct pair_number { /* traces by (parent, place), allocations by (trace, size) */
    struct pair_key key;
    uint32_t number;
    UT_hash_handle hh;
};

struct stack_key {
    uint32_t plugin;
    uint16_t domain, reserved;
    uint32_t stack;
    uint32_t reserved2;
};

struct stack_trace { /* traces by owner and stack: what is asked for most */
    struct stack_key key;
    uint32_t trace;
    UT_hash_handle hh;
};

struct heaptrack {
    struct export_job *job;
    FILE *out;
    struct text_number *texts;
    struct pair_number *traces, *allocations;
    struct stack_trace *stacks;
    uint32_t *places; /* by the frame that ends it; 0: not written */
    size_t place_capacity;
    uint32_t place_count, allocation_count;
    uint64_t ms;
};

static uint32_t text_of(struct heaptrack *heaptrack, const char *text)
{
    struct text_number *known;

    if (text[0] == '\0')
        return 0;
    HASH_FIND_STR(heaptrack->texts, text, known);
    if (known != NULL)
        return known->number;
    known = xalloc_zeroed(1, sizeof(*known));
    known->text = xalloc_string(text);
    known->number = HASH_COUNT(heaptrack->texts) + 1;
    HASH_ADD_KEYPTR(hh, heaptrack->texts, known->text, strlen(known->text), known);
    fprintf(heaptrack->out, "s %zx %s\n", strlen(text), text);
    return known->number;
}

/* A number of a pair; *ret_is_new: it was given now. */
static uint32_t pair_of(struct pair_number **pairs, uint64_t first, uint64_t second,
                        uint32_t number_if_new, bool *ret_is_new)
{
    struct pair_key key = {first, second};
    struct pair_number *known;

    HASH_FIND(hh, *pairs, &key, sizeof(key), known);
    *ret_is_new = known == NULL;
    if (known != NULL)
        return known->number;
    known = xalloc_zeroed(1, sizeof(*known));
    known->key = key;
    known->number = number_if_new;
    HASH_ADD(hh, *pairs, key, sizeof(known->key), known);
    return known->number;
}

static void put_place(struct heaptrack *heaptrack, const uint32_t *frames, size_t count)
{
    struct export_names *names = heaptrack->job->names;
    uint32_t *numbers = xalloc_zeroed(count * 2, sizeof(*numbers));
    const struct export_frame *last = export_names_frame(names, frames[count - 1]);
    uint32_t module = text_of(heaptrack, export_names_function(names, last->function)->module);

    for (size_t i = 0; i < count; i++) {
        uint32_t function = export_names_frame(names, frames[i])->function;
        numbers[i * 2] = text_of(heaptrack, export_names_function(names, function)->name);
        numbers[i * 2 + 1] = text_of(heaptrack, export_names_function(names, function)->file);
    }
    fprintf(heaptrack->out, "i %" PRIx64 " %" PRIx32, last->address, module);
    for (size_t i = 0; i < count; i++)
        fprintf(heaptrack->out, " %" PRIx32 " %" PRIx32 " %" PRIx32, numbers[i * 2],
                numbers[i * 2 + 1], export_names_frame(names, frames[i])->line);
    putc('\n', heaptrack->out);
    free(numbers);
}

/* The frames at one address, of which only the last is not inlined. */
static uint32_t place_of(struct heaptrack *heaptrack, const uint32_t *frames, size_t count)
{
    uint32_t last = frames[count - 1];

    if (last >= heaptrack->place_capacity) {
        size_t capacity = (size_t)last * 2 + 64;
        heaptrack->places =
            xalloc_resized(heaptrack->places, capacity, sizeof(*heaptrack->places));
        memset(heaptrack->places + heaptrack->place_capacity, 0,
               (capacity - heaptrack->place_capacity) * sizeof(*heaptrack->places));
        heaptrack->place_capacity = capacity;
    }
    if (heaptrack->places[last] == 0) {
        put_place(heaptrack, frames, count);
        heaptrack->places[last] = ++heaptrack->place_count;
    }
    return heaptrack->places[last];
}

static uint32_t trace_of(struct heaptrack *heaptrack, uint32_t parent, uint32_t place)
{
    bool is_new;
    uint32_t trace = pair_of(&heaptrack->traces, parent, place,
                             HASH_COUNT(heaptrack->traces) + 1, &is_new);

    if (is_new)
        fprintf(heaptrack->out, "t %" PRIx32 " %" PRIx32 "\n", place, parent);
    return trace;
}

/* From the owner inwards, since callers come first. */
static uint32_t make_trace(struct heaptrack *heaptrack, const struct profile_row *row)
{
    struct export_names *names = heaptrack->job->names;
    uint32_t owner = export_owner(heaptrack->job, row->domain, row->plugin);
    uint32_t trace = trace_of(heaptrack, 0, place_of(heaptrack, &owner, 1));
    const uint32_t *frames;
    size_t end = export_names_stack(names, row->stack, &frames);

    while (end > 0) {
        size_t begin = end - 1;
        while (begin > 0 && export_names_frame(names, frames[begin - 1])->inlined)
            begin--;
        trace = trace_of(heaptrack, trace, place_of(heaptrack, frames + begin, end - begin));
        end = begin;
    }
    return trace;
}

static uint32_t trace_of_row(struct heaptrack *heaptrack, const struct profile_row *row)
{
    struct stack_key key = {
        .plugin = row->plugin, .domain = (uint16_t)row->domain, .stack = row->stack};
    struct stack_trace *known;

    HASH_FIND(hh, heaptrack->stacks, &key, sizeof(key), known);
    if (known != NULL)
        return known->trace;
    known = xalloc_zeroed(1, sizeof(*known));
    known->key = key;
    known->trace = make_trace(heaptrack, row);
    HASH_ADD(hh, heaptrack->stacks, key, sizeof(known->key), known);
    return known->trace;
}

static uint32_t allocation_of(struct heaptrack *heaptrack, const struct profile_row *row,
                              uint64_t size_bytes)
{
    uint32_t trace = trace_of_row(heaptrack, row);
    bool is_new;
    uint32_t allocation = pair_of(&heaptrack->allocations, trace, size_bytes,
                                  heaptrack->allocation_count, &is_new);

    if (is_new) {
        fprintf(heaptrack->out, "a %" PRIx64 " %" PRIx32 "\n", size_bytes, trace);
        heaptrack->allocation_count++;
    }
    return allocation;
}

static void put_time(struct heaptrack *heaptrack, uint64_t stamp, uint64_t step_ms)
{
    uint64_t ms =
        recording_since_start_ns(heaptrack->job->session->recording, stamp) / NS_PER_MS;

    if (ms < heaptrack->ms + step_ms)
        return;
    heaptrack->ms = ms;
    fprintf(heaptrack->out, "c %" PRIx64 "\n", ms);
}

static void begin_block(void *context, const struct profile_row *row, uint64_t size_bytes,
                        uint64_t stamp)
{
    struct heaptrack *heaptrack = context;

    put_time(heaptrack, stamp, STEP_MS);
    fprintf(heaptrack->out, "+ %" PRIx32 "\n", allocation_of(heaptrack, row, size_bytes));
}

static void end_block(void *context, const struct profile_row *row, uint64_t size_bytes,
                      uint64_t stamp)
{
    struct heaptrack *heaptrack = context;

    put_time(heaptrack, stamp, STEP_MS);
    fprintf(heaptrack->out, "- %" PRIx32 "\n", allocation_of(heaptrack, row, size_bytes));
}

static void free_pairs(struct pair_number *pairs)
{
    struct pair_number *pair, *next;

    HASH_ITER(hh, pairs, pair, next)
    {
        HASH_DEL(pairs, pair);
        free(pair);
    }
}

static void end(struct heaptrack *heaptrack)
{
    struct text_number *text, *next_text;
    struct stack_trace *stack, *next_stack;

    HASH_ITER(hh, heaptrack->texts, text, next_text)
    {
        HASH_DEL(heaptrack->texts, text);
        free(text->text);
        free(text);
    }
    HASH_ITER(hh, heaptrack->stacks, stack, next_stack)
    {
        HASH_DEL(heaptrack->stacks, stack);
        free(stack);
    }
    free_pairs(heaptrack->traces);
    free_pairs(heaptrack->allocations);
    free(heaptrack->places);
}

int export_heaptrack(struct export_job *job)
{
    struct heaptrack heaptrack = {.job = job, .out = job->out};
    const struct profile_watch watch = {begin_block, end_block, &heaptrack};
    char *command = export_command(job);

    /* What wrote such a file first, the version of the file; pages: size, and how many. */
    fprintf(job->out, "v 10400 3\nX %s\nI 1000 0\n", command);
    struct profile *profile = profile_build_watched(job->session, job->filter, 0, &watch);
    put_time(&heaptrack, profile->last_stamp, 1);
    profile_free(profile);
    end(&heaptrack);
    free(command);
    return 0;
}
