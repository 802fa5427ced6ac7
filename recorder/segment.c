/* recorder/segment.c - makes, locks and reads the segment of one traced process */
/* SPDX-License-Identifier: MIT */

#include "recorder/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINK_BYTES 4096u /* the private page before the segment */

int segment_locks_install(struct segment_locks *locks)
{
    size_t bytes;

    if (syscall(SYS_get_robust_list, 0, &locks->previous, &bytes) != 0)
        return -errno;
    locks->head.list.next = &locks->head.list;
    locks->head.list_op_pending = NULL;
    locks->head.futex_offset =
        (long)LINK_BYTES + (long)offsetof(struct ring_header, recorder_lock);
    if (syscall(SYS_set_robust_list, &locks->head, sizeof(locks->head)) != 0)
        return -errno;
    return 0;
}

void segment_locks_remove(struct segment_locks *locks)
{
    syscall(SYS_set_robust_list, locks->previous, sizeof(*locks->previous));
}

static _Atomic uint32_t *lock_word(const struct segment *segment)
{
    return (_Atomic uint32_t *)&segment->header->recorder_lock;
}

static void lock_take(struct segment *segment)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&segment->header->recorder_lock, &attributes);
    pthread_mutexattr_destroy(&attributes);

    atomic_store(lock_word(segment), (uint32_t)syscall(SYS_gettid));
    segment->link->next = segment->locks->head.list.next;
    segment->locks->head.list.next = segment->link;
}

static void lock_leave(struct segment *segment)
{
    struct robust_list *before = &segment->locks->head.list;

    while (before->next != segment->link)
        before = before->next;
    before->next = segment->link->next;
    atomic_store(lock_word(segment), FUTEX_OWNER_DIED);
}

