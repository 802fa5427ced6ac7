/* tests/unit/oracle_ring_c.c - the ring's C structures, which C++ cannot include */
/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/ring.h"
#include "tests/unit/oracle_ring_c.h"

const void *oracle_map(const char *path)
{
    const char *what;
    uint64_t offset;
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return NULL;
    void *base = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (base == MAP_FAILED || ring_check(base, (uint64_t)status.st_size, &what, &offset) != 0)
        return NULL;
    return base;
}

static uint32_t node_of(const void *base, uint64_t address)
{
    const struct ring_live *live = ring_area(base, RING_LIVE);

    for (uint32_t i = 0; i < ring_capacity(base, RING_LIVE); i++)
        if (live[i].address == address)
            return live[i].node;
    return RING_NODE_NONE;
}

unsigned oracle_stack(const void *base, const void *block, uint64_t *frames, unsigned capacity)
{
    const struct ring_node *nodes = ring_area(base, RING_NODES);
    uint32_t node = node_of(base, (uint64_t)(uintptr_t)block);
    unsigned count = 0;

    while (node != RING_NODE_NONE && node < ring_capacity(base, RING_NODES) &&
           (nodes[node].flags & RING_NODE_ROOT) == 0 && count < capacity) {
        frames[count++] = nodes[node].pc;
        node = nodes[node].parent;
    }
    return count;
}
