/* tests/unit/viewer_made.c - recordings made by hand, for the viewer's tests */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_made.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    abort();
}

struct made *made_new(uint64_t bytes)
{
    struct made *made = calloc(1, sizeof(*made));
    struct ring_layout layout;

    if (made == NULL || ring_layout_compute(bytes == 0 ? RING_MIN_BYTES : bytes, &layout) != 0)
        die("made_new");
    made->bytes = layout.total_bytes;
    made->base =
        mmap(NULL, made->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made->base == MAP_FAILED)
        die("mmap");
    made->header = made->base;
    made->now = MADE_START;
    ring_format(made->base, &layout, RING_OVERWRITE, RING_ORIGIN_FLIGHT);
    made->header->pid = 4711;
    made->header->ppid = 4710;
    made->header->start_ticks = 1;
    strcpy(made->header->boot_id, "00000000-0000-0000-0000-000000000000");
    made->header->start_stamp = MADE_START;
    made->header->start_realtime_ns = UINT64_C(1700000000) * 1000000000;
    made->header->unwinder = RING_UNWINDER_LIBUNWIND;
    made->header->exe = made_string(made, "/usr/bin/made-host");
    made->header->args = made_string(made, "made-host --plugins=on");
    atomic_store(&made->header->state, RING_READY);
    return made;
}

void made_free(struct made *made)
{
    munmap(made->base, made->bytes);
    free(made);
}

static uint32_t take_entry(struct made *made, enum ring_area area)
{
    uint32_t index = atomic_load(&made->header->used[area]);

    if (index == ring_capacity(made->base, area)) {
        errno = ENOSPC;
        die("take_entry");
    }
    atomic_store(&made->header->used[area], index + 1);
    return index;
}

uint32_t made_string(struct made *made, const char *text)
{
    uint32_t at = atomic_load(&made->header->used[RING_STRINGS]);
    struct ring_string *string = (void *)((char *)ring_area(made->base, RING_STRINGS) + at);

    string->bytes = (uint32_t)strlen(text);
    strcpy(string->text, text);
    atomic_store(&made->header->used[RING_STRINGS],
                 at + (uint32_t)(sizeof(*string) + strlen(text) + 4) / 4 * 4);
    return at;
}

uint32_t made_module(struct made *made, const char *path, uint32_t epoch, uint64_t start,
                     uint64_t end, uint32_t flags)
{
    uint32_t index = take_entry(made, RING_MODULES);
    struct ring_module *module = (struct ring_module *)ring_area(made->base, RING_MODULES) + index;

    *module = (struct ring_module){.path = made_string(made, path),
                                   .first_epoch = epoch,
                                   .bias = start,
                                   .start = start,
                                   .end = end,
                                   .flags = flags,
                                   .build_id_bytes = 20};
    memset(module->build_id, (int)strlen(path), 20);
    return index;
}

static struct ring_plugin *plugin_at(struct made *made, uint32_t id)
{
    return (struct ring_plugin *)ring_area(made->base, RING_PLUGINS) + (id - 1);
}

static struct ring_instance *instance_at(struct made *made, uint32_t serial)
{
    return (struct ring_instance *)ring_area(made->base, RING_INSTANCES) + (serial - 1);
}

static void step(struct made *made, enum event_type type, uint32_t plugin, uint32_t instance,
                 enum event_step step, uint32_t node)
{
    struct event event = {.type = type,
                          .flags = step,
                          .plugin = (uint16_t)plugin,
                          .instance = instance,
                          .node = node};

    made_event(made, 0, &event);
}

uint32_t made_plugin(struct made *made, const char *path)
{
    uint32_t id = take_entry(made, RING_PLUGINS) + 1;
    struct ring_plugin *plugin = plugin_at(made, id);

    plugin->path = made_string(made, path);
    plugin->build_id_bytes = 4;
    memcpy(plugin->build_id, "\xde\xad\xbe\xef", 4);
    plugin->met_stamp = made_tick(made);
    plugin->initialize_calls = 1;
    step(made, EVENT_PLUGIN, id, 0, EVENT_STEP_INITIALIZE_ENTER, 0);
    step(made, EVENT_PLUGIN, id, 0, EVENT_STEP_INITIALIZE_RETURN, 0);
    return id;
}

uint32_t made_instance(struct made *made, uint32_t plugin, const char *mime)
{
    uint32_t serial = take_entry(made, RING_INSTANCES) + 1;
    struct ring_instance *instance = instance_at(made, serial);

    instance->plugin = plugin;
    instance->mime = made_string(made, mime);
    instance->created_stamp = made_tick(made);
    step(made, EVENT_INSTANCE, plugin, serial, EVENT_STEP_NEW_ENTER, instance->mime);
    return serial;
}

void made_page(struct made *made, uint32_t serial, const char *address)
{
    instance_at(made, serial)->page = made_string(made, address);
}

void made_destroy(struct made *made, uint32_t serial)
{
    struct ring_instance *instance = instance_at(made, serial);

    instance->flags = RING_INSTANCE_DESTROYED;
    instance->destroyed_stamp = made_tick(made);
    step(made, EVENT_INSTANCE, instance->plugin, serial, EVENT_STEP_DESTROY_RETURN, 0);
}

void made_shutdown(struct made *made, uint32_t id)
{
    plugin_at(made, id)->shutdown_calls++;
    plugin_at(made, id)->end_stamp = made_tick(made);
    step(made, EVENT_PLUGIN, id, 0, EVENT_STEP_SHUTDOWN_RETURN, 0);
}

uint32_t made_node(struct made *made, uint32_t parent, uint32_t flags, uint64_t pc)
{
    uint32_t id = take_entry(made, RING_NODES);

    ((struct ring_node *)ring_area(made->base, RING_NODES))[id] =
        (struct ring_node){parent, flags, pc};
    return id;
}

