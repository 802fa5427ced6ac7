/* tests/fuzz/event.c - harness: words of a ring chunk as events */
/* SPDX-License-Identifier: MIT */

/* The input is the words. What was decoded has to come to the same when it is encoded and decoded
 * once more. */
#include "format/event.h"
#include "format/ring.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define BASE_STAMP UINT64_C(1000000000)

static void require_same(const struct event *a, const struct event *b)
{
    fuzz_require(a->type == b->type && a->flags == b->flags && a->stamp == b->stamp &&
                     a->address == b->address && a->size == b->size &&
                     a->function == b->function && a->node == b->node &&
                     a->plugin == b->plugin && a->instance == b->instance &&
                     a->owner_plugin == b->owner_plugin && a->owner_flags == b->owner_flags &&
                     a->owner_instance == b->owner_instance && a->owner_node == b->owner_node &&
                     a->owner_stamp == b->owner_stamp && a->frame_count == b->frame_count,
                 "an event is the same after it was encoded");
    fuzz_require(a->frame_count == 0 ||
                     memcmp(a->frames, b->frames, a->frame_count * sizeof(*a->frames)) == 0,
                 "its frames are");
}

static void read_names(const struct event *event)
{
    fuzz_require(event_type_name(event->type) != NULL, "a type that is decoded has a name");
    event_function_name(event->function);
    event_step_name(event->flags);
    npn_origin_name(EVENT_ORIGIN(event->flags));
    npn_way_name(EVENT_ORIGIN(event->flags));
    object_step_name(EVENT_ORIGIN(event->flags));
}

/* A block of its own, so that a sanitizer sees what is read beyond its end. */
static void read_events(const uint64_t *words, size_t count)
{
    static uint64_t again[EVENT_MAX_WORDS];
    struct event event, same;

    for (size_t at = 0, used; at < count; at += used) {
        used = event_decode(words + at, count - at, BASE_STAMP, &event);
        if (used == 0)
            return;
        fuzz_require(used <= count - at, "no event is longer than what is left");
        read_names(&event);
        size_t encoded = event_encode(&event, BASE_STAMP, again);
        fuzz_require(encoded == event_words(&event) && encoded <= used,
                     "an event is as long as it says");
        fuzz_require(event_decode(again, encoded, BASE_STAMP, &same) == encoded,
                     "what was encoded can be decoded");
        require_same(&event, &same);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size / sizeof(uint64_t);
    uint64_t *words = malloc(count * sizeof(*words) + (count == 0));

    fuzz_require(words != NULL, "malloc");
    memcpy(words, data, count * sizeof(*words));
    read_events(words, count);
    free(words);
    return 0;
}
