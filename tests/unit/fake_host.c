/* tests/unit/fake_host.c - a traced process without a tracer */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/fake_host.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "format/handover.h"
#include "format/ring_pool.h"

static void insist(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fake host: %s\n", what);
    _exit(99);
}

uint64_t fake_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t fake_stamp(const struct ring_header *ring)
{
#if defined(__x86_64__)
    if (ring->clock == RING_CLOCK_TSC)
        return __builtin_ia32_rdtsc();
#endif
    (void)ring;
    return fake_now();
}

/* ---- the hand-over ----------------------------------------------------------------------- */

static int receive_ring(int socket, struct handover_ring *ret_answer)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = ret_answer, .iov_len = sizeof(*ret_answer)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    int memfd = -1;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*ret_answer))
        return -EPROTO;
    if (CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&memfd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(memfd));
    return memfd;
}

int fake_host_connect(const char *name, struct ring_header **ret_ring)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct handover_hello hello = {.version = HANDOVER_VERSION, .pid = (uint32_t)getpid()};
    struct handover_ring answer = {.error = 0};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    memcpy(hello.magic, HANDOVER_HELLO_MAGIC, sizeof(hello.magic));
    memcpy(address.sun_path + 1, name, strlen(name));
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    if (connect(fd, (struct sockaddr *)&address, bytes) != 0 ||
        send(fd, &hello, sizeof(hello), MSG_NOSIGNAL) != (ssize_t)sizeof(hello)) {
        int error = -errno;
        close(fd);
        return error;
    }
    int memfd = receive_ring(fd, &answer);
    close(fd);
    if (memfd < 0)
        return answer.error ? answer.error : -EPROTO;
    *ret_ring = mmap(NULL, answer.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    insist(*ret_ring != MAP_FAILED, "cannot map the segment");
    close(memfd);
    return 0;
}

/* ---- tables ------------------------------------------------------------------------------ */

uint32_t fake_string(struct ring_header *ring, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);
    uint32_t bytes = ((uint32_t)sizeof(struct ring_string) + length + 1 + 3) / 4 * 4;
    uint32_t at = atomic_fetch_add(&ring->used[RING_STRINGS], bytes);
    struct ring_string *string = (void *)((char *)ring_area(ring, RING_STRINGS) + at);

    insist(at + bytes <= ring_capacity(ring, RING_STRINGS), "strings are full");
    string->bytes = length;
    memcpy(string->text, text, length + 1);
    return at;
}

uint32_t fake_node(struct ring_header *ring, uint32_t parent, uint64_t pc, uint32_t flags)
{
    uint32_t id = atomic_fetch_add(&ring->used[RING_NODES], 1);
    struct ring_node *nodes = ring_area(ring, RING_NODES);

    insist(id < ring_capacity(ring, RING_NODES), "the tree is full");
    nodes[id] = (struct ring_node){.parent = parent, .flags = flags, .pc = pc};
    return id;
}

uint32_t fake_stack(struct ring_header *ring, unsigned depth)
{
    uint32_t node = fake_node(ring, RING_NODE_NONE, 0, RING_NODE_ROOT);

    for (unsigned i = 0; i < depth; i++)
        node = fake_node(ring, node, FAKE_PC + 16 * i, 0);
    return node;
}

static void add_module(struct ring_header *ring, uint32_t path)
{
    struct ring_module *module = ring_area(ring, RING_MODULES);

    *module = (struct ring_module){
        .path = path,
        .bias = FAKE_PC - 0x1000,
        .start = FAKE_PC - 0x1000,
        .end = FAKE_PC + 0x100000,
        .build_id_bytes = 4,
        .build_id = {0xde, 0xad, 0xbe, 0xef},
    };
    atomic_store(&ring->used[RING_MODULES], 1);
}

