/* viewer/instance_text.c - an instance in words */
/* SPDX-License-Identifier: MIT */

#include "viewer/instance_text.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *instance_text_who(const struct recording *recording, uint32_t plugin, uint32_t serial)
{
    char *name = verdict_plugin_name(recording, plugin);

    if (serial == 0)
        return name;
    char *mime = text_printable(recording->instances[serial - 1].mime);
    char *who =
        xalloc_format("%s #%" PRIu32 "%s%s", name, serial, mime[0] != '\0' ? " " : "", mime);
    free(mime);
    free(name);
    return who;
}

static char *end_of(const struct recording *recording, const struct recording_instance *instance)
{
    uint64_t since_ns = recording_since_start_ns(recording, instance->destroyed_stamp);

    if ((instance->flags & RING_INSTANCE_DESTROYED) == 0)
        return xalloc_string("not destroyed");
    return xalloc_format((instance->flags & RING_INSTANCE_FAILED) != 0 ? "failed after %s"
                                                                       : "destroyed after %s",
                         text_duration(since_ns).chars);
}

char *instance_text_life(const struct recording *recording, uint32_t serial)
{
    const struct recording_instance *instance = &recording->instances[serial - 1];
    uint64_t since_ns = recording_since_start_ns(recording, instance->created_stamp);
    char *mime = text_printable(instance->mime[0] != '\0' ? instance->mime : "no MIME type");
    char *page = text_printable(instance->page), *end = end_of(recording, instance);
    char *text =
        xalloc_format("instance #%" PRIu32 ", %s%s%s, created after %s, %s", serial, mime,
                      page[0] != '\0' ? " on " : "", page, text_duration(since_ns).chars, end);

    free(mime);
    free(page);
    free(end);
    return text;
}

char *instance_text_when(const struct recording *recording, uint64_t first_stamp,
                         uint64_t last_stamp)
{
    struct text first = text_duration(recording_since_start_ns(recording, first_stamp)),
                last = text_duration(recording_since_start_ns(recording, last_stamp));

    return strcmp(first.chars, last.chars) == 0
               ? xalloc_string(first.chars)
               : xalloc_format("%s to %s", first.chars, last.chars);
}
