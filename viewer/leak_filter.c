/* viewer/leak_filter.c - which leaks are left out, and what by */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_filter.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* What is decided once for each place in the code. */
struct frame_key {
    uint64_t address;
    uint32_t module;
    uint32_t flags;
};

struct filtered_frame {
    struct frame_key key;
    size_t suppression;   /* of a file; SIZE_MAX: none */
    uint64_t fit, allows; /* bits of entries that are built in */
    bool runtime;
    UT_hash_handle hh;
};

struct filtering {
    struct leak_filter *filter;
    const struct stacks *stacks;
    bool counting;
};

struct looking {
    const struct suppressions *suppressions;
    struct filtered_frame *frame;
};

/* A frame has a line for each function that was inlined there, and at last its own. */
static bool look_at_line(void *context, const struct names_line *line)
{
    struct looking *looking = context;
    size_t found = suppressions_find(looking->suppressions, line);

    if (found < looking->frame->suppression)
        looking->frame->suppression = found;
    looking->frame->fit |= builtin_suppressions_fit(line);
    if (line->inlined)
        return true;
    looking->frame->allows = builtin_suppressions_allow(line->module);
    looking->frame->runtime = builtin_suppressions_is_runtime(line->module);
    return false;
}

static const struct filtered_frame *frame_at(const struct filtering *filtering, uint32_t stack)
{
    const struct stacks_frame *from = stacks_frame(filtering->stacks, stack);
    struct leak_filter *filter = filtering->filter;
    struct frame_key key = {from->address, from->module, from->flags};
    struct filtered_frame *frame;

    HASH_FIND(hh, filter->frames, &key, sizeof(key), frame);
    if (frame != NULL)
        return frame;
    frame = xalloc_zeroed(1, sizeof(*frame));
    frame->key = key;
    frame->suppression = SIZE_MAX;
    HASH_ADD(hh, filter->frames, key, sizeof(frame->key), frame);
    names_stack(filter->names, filtering->stacks, stack, look_at_line,
                &(struct looking){filter->suppressions, frame});
    return frame;
}

static size_t by_file(const struct filtering *filtering, uint32_t stack)
{
    for (; stack != 0; stack = stacks_frame(filtering->stacks, stack)->parent) {
        size_t found = frame_at(filtering, stack)->suppression;
        if (found != SIZE_MAX)
            return found;
    }
    return SIZE_MAX;
}

static size_t by_builtin(const struct filtering *filtering, const struct leak_part *part)
{
    size_t first = filtering->filter->suppressions->builtin_first;
    uint64_t possible = UINT64_MAX;

    if (part->domain != LEAK_HEAP || !filtering->filter->suppressions->has_builtin)
        return SIZE_MAX;
    for (uint32_t stack = part->stack; stack != 0 && possible != 0;
         stack = stacks_frame(filtering->stacks, stack)->parent) {
        if (stacks_is_own(filtering->stacks, stack, part->plugin))
            break;
        const struct filtered_frame *frame = frame_at(filtering, stack);
        uint64_t fit = frame->fit & possible;
        if (fit != 0)
            return first + (size_t)__builtin_ctzll(fit);
        possible &= frame->allows;
    }
    return SIZE_MAX;
}

/* The suppression of a part; NULL: none. */
static struct suppression *suppression_of(const struct filtering *filtering,
                                          const struct leak_part *part)
{
    size_t found = by_file(filtering, part->stack);

    if (found == SIZE_MAX)
        found = by_file(filtering, part->last_stack);
    if (found == SIZE_MAX)
        found = by_builtin(filtering, part);
    return found != SIZE_MAX ? &filtering->filter->suppressions->list[found] : NULL;
}

/* Did the plug-in's own code ask for it? Nobody's is the host's own. */
static bool is_own(const struct filtering *filtering, const struct leak_part *part)
{
    uint32_t stack = part->stack;

    while (stack != 0 && frame_at(filtering, stack)->runtime &&
           !stacks_is_own(filtering->stacks, stack, part->plugin))
        stack = stacks_frame(filtering->stacks, stack)->parent;
    return stack != 0 && stacks_is_own(filtering->stacks, stack, part->plugin);
}

static void count(struct suppressed *to, const struct leak_part *part)
{
    to->stacks++;
    to->blocks += part->blocks;
    to->bytes += part->bytes;
    to->objects += part->objects;
}

static bool keep_own(void *context, const struct leak_part *part)
{
    struct filtering *filtering = context;

    if (is_own(filtering, part))
        return true;
    count(&filtering->filter->others, part);
    return false;
}

static bool keep_unknown(void *context, const struct leak_part *part)
{
    struct filtering *filtering = context;
    struct suppression *suppression = suppression_of(filtering, part);

    if (suppression == NULL)
        return true;
    if (filtering->counting) {
        count(&suppression->hits, part);
        return true;
    }
    if (suppression_is_exceeded(suppression))
        return true;
    count(&filtering->filter->suppressed, part);
    return false;
}

void leak_filter_apply(struct leak_filter *filter, struct leak_groups *groups,
                       const struct stacks *stacks)
{
    struct filtering filtering = {.filter = filter, .stacks = stacks, .counting = true};

    if (filter->own_code)
        leak_groups_filter(groups, keep_own, &filtering);
    if (filter->suppressions->count == 0)
        return;
    leak_groups_filter(groups, keep_unknown, &filtering);
    filtering.counting = false;
    leak_groups_filter(groups, keep_unknown, &filtering);
}

void leak_filter_free(struct leak_filter *filter)
{
    struct filtered_frame *frame, *next;

    HASH_ITER(hh, filter->frames, frame, next)
    {
        HASH_DEL(filter->frames, frame);
        free(frame);
    }
}