void fake_host_begin(struct ring_header *ring)
{
    struct ring_plugin *plugin = ring_area(ring, RING_PLUGINS);
    struct ring_instance *instance = ring_area(ring, RING_INSTANCES);

    ring->pid = (uint32_t)getpid();
    ring->ppid = (uint32_t)getppid();
    ring->start_ticks = 4711;
    strcpy(ring->boot_id, "00000000-0000-0000-0000-000000000000");
    ring->start_stamp = fake_stamp(ring);
    ring->exe = fake_string(ring, FAKE_EXE);
    ring->args = fake_string(ring, "fakehost --verbose");
    ring->unwinder = RING_UNWINDER_LIBUNWIND;
    add_module(ring, fake_string(ring, FAKE_PLUGIN));
    plugin->path = fake_string(ring, FAKE_PLUGIN);
    plugin->met_stamp = ring->start_stamp;
    atomic_store(&plugin->initialize_calls, 1);
    atomic_store(&ring->used[RING_PLUGINS], 1);
    instance->plugin = 1;
    instance->mime = fake_string(ring, FAKE_MIME);
    instance->npp = 0x5555;
    instance->created_stamp = ring->start_stamp;
    atomic_store(&ring->used[RING_INSTANCES], 1);
    atomic_store_explicit(&ring->state, RING_READY, memory_order_release);
}

/* ---- events ------------------------------------------------------------------------------ */

bool fake_recorder_gone(const struct ring_header *ring)
{
    uint32_t word = atomic_load((const _Atomic uint32_t *)&ring->recorder_lock);
    return (word & FUTEX_OWNER_DIED) != 0 || (word & FUTEX_TID_MASK) == 0;
}

static struct ring_chunk *take_free(struct ring_header *ring)
{
    struct ring_chunk *chunk = ring_pool_pop(ring);

    if (chunk != NULL)
        atomic_store(&chunk->state, RING_CHUNK_WRITING);
    return chunk;
}

static struct ring_chunk *wait_for_free(struct ring_header *ring)
{
    struct timespec limit = {.tv_nsec = 10000000};

    for (;;) {
        uint32_t seen = atomic_load(&ring->pool_word);
        struct ring_chunk *chunk = take_free(ring);

        if (chunk != NULL || fake_recorder_gone(ring) || ring->policy != RING_BLOCK)
            return chunk;
        atomic_fetch_add(&ring->pool_waiters, 1);
        syscall(SYS_futex, &ring->pool_word, FUTEX_WAIT, seen, &limit, NULL, 0);
        atomic_fetch_sub(&ring->pool_waiters, 1);
    }
}

void fake_writer_open(struct fake_writer *writer, struct ring_header *ring, uint32_t slot)
{
    struct ring_thread *thread = (struct ring_thread *)ring_area(ring, RING_THREADS) + slot;

    *writer = (struct fake_writer){.ring = ring, .slot = slot, .tid = 1000 + slot};
    atomic_store(&thread->tid, writer->tid);
}

void fake_hand_over(struct fake_writer *writer)
{
    if (writer->chunk == NULL)
        return;
    atomic_fetch_add(&writer->ring->committed_events, writer->events);
    atomic_store_explicit(&writer->chunk->state, RING_CHUNK_FULL, memory_order_release);
    writer->chunk = NULL;
}

static bool begin_chunk(struct fake_writer *writer, uint64_t stamp)
{
    struct ring_thread *thread =
        (struct ring_thread *)ring_area(writer->ring, RING_THREADS) + writer->slot;
    struct ring_chunk *chunk = wait_for_free(writer->ring);

    if (chunk == NULL)
        return false;
    atomic_store(&chunk->sequence, 0);
    atomic_store(&chunk->committed, 0);
    chunk->thread = writer->slot;
    chunk->tid = writer->tid;
    chunk->level = 0;
    chunk->base_stamp = stamp;
    chunk->dropped_before = atomic_load(&thread->dropped_events);
    atomic_store(&chunk->sequence, atomic_fetch_add(&writer->ring->next_sequence, 1));
    writer->chunk = chunk;
    writer->used_bytes = 0;
    writer->events = 0;
    return true;
}

