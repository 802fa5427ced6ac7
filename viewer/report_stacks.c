/* viewer/report_stacks.c - the call stacks of a report */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_stacks.h"
#include "viewer/paragraph.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/top_stacks.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define STACKS_SHOWN 5
#define FRAMES_SHOWN 10  /* of one stack, on a terminal */
#define NUMBER_COLUMNS 5 /* "  1. " */

/* One kind of memory. */
struct listing {
    const struct session *session;
    bool is_heap;
    bool is_partial; /* some events are missing */
    struct top_stack *list;
    size_t count;
};

/* ", 1.2 KiB live in 3 blocks, peak 4.0 KiB, 17 temporary" */
static char *fate_of(const struct listing *listing, const struct top_stack *top)
{
    char *live = top->live_blocks == 0
                     ? xalloc_string("none live")
                     : xalloc_format("%s live in %s", text_bytes(top->live_bytes).chars,
                                     text_plural(top->live_blocks, "block").chars);
    char *peak = !listing->is_heap
                     ? xalloc_string("")
                     : xalloc_format(", peak %s%s", top->peak_is_bound ? "at most " : "",
                                     text_bytes(top->peak_bytes).chars);
    char *text = top->temporary == 0 ? xalloc_format(", %s%s", live, peak)
                                     : xalloc_format(", %s%s, %s temporary", live, peak,
                                                     text_count(top->temporary).chars);

    free(live);
    free(peak);
    return text;
}

static void print_stack(const struct listing *listing, const struct top_stack *top, size_t number)
{
    const struct session *session = listing->session;
    size_t frames = session->terminal.cut ? FRAMES_SHOWN : 0;
    char *name = verdict_caller_name(session->recording, top->plugin, listing->is_heap);
    char *fate = fate_of(listing, top);

    printf("%3zu. ", number);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS, "%s in %s%s: %s",
                     text_bytes(top->bytes).chars, text_plural(top->allocs, "call").chars, fate,
                     name);
    stack_text_print(session->names, session->stacks, top->stack, &session->terminal, 7, frames);
    free(name);
    free(fate);
}

/* Most stacks with many bytes have many calls as well: each is printed once. */
static void print_stacks(struct listing *listing, enum top_order order, const char *title)
{
    const struct session *session = listing->session;
    size_t limit = session_limit(session, STACKS_SHOWN), number = 0;

    top_stacks_sort(listing->list, listing->count, order);
    for (size_t i = 0; i < listing->count && i < limit; i++) {
        struct top_stack *top = &listing->list[i];
        if ((top->allocs == 0 && order != TOP_BY_LIVE) || top->shown)
            continue;
        if (number++ == 0) {
            putchar('\n');
            terminal_print(&session->terminal, TERMINAL_TITLE, "%s", title);
            printf("%s:\n", listing->is_partial && order != TOP_BY_LIVE
                                ? ", as far as events are left"
                                : "");
        }
        top->shown = true;
        print_stack(listing, top, number);
    }
}

static void print_npn(const struct session *session)
{
    struct listing listing = {.session = session, .is_partial = session->model->stacks_are_partial};

    listing.list = top_stacks_collect(&session->model->stacks, session->stacks, session->wanted,
                                      &listing.count);
    print_stacks(&listing, TOP_BY_BYTES, "Call stacks that allocated most NPN bytes");
    print_stacks(&listing, TOP_BY_ALLOCS, "Further call stacks with many NPN calls");
    if (listing.is_partial)
        print_stacks(&listing, TOP_BY_LIVE, "Further call stacks with most live NPN bytes");
    free(listing.list);
}

static void print_heap(const struct session *session)
{
    struct listing listing = {
        .session = session, .is_heap = true, .is_partial = !model_is_complete(session->model)};

    listing.list = top_stacks_collect(&session->model->heap.stacks, session->stacks,
                                      session->wanted, &listing.count);
    print_stacks(&listing, TOP_BY_BYTES, "Call stacks that allocated most heap bytes");
    print_stacks(&listing, TOP_BY_ALLOCS, "Further call stacks with many heap calls");
    print_stacks(&listing, TOP_BY_PEAK, "Further call stacks with the highest heap peaks");
    free(listing.list);
}

void report_stacks_print(const struct session *session)
{
    print_npn(session);
    print_heap(session);
}