uint32_t made_stack(struct made *made, uint64_t epoch, const uint64_t *pcs, size_t count)
{
    uint32_t id = made_node(made, 0, RING_NODE_ROOT, epoch);

    while (count-- > 0)
        id = made_node(made, id, 0, pcs[count]);
    return id;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static void hand_over(struct made *made, uint32_t thread)
{
    struct ring_chunk *chunk = made->chunks[thread];

    if (chunk == NULL)
        return;
    atomic_fetch_add(&made->header->committed_events, atomic_load(&chunk->committed) >> 32);
    atomic_store(&chunk->state, RING_CHUNK_FULL);
}

static struct ring_chunk *find_chunk(struct made *made)
{
    struct ring_chunk *oldest = NULL;

    for (uint32_t i = 0; i < ring_capacity(made->base, RING_CHUNKS); i++) {
        struct ring_chunk *chunk = ring_chunk_at(made->base, i);
        if (atomic_load(&chunk->state) == RING_CHUNK_FREE)
            return chunk;
        if (atomic_load(&chunk->state) == RING_CHUNK_FULL &&
            (oldest == NULL || atomic_load(&chunk->sequence) < atomic_load(&oldest->sequence)))
            oldest = chunk;
    }
    atomic_fetch_add(&made->header->overwritten_events, atomic_load(&oldest->committed) >> 32);
    return oldest;
}

static void take_chunk(struct made *made, uint32_t thread, uint64_t stamp)
{
    hand_over(made, thread);
    struct ring_chunk *chunk = find_chunk(made);
    atomic_store(&chunk->state, RING_CHUNK_WRITING);
    atomic_store(&chunk->sequence, 0);
    atomic_store(&chunk->committed, 0);
    chunk->thread = thread;
    chunk->tid = 100 + thread;
    chunk->base_stamp = stamp;
    atomic_store(&chunk->sequence, atomic_fetch_add(&made->header->next_sequence, 1));
    made->chunks[thread] = chunk;
}

void made_commit(struct made *made, uint32_t thread, const struct event *events, unsigned count)
{
    uint32_t room = made->header->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    struct ring_chunk *chunk = made->chunks[thread];
    size_t words = 0;

    for (unsigned i = 0; i < count; i++) {
        words += event_words(&events[i]);
        if (made->event_count < MADE_MAX_EVENTS)
            made->events[made->event_count++] = (struct made_recorded){events[i], thread};
    }
    if (chunk == NULL || (uint32_t)atomic_load(&chunk->committed) + words * 8 > room) {
        take_chunk(made, thread, events[0].stamp);
        chunk = made->chunks[thread];
    }
    uint64_t committed = atomic_load(&chunk->committed);
    uint64_t *at = (uint64_t *)((char *)chunk + RING_CHUNK_HEADER_BYTES + (uint32_t)committed);
    for (unsigned i = 0; i < count; i++)
        at += event_encode(&events[i], chunk->base_stamp, at);
    atomic_store(&chunk->committed, committed + ((uint64_t)count << 32) + words * 8);
}

void made_event(struct made *made, uint32_t thread, struct event *event)
{
    event->stamp = made_tick(made);
    made_commit(made, thread, event, 1);
}

struct made *made_example(void)
{
    struct made *made = made_new(0);

    made_module(made, "/usr/bin/made-host", 0, 0x400000, 0x500000, RING_MODULE_MAIN);
    made_module(made, "/usr/lib/libnpntrace.so", 0, 0x7f0000000000, 0x7f0000100000,
                RING_MODULE_TRACER);
    made_module(made, "/opt/libnpfirst.so", 0, 0x7f1000000000, 0x7f1000010000, 0);
    made_module(made, "/opt/libnpsecond.so", 0, 0x7f2000000000, 0x7f2000010000, 0);
    uint32_t first = made_plugin(made, "/opt/libnpfirst.so"),
             second = made_plugin(made, "/opt/libnpsecond.so");
    uint32_t one = made_instance(made, first, "application/x-first");
    uint32_t two = made_instance(made, second, "application/x-second");
    uint32_t three = made_instance(made, second, "application/x-second");
    uint32_t stack_a =
        made_stack(made, 0, (uint64_t[]){0x7f0000000100, 0x7f1000000200, 0x401000}, 3);
    uint32_t stack_b =
        made_stack(made, 0, (uint64_t[]){0x7f0000000100, 0x7f2000000300, 0x401000}, 3);

    for (uint32_t i = 0; i < 10; i++)
        made_alloc(made, i % 2, first, one, 0x600000 + 64 * i, 32, stack_a);
    for (uint32_t i = 0; i < 8; i++)
        made_free_block(made, (i + 1) % 2, first, one, 0x600000 + 64 * i, stack_a);
    made_alloc(made, 0, second, two, 0x700000, 1000, stack_b);
    made_alloc(made, 1, second, three, 0x701000, 500, stack_b);
    made_alloc(made, 1, second, three, 0, 0x7fffffff, stack_b);
    made_free_block(made, 1, second, three, 0xdead00, stack_b);
    made_flush(made, 0, second);
    made_destroy(made, two);
    made_shutdown(made, first);
    return made;
}

/* ---- files ----------------------------------------------------------------------------------- */

int made_file(void)
{
    int fd = memfd_create("made", MFD_CLOEXEC);

    if (fd < 0)
        die("memfd_create");
    return fd;
}

const char *made_path(int fd)
{
    static char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

void made_save_ring(const struct made *made, int fd)
{
    if (ftruncate(fd, 0) != 0 || pwrite(fd, made->base, made->bytes, 0) != (ssize_t)made->bytes)
        die("made_save_ring");
}