bool fake_put(struct fake_writer *writer, const struct event *events, unsigned count)
{
    struct ring_thread *thread =
        (struct ring_thread *)ring_area(writer->ring, RING_THREADS) + writer->slot;
    uint64_t room = writer->ring->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES, bytes = 0;

    for (unsigned i = 0; i < count; i++)
        bytes += 8 * event_words(&events[i]);
    if (writer->chunk != NULL &&
        (writer->used_bytes + bytes > room || events[0].stamp < writer->chunk->base_stamp))
        fake_hand_over(writer);
    if (writer->chunk == NULL && !begin_chunk(writer, events[0].stamp)) {
        atomic_fetch_add(&thread->dropped_events, count);
        atomic_fetch_add(&writer->ring->dropped_events, count);
        return false;
    }
    uint64_t *at =
        (uint64_t *)((char *)writer->chunk + RING_CHUNK_HEADER_BYTES + writer->used_bytes);
    for (unsigned i = 0; i < count; i++)
        at += event_encode(&events[i], writer->chunk->base_stamp, at);
    writer->used_bytes += bytes;
    writer->events += count;
    atomic_store_explicit(&writer->chunk->committed, writer->events << 32 | writer->used_bytes,
                          memory_order_release);
    return true;
}

/* ---- NPN memory -------------------------------------------------------------------------- */

static void count_alloc(struct ring_counters *counters, uint32_t size)
{
    atomic_fetch_add(&counters->allocs, 1);
    atomic_fetch_add(&counters->bytes_allocated, size);
    atomic_fetch_add(&counters->live_blocks, 1);
    uint64_t live = atomic_fetch_add(&counters->live_bytes, size) + size;
    if (live > atomic_load(&counters->peak_bytes))
        atomic_store(&counters->peak_bytes, live);
}

static void count_free(struct ring_counters *counters, uint32_t size)
{
    atomic_fetch_add(&counters->frees, 1);
    atomic_fetch_sub(&counters->live_blocks, 1);
    atomic_fetch_sub(&counters->live_bytes, size);
}

/* The slot of a block, or with address 0 of a new one: linear probing from its home. */
static struct ring_live *live_slot(struct ring_header *ring, uint64_t home_of, uint64_t address)
{
    struct ring_live *table = ring_area(ring, RING_LIVE);
    uint32_t mask = ring_capacity(ring, RING_LIVE) - 1;

    for (uint32_t i = 0; i <= mask; i++) {
        struct ring_live *slot = &table[(ring_live_home(home_of, mask) + i) & mask];
        if (atomic_load(&slot->address) == address)
            return slot;
    }
    insist(false, "no such slot in the side table");
    return NULL;
}

void fake_alloc(struct fake_writer *writer, uint64_t address, uint32_t size, uint32_t node,
                uint64_t stamp)
{
    struct ring_plugin *plugin = ring_area(writer->ring, RING_PLUGINS);
    struct ring_instance *instance = ring_area(writer->ring, RING_INSTANCES);
    struct ring_live *slot = live_slot(writer->ring, address, 0);
    struct event event = {
        .type = EVENT_NPN_ALLOC,
        .stamp = stamp,
        .address = address,
        .size = size,
        .node = node,
        .plugin = 1,
        .instance = 1,
    };

    slot->size_bytes = size;
    slot->node = node;
    slot->plugin = 1;
    slot->flags = 0;
    slot->instance = 1;
    slot->stamp = stamp;
    atomic_store(&slot->address, address);
    count_alloc(&plugin->npn, size);
    count_alloc(&instance->npn, size);
    count_alloc(&writer->ring->totals, size);
    fake_put(writer, &event, 1);
}

void fake_free(struct fake_writer *writer, uint64_t address, uint64_t stamp)
{
    struct ring_plugin *plugin = ring_area(writer->ring, RING_PLUGINS);
    struct ring_instance *instance = ring_area(writer->ring, RING_INSTANCES);
    struct ring_live *slot = live_slot(writer->ring, address, address);
    struct event event = {
        .type = EVENT_NPN_FREE,
        .flags = EVENT_KNOWN,
        .stamp = stamp,
        .address = address,
        .size = slot->size_bytes,
        .node = slot->node,
        .plugin = 1,
        .instance = 1,
        .owner_plugin = slot->plugin,
        .owner_instance = slot->instance,
        .owner_node = slot->node,
        .owner_stamp = slot->stamp,
    };

    atomic_store(&slot->address, 0);
    count_free(&plugin->npn, event.size);
    count_free(&instance->npn, event.size);
    count_free(&writer->ring->totals, event.size);
    fake_put(writer, &event, 1);
}
