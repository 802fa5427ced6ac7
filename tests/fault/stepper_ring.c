/* tests/fault/stepper_ring.c - looks into the segment of a process that is being traced */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/stepper_ring.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "format/ring.h"

static bool copy(const struct stepper_ring *ring, uint64_t from, void *to, size_t bytes)
{
    struct iovec local = {to, bytes}, remote = {(void *)(uintptr_t)from, bytes};

    return process_vm_readv(ring->pid, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

static bool is_segment(struct stepper_ring *ring, uint64_t base)
{
    struct ring_header header;

    if (!copy(ring, base, &header, sizeof(header)) ||
        memcmp(header.magic, RING_MAGIC, sizeof(header.magic)) != 0)
        return false;
    ring->base = base;
    ring->chunks = base + header.layout.area[RING_CHUNKS].offset;
    ring->chunk_bytes = header.layout.chunk_bytes;
    ring->used = base + offsetof(struct ring_header, used) + RING_CHUNKS * sizeof(*header.used);
    return true;
}

bool stepper_ring_find(struct stepper_ring *ring, pid_t pid)
{
    char name[64], line[512], flags[8];
    unsigned long long from;
    bool found = false;

    *ring = (struct stepper_ring){.pid = pid};
    snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(name, "re");
    while (maps != NULL && !found && fgets(line, sizeof(line), maps) != NULL)
        found = sscanf(line, "%llx-%*x %7s", &from, flags) == 2 && flags[3] == 's' &&
                is_segment(ring, from);
    if (maps != NULL)
        fclose(maps);
    return found;
}

static bool is_own(const struct stepper_ring *ring, uint64_t at, struct ring_chunk *ret_chunk)
{
    return copy(ring, at, ret_chunk, sizeof(*ret_chunk)) &&
           ret_chunk->state == RING_CHUNK_WRITING && ret_chunk->tid == (uint32_t)ring->pid &&
           ret_chunk->level == 0 && ret_chunk->sequence != 0;
}

uint64_t stepper_ring_committed(struct stepper_ring *ring)
{
    struct ring_chunk chunk;
    uint32_t used = 0;

    if (ring->chunk != 0 && is_own(ring, ring->chunk, &chunk))
        return chunk.committed;
    copy(ring, ring->used, &used, sizeof(used));
    for (uint32_t i = 0; i < used; i++) {
        ring->chunk = ring->chunks + (uint64_t)i * ring->chunk_bytes;
        if (is_own(ring, ring->chunk, &chunk))
            return chunk.committed;
    }
    ring->chunk = 0;
    return 0;
}
