/* viewer/info_facts.c - names of what a recording's header says */
/* SPDX-License-Identifier: MIT */

#include "viewer/info_facts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_at(const char *const *names, size_t count, uint64_t index)
{
    return index < count && names[index] != NULL ? names[index] : "unknown";
}

const char *info_kind(enum recording_kind kind)
{
    return kind == RECORDING_RING ? "ring" : "trace";
}

const char *info_policy(uint32_t policy)
{
    static const char *const names[] = {
        [RING_BLOCK] = "block", [RING_DROP] = "drop", [RING_OVERWRITE] = "overwrite"};
    return name_at(names, COUNT(names), policy);
}

const char *info_clock(uint32_t clock)
{
    static const char *const names[] = {
        [RING_CLOCK_MONOTONIC] = "monotonic", [RING_CLOCK_TSC] = "tsc"};
    return name_at(names, COUNT(names), clock);
}

const char *info_unwinder(uint32_t unwinder)
{
    static const char *const names[] = {
        [RING_UNWINDER_NONE] = "none",
        [RING_UNWINDER_LIBUNWIND] = "libunwind",
        [RING_UNWINDER_RULES] = "rules",
    };
    return name_at(names, COUNT(names), unwinder);
}

const char *info_heap(uint32_t heap)
{
    static const char *const names[] = {
        [RING_HEAP_OFF] = "off", [RING_HEAP_PLUGINS] = "plugins", [RING_HEAP_ALL] = "all"};
    return name_at(names, COUNT(names), heap);
}

bool info_hides_allocator(const struct recording_module *module)
{
    return (module->flags & RING_MODULE_UNSEEN_ALLOCATOR) != 0;
}

const char *info_ending(enum recording_ending ending)
{
    static const char *const names[] = {
        [RECORDING_EMPTY] = "empty",
        [RECORDING_RUNNING] = "running",
        [RECORDING_GONE] = "gone",
        [RECORDING_EXITED] = "exited",
        [RECORDING_SIGNALLED] = "signalled",
        [RECORDING_EXECUTED] = "executed",
        [RECORDING_DETACHED] = "detached",
        [RECORDING_BROKEN] = "broken",
        [RECORDING_UNFINISHED] = "unfinished",
    };
    return name_at(names, COUNT(names), ending);
}

const char *info_stop_reason(uint32_t reason)
{
    static const char *const names[] = {
        [RING_STOP_NONE] = "none", [RING_STOP_RECORDER_GONE] = "recorder-gone"};
    return name_at(names, COUNT(names), reason);
}

static const char *next_bit(const char *const *names, size_t count, uint32_t word, unsigned *at)
{
    while (*at < count) {
        unsigned bit = (*at)++;
        if ((word >> bit & 1) != 0)
            return names[bit];
    }
    return NULL;
}

const char *info_origin(uint32_t origin, unsigned *at)
{
    static const char *const names[] = {"flight", "record", "forked", "private"};
    return next_bit(names, COUNT(names), origin, at);
}

const char *info_plugin_flag(uint32_t flags, unsigned *at)
{
    static const char *const names[] = {"by-caller", "provided", "nested", "unseen",
                                        "class-unseen"};
    return next_bit(names, COUNT(names), flags, at);
}
