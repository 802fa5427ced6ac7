/* viewer/export_ctf.c - every event in Common Trace Format 1.8, for babeltrace2 */
/* SPDX-License-Identifier: MIT */

/*
 * A directory of two files: "metadata", which says what the other has, and "events": packets of
 * events in the order of their stamps. A stack is an event of its own before the first event that
 * has it. Where a recording's stamps step back a little, a stamp of the trace is that of the event
 * before it, since the format does not allow that.
 */
#include "viewer/export_ctf.h"
#include "viewer/all_events.h"
#include "viewer/message.h"
#include "viewer/output.h"
#include "viewer/text.h"
#include "viewer/unfinished.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_BYTES (256u * 1024)

struct packet_head {
    uint32_t magic, stream_id;
    uint64_t first_stamp, last_stamp;
    uint64_t content_bits, packet_bits;
} __attribute__((packed));

struct ctf {
    struct export_job *job;
    struct filter_range range;
    struct filter_seen seen;
    FILE *out;
    uint8_t *bytes; /* of the packet, behind its head */
    size_t count, capacity;
    uint64_t first_stamp, last_stamp;
    bool *stacks; /* that were written */
    size_t stack_capacity;
};

static void put(struct ctf *ctf, const void *bytes, size_t count)
{
    if (ctf->count + count > ctf->capacity) {
        ctf->capacity = (ctf->count + count) * 2;
        ctf->bytes = xalloc_resized(ctf->bytes, ctf->capacity, 1);
    }
    memcpy(ctf->bytes + ctf->count, bytes, count);
    ctf->count += count;
}

static void end_packet(struct ctf *ctf)
{
    uint64_t bits = (sizeof(struct packet_head) + ctf->count) * 8;
    struct packet_head head = {.magic = EXPORT_CTF_MAGIC,
                               .first_stamp = ctf->first_stamp,
                               .last_stamp = ctf->last_stamp,
                               .content_bits = bits,
                               .packet_bits = bits};

    fwrite(&head, sizeof(head), 1, ctf->out);
    if (ctf->count != 0)
        fwrite(ctf->bytes, ctf->count, 1, ctf->out);
    ctf->count = 0;
}

static void put_head(struct ctf *ctf, unsigned type, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;

    if (event->stamp > ctf->last_stamp)
        ctf->last_stamp = event->stamp;
    if (ctf->count == 0)
        ctf->first_stamp = ctf->last_stamp;
    struct export_ctf_head head = {.type = (uint8_t)type,
                                   .stamp = ctf->last_stamp,
                                   .tid = recorded->tid,
                                   .plugin = event->plugin,
                                   .instance = event->instance};
    put(ctf, &head, sizeof(head));
}

static bool is_new(struct ctf *ctf, uint32_t stack)
{
    if (stack >= ctf->stack_capacity) {
        size_t capacity = (size_t)stack * 2 + 64;
        ctf->stacks = xalloc_resized(ctf->stacks, capacity, 1);
        memset(ctf->stacks + ctf->stack_capacity, 0, capacity - ctf->stack_capacity);
        ctf->stack_capacity = capacity;
    }
    bool was_there = ctf->stacks[stack];
    ctf->stacks[stack] = true;
    return stack != 0 && !was_there;
}

static void put_stack(struct ctf *ctf, const struct recorded_event *recorded, uint32_t stack)
{
    struct export_names *names = ctf->job->names;
    const uint32_t *frames;
    uint32_t count = (uint32_t)export_names_stack(names, stack, &frames);

    put_head(ctf, EXPORT_CTF_STACK, recorded);
    put(ctf, &stack, sizeof(stack));
    put(ctf, &count, sizeof(count));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t function = export_names_frame(names, frames[i])->function;
        const char *name = export_names_function(names, function)->name;
        put(ctf, name, strlen(name) + 1);
    }
}

