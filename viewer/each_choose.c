/* viewer/each_choose.c - which calls are made to fail, if there are more than may be tried */
/* SPDX-License-Identifier: MIT */

#include "viewer/each.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

struct made { /* a call of the run without failures */
    uint64_t stack;
    uint64_t call;
};

static int compare(const void *left, const void *right)
{
    const struct made *a = left, *b = right;

    if (a->stack != b->stack)
        return a->stack < b->stack ? -1 : 1;
    return a->call < b->call ? -1 : a->call > b->call;
}

static int compare_calls(const void *left, const void *right)
{
    const struct made *a = left, *b = right;

    return a->call < b->call ? -1 : a->call > b->call;
}

/* The first call of each stack, in the order of the calls. Returns how many there are. */
static size_t keep_firsts(struct made *made, size_t count)
{
    size_t kept = 0;

    qsort(made, count, sizeof(*made), compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || made[i].stack != made[kept - 1].stack)
            made[kept++] = made[i];
    qsort(made, kept, sizeof(*made), compare_calls);
    return kept;
}

static size_t firsts_of(const struct each_facts *facts, struct made **ret_made)
{
    struct made *made = xalloc_zeroed(facts->made_count + 1, sizeof(*made));

    for (size_t i = 0; i < facts->made_count; i++)
        made[i] = (struct made){.stack = facts->made[i], .call = i + 1};
    *ret_made = made;
    return facts->made_count != 0 ? keep_firsts(made, facts->made_count) : 0;
}

struct each_choice each_choose(const struct each_facts *facts, uint64_t limit)
{
    struct each_choice choice = {
        .count = limit != 0 && limit < facts->calls ? limit : facts->calls,
        .stacks_known = facts->made_count == facts->calls,
    };
    struct made *firsts;
    size_t stacks = firsts_of(facts, &firsts);
    uint64_t spare = choice.count > stacks ? choice.count - stacks : 0; /* for other calls */

    choice.calls = xalloc_zeroed(choice.count, sizeof(*choice.calls));
    choice.stacks_left = stacks > choice.count ? stacks - choice.count : 0;
    size_t chosen = 0, next = 0;
    for (uint64_t call = 1; call <= facts->calls && chosen < choice.count; call++) {
        bool is_first = next < stacks && firsts[next].call == call;
        next += is_first;
        if (!is_first && spare == 0)
            continue;
        spare -= !is_first;
        choice.calls[chosen++] = call;
    }
    choice.count = chosen;
    free(firsts);
    return choice;
}