/* A descriptor of an all-zero file that nobody can shrink under our mapping. */
static int make_memfd(uint64_t bytes)
{
    int memfd = memfd_create("npntrace", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (memfd < 0)
        return -errno;
    if (ftruncate(memfd, (off_t)bytes) != 0 ||
        fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        int error = -errno;
        close(memfd);
        return error;
    }
    return memfd;
}

static int map_segment(struct segment *segment)
{
    size_t bytes = LINK_BYTES + segment->layout.total_bytes;
    char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return -errno;
    if (mmap(base + LINK_BYTES, segment->layout.total_bytes, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, segment->memfd, 0) == MAP_FAILED) {
        int error = -errno;
        munmap(base, bytes);
        return error;
    }
    segment->link = (struct robust_list *)base;
    segment->header = (struct ring_header *)(base + LINK_BYTES);
    return 0;
}

int segment_create(struct segment *segment, struct segment_locks *locks, uint64_t bytes,
                   enum ring_policy policy)
{
    struct segment made = {.memfd = -1, .locks = locks};
    int error = ring_layout_compute(bytes, &made.layout);

    ticks_open(&made.ticks);
    if (error != 0)
        return error;
    made.memfd = make_memfd(made.layout.total_bytes);
    if (made.memfd < 0)
        return made.memfd;
    error = map_segment(&made);
    if (error != 0) {
        close(made.memfd);
        return error;
    }
    ring_format(made.header, &made.layout, policy, RING_ORIGIN_RECORD);
    lock_take(&made);
    *segment = made;
    return 0;
}

void segment_abandon(struct segment *segment)
{
    if (segment->abandoned)
        return;
    segment->abandoned = true;
    lock_leave(segment);
    segment_wake_writers(segment);
}

void segment_destroy(struct segment *segment)
{
    if (segment->header == NULL)
        return;
    segment_abandon(segment);
    munmap(segment->link, LINK_BYTES + segment->layout.total_bytes);
    close(segment->memfd);
    *segment = (struct segment){.memfd = -1};
}

void segment_beat(struct segment *segment)
{
    atomic_fetch_add_explicit(&segment->header->heartbeat, 1, memory_order_relaxed);
}

void segment_wake_writers(struct segment *segment)
{
    /* Bumped before looking at pool_waiters, as writers do it the other way round: no wake-up is
     * lost. */
    atomic_fetch_add(&segment->header->pool_word, 1);
    if (atomic_load(&segment->header->pool_waiters) != 0)
        syscall(SYS_futex, &segment->header->pool_word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* As ring_pool_push(), but by the private layout. */
void segment_free_chunk(struct segment *segment, uint32_t index)
{
    struct ring_chunk *chunk = segment_entry(segment, RING_CHUNKS, index);
    struct ring_header *header = segment->header;
    uint64_t head = atomic_load_explicit(&header->pool_head, memory_order_relaxed);
    uint64_t wanted;

    atomic_store_explicit(&chunk->state, RING_CHUNK_FREE, memory_order_release);
    do {
        atomic_store_explicit(&chunk->next_free, (uint32_t)head, memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | (index + 1);
    } while (!atomic_compare_exchange_weak_explicit(&header->pool_head, &head, wanted,
                                                    memory_order_release, memory_order_relaxed));
}

bool segment_is_intact(const struct segment *segment)
{
    struct ring_header copy;
    const char *what;
    uint64_t offset;

    memcpy(&copy, segment->header, sizeof(copy));
    return memcmp(&copy.layout, &segment->layout, sizeof(copy.layout)) == 0 &&
           ring_check(segment->header, segment->layout.total_bytes, &what, &offset) == 0;
}

void *segment_entry(const struct segment *segment, enum ring_area area, uint32_t index)
{
    const struct ring_extent *extent = &segment->layout.area[area];

    if (index >= extent->count)
        return NULL;
    return (char *)segment->header + extent->offset + (uint64_t)index * extent->entry_bytes;
}

/* The next bytes of the file that exist, from `at` on. False: there are none before end. */
static bool next_pages(const struct segment *segment, uint64_t at, uint64_t end,
                       uint64_t *ret_from, uint64_t *ret_to)
{
    off_t from = lseek(segment->memfd, (off_t)at, SEEK_DATA);

    if (from < 0 && errno == ENXIO)
        return false;
    off_t to = from < 0 ? -1 : lseek(segment->memfd, from, SEEK_HOLE);
    *ret_from = from < 0 ? at : (uint64_t)from;
    *ret_to = to < 0 || (uint64_t)to > end ? end : (uint64_t)to;
    return *ret_from < end;
}

int segment_each(const struct segment *segment, enum ring_area area,
                 int (*each)(void *context, const void *entry), void *context)
{
    const struct ring_extent *extent = &segment->layout.area[area];
    uint64_t end = extent->offset + (uint64_t)extent->count * extent->entry_bytes, from, to;
    uint64_t index = 0; /* entries may lie on two pages */

    for (uint64_t at = extent->offset; next_pages(segment, at, end, &from, &to); at = to) {
        uint64_t first = (from - extent->offset) / extent->entry_bytes;
        for (index = first > index ? first : index;
             extent->offset + index * extent->entry_bytes < to; index++) {
            int result = each(context, segment_entry(segment, area, (uint32_t)index));
            if (result != 0)
                return result;
        }
    }
    return 0;
}

uint32_t segment_used(const struct segment *segment, enum ring_area area)
{
    uint32_t used = atomic_load_explicit(&segment->header->used[area], memory_order_acquire);
    uint32_t capacity = segment->layout.area[area].count;

    return used < capacity ? used : capacity;
}

uint32_t segment_string(const struct segment *segment, uint32_t string, char *text,
                        uint32_t capacity)
{
    uint32_t area_bytes = segment->layout.area[RING_STRINGS].count;
    uint32_t head_bytes = sizeof(struct ring_string);
    uint32_t length;

    text[0] = '\0';
    if (string == 0 || string % 4 != 0 || string > area_bytes - head_bytes - 1)
        return 0;
    const char *entry = segment_entry(segment, RING_STRINGS, string);
    memcpy(&length, entry, sizeof(length));
    if (length > area_bytes - string - head_bytes - 1)
        return 0;
    if (length > capacity - 1)
        length = capacity - 1;
    memcpy(text, entry + head_bytes, length);
    text[length] = '\0';
    return length;
}