static void put_fields(struct ctf *ctf, const struct event *event, unsigned fields, uint32_t stack)
{
    uint8_t upper = (uint8_t)EVENT_ORIGIN(event->flags), step = (uint8_t)event->flags;
    uint8_t object = (uint8_t)OBJECT_STEP(upper);

    if ((fields & CTF_ADDRESS) != 0)
        put(ctf, &event->address, sizeof(event->address));
    if ((fields & CTF_SIZE) != 0)
        put(ctf, &event->size, sizeof(event->size));
    if ((fields & CTF_FUNCTION) != 0)
        put(ctf, &event->function, sizeof(event->function));
    if ((fields & (CTF_ORIGIN | CTF_WAY)) != 0)
        put(ctf, &upper, sizeof(upper));
    if ((fields & CTF_OBJECT) != 0)
        put(ctf, &object, sizeof(object));
    if ((fields & CTF_STEP) != 0)
        put(ctf, &step, sizeof(step));
    if ((fields & CTF_ERROR) != 0)
        put(ctf, &event->size, sizeof(event->size));
    if ((fields & CTF_CALLSTACK) != 0)
        put(ctf, &stack, sizeof(stack));
}

static bool is_alloc(const struct event *event)
{
    return event->type == EVENT_NPN_ALLOC || event->type == EVENT_HEAP_ALLOC ||
           event->type == EVENT_NPN_RECEIVED;
}

/* An event by itself: what --size and --function ask of blocks is asked of allocations alone. */
static bool is_wanted(struct ctf *ctf, const struct recorded_event *recorded, uint32_t stack)
{
    const struct filter *filter = ctf->job->filter;
    const struct event *event = &recorded->event;
    bool is_heap = recording_is_heap(event);

    if (export_ctf_fields(event->type) == 0 || !ctf->job->session->wanted[event->plugin] ||
        event->stamp < ctf->range.from || event->stamp > ctf->range.to)
        return false;
    if (filter->memory == (is_heap ? FILTER_MEMORY_NPN : FILTER_MEMORY_HEAP))
        return false;
    if (!filter_takes_instance(filter, event->instance) ||
        !filter_takes_thread(filter, recorded->tid))
        return false;
    return !is_alloc(event) ||
           (filter_takes_size(filter, event->size) &&
            filter_takes_stack(filter, ctf->job->session, &ctf->seen, stack));
}

static void put_event(struct ctf *ctf, const struct recorded_event *recorded)
{
    struct session *session = ctf->job->session;
    unsigned fields = export_ctf_fields(recorded->event.type);
    uint32_t stack =
        (fields & CTF_CALLSTACK) != 0
            ? stacks_of(session->stacks, recording_stack_node(session->recording, recorded))
            : 0;

    if (!is_wanted(ctf, recorded, stack))
        return;
    if (is_new(ctf, stack))
        put_stack(ctf, recorded, stack);
    put_head(ctf, recorded->event.type, recorded);
    put_fields(ctf, &recorded->event, fields, stack);
    if (ctf->count >= PACKET_BYTES)
        end_packet(ctf);
}

/* With at least one packet, or there would be no stream. */
static void put_events(struct ctf *ctf)
{
    struct export_job *job = ctf->job;
    bool with_heap = job->filter->memory != FILTER_MEMORY_NPN;
    struct all_events *all = all_events_open(job->session->recording, with_heap);
    struct recorded_event recorded;
    bool any = false;

    while (!ferror(ctf->out) && all_events_next(all, &recorded)) {
        put_event(ctf, &recorded);
        any |= ctf->count != 0;
    }
    if (ctf->count != 0 || !any)
        end_packet(ctf);
    all_events_close(all);
}

static FILE *open_file(const struct export_job *job, const char *name)
{
    char *path = xalloc_format("%s/%s", job->path, name);
    unfinished_add(path);
    FILE *out = fopen(path, "we");

    if (out == NULL)
        message("cannot write %s: %s", path, strerror(errno));
    free(path);
    return out;
}

static int close_file(const struct export_job *job, FILE *out)
{
    int why = ferror(out) != 0 ? output_why(out) : 0;

    if (fclose(out) == 0 && why == 0)
        return 0;
    message("cannot write in %s: %s", job->path, strerror(why != 0 ? why : errno));
    return -1;
}

int export_ctf(struct export_job *job)
{
    struct ctf ctf = {.job = job, .range = filter_range(job->filter, job->session->recording)};
    FILE *metadata = open_file(job, "metadata");

    if (metadata == NULL)
        return -1;
    export_ctf_metadata(job, metadata);
    if (close_file(job, metadata) != 0)
        return -1;
    ctf.out = open_file(job, "events");
    if (ctf.out == NULL)
        return -1;
    put_events(&ctf);
    free(ctf.bytes);
    free(ctf.stacks);
    filter_seen_free(&ctf.seen);
    return close_file(job, ctf.out);
}
