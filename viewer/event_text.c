/* viewer/event_text.c - what happened, as one would write the call */
/* SPDX-License-Identifier: MIT */

#include "viewer/event_text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

static const char *name_or(const char *name, const char *otherwise)
{
    return name != NULL ? name : otherwise;
}

static char *heap_text(const struct event *event)
{
    const char *name = event_function_name(event->function);
    bool resizes = event->function == EVENT_REALLOC || event->function == EVENT_REALLOCARRAY;

    if (event->type == EVENT_HEAP_FREE)
        return xalloc_format("%s(0x%" PRIx64 "%s)", name_or(name, "free"), event->address,
                             resizes ? ", ..." : "");
    char *result =
        event->address != 0 ? xalloc_format("0x%" PRIx64, event->address) : xalloc_string("NULL");
    char *text = xalloc_format("%s(%s%" PRIu64 ") = %s", name_or(name, "malloc"),
                               resizes ? "..., " : "", event->size, result);
    free(result);
    return text;
}

static char *alloc_text(const struct event *event)
{
    if (event->address != 0)
        return xalloc_format("NPN_MemAlloc(%" PRIu64 ") = 0x%" PRIx64, event->size, event->address);
    return xalloc_format("NPN_MemAlloc(%" PRIu64 ") = NULL%s", event->size,
                         (event->flags & EVENT_OVER_LIMIT) != 0 ? ", beyond its budget"
                         : (event->flags & EVENT_INJECTED) != 0 ? ", on demand"
                                                                : "");
}

static char *free_text(const struct event *event)
{
    const char *note = (event->flags & EVENT_REFUSED) != 0 ? " refused"
                       : (event->flags & EVENT_KNOWN) != 0 ? ""
                                                           : " unknown block";

    return xalloc_format("NPN_MemFree(0x%" PRIx64 ")%s", event->address, note);
}

/* "received 0x1000, 12 bytes: NPN_UTF8FromIdentifier" */
static char *block_text(const char *what, const struct event *event, const char *how)
{
    return xalloc_format("%s 0x%" PRIx64 ", %" PRIu64 " bytes%s%s", what, event->address,
                         event->size, how != NULL ? ": " : "", how != NULL ? how : "");
}

static char *object_text(const struct event *event)
{
    const char *step = object_step_name(EVENT_ORIGIN(event->flags));

    return xalloc_format("object 0x%" PRIx64 ": %s, %" PRIu64 " held", event->address,
                         name_or(step, "unknown step"), event->size);
}

static char *step_text(const struct event *event)
{
    const char *step = name_or(event_step_name(event->flags), "unknown step");

    return event->size == 0 ? xalloc_string(step)
                            : xalloc_format("%s: error %" PRIu64, step, event->size);
}

char *event_text_call(const struct event *event)
{
    switch (event->type) {
    case EVENT_HEAP_ALLOC:
    case EVENT_HEAP_FREE: return heap_text(event);
    case EVENT_NPN_ALLOC: return alloc_text(event);
    case EVENT_NPN_FREE: return free_text(event);
    case EVENT_NPN_ELSEWHERE:
        return xalloc_format("freed elsewhere: 0x%" PRIx64 ", %" PRIu64 " bytes", event->address,
                             event->size);
    case EVENT_NPN_FLUSH:
        return xalloc_format("NPN_MemFlush(%" PRIu64 ") = %" PRIu64, event->size, event->address);
    case EVENT_NPN_RECEIVED:
        return block_text("received", event, npn_origin_name(EVENT_ORIGIN(event->flags)));
    case EVENT_NPN_RELEASED: return block_text("released", event, "NPN_ReleaseVariantValue");
    case EVENT_NPN_HANDED:
        return block_text("handed over", event, npn_way_name(EVENT_ORIGIN(event->flags)));
    case EVENT_OBJECT: return object_text(event);
    default: return step_text(event);
    }
}
