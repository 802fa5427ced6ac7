/* shim/quarantine.c - blocks that were freed, and that the host gets a little later */
/* SPDX-License-Identifier: MIT */

#include "shim/quarantine.h"

#include <string.h>
#include <sys/mman.h>

#include "shim/check.h"
#include "tracer/clock.h"
#include "tracer/contract.h"
#include "tracer/findings.h"
#include "tracer/region.h"
#include "tracer/sys.h"
#include "tracer/thread.h"

struct kept {
    struct live_block block;
    uint32_t node; /* of its free */
    uint32_t freer;
    NPN_MemFreeProcPtr host;
};

/* All 0 at first, and again in a child. */
struct quarantine {
    struct lock lock;
    uint32_t first; /* the oldest */
    uint32_t count;
    uint64_t bytes;
    struct kept kept[QUARANTINE_BLOCKS];
};

static struct quarantine *_Atomic only;

static struct quarantine *make(void)
{
    struct quarantine *none = NULL, *made = sys_map(sizeof(*made));

    if (made == NULL)
        return NULL;
    bool wiped = madvise(made, sizeof(*made), MADV_WIPEONFORK) == 0;
    if (wiped && atomic_compare_exchange_strong(&only, &none, made))
        return made;
    sys_unmap(made, sizeof(*made));
    return none;
}

/* ---- one block --------------------------------------------------------------------------- */

/* The offset of the first byte that is not the fill's; size if there is none, or if they cannot be
 * read. */
static uint32_t first_changed(const struct live_block *block)
{
    unsigned char bytes[1024];

    for (uint32_t at = 0; at < block->size_bytes;) {
        uint32_t count = block->size_bytes - at;
        if (count > sizeof(bytes))
            count = sizeof(bytes);
        if (!sys_read_memory(block->address + at, bytes, count))
            break;
        for (uint32_t i = 0; i < count; i++)
            if (bytes[i] != QUARANTINE_BYTE)
                return at + i;
        at += count;
    }
    return block->size_bytes;
}

static void report(const struct kept *kept, uint32_t offset)
{
    struct tracer *tracer = tracer_if_running();
    struct operation operation;
    struct finding finding = {
        .kind = FINDING_WRITE_AFTER_FREE,
        .detail = offset,
        .address = kept->block.address,
        .size = kept->block.size_bytes,
        .owner = kept->block,
        .released_node = kept->node,
    };

    if (tracer == NULL || !finding_is_certain(tracer) ||
        !operation_enter(&operation, (uint64_t)(uintptr_t)__builtin_frame_address(0)))
        return;
    /* Nobody saw the write: the last that is known is where it was freed. */
    finding_put(&operation, kept->block.plugin, kept->block.instance, kept->node, clock_stamp(),
                &finding);
    operation_leave(&operation);
}

/* True if a byte of it, or behind it, is not as we left it. */
static bool is_changed(const struct kept *kept, uint32_t *ret_offset)
{
    uint32_t offset = first_changed(&kept->block);

    if (offset == kept->block.size_bytes) {
        int zone = check_zone(kept->block.address, kept->block.size_bytes);
        if (zone < 0)
            return false;
        offset += (uint32_t)zone;
    }
    *ret_offset = offset;
    return true;
}

/* The free was recorded when the plug-in made it. A host that is a plug-in itself calls our
 * memfree: that is to know that it is the same. */
static uint32_t push_freeing(const struct kept *kept)
{
    struct operation operation;
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    if (!operation_enter(&operation, here))
        return NPN_NO_TOKEN;
    uint32_t token = context_push(operation.thread, &(struct context){
                                                        .kind = CONTEXT_FREEING,
                                                        .plugin = kept->block.plugin,
                                                        .stack_pointer = here,
                                                        .pointer = kept->block.address,
                                                    });
    operation_leave(&operation);
    return token;
}

/* A host that is a plug-in may have left the process without NP_Shutdown: then nobody can free the
 * block. */
static bool is_code(NPN_MemFreeProcPtr host)
{
    struct region region;

    return region_find((uint64_t)(uintptr_t)host, &region) && region.executable;
}

static void give_back(const struct kept *kept)
{
    uint32_t offset;

    if (is_changed(kept, &offset))
        report(kept, offset);
    if (!is_code(kept->host))
        return;
    uint32_t token = push_freeing(kept);
    kept->host((void *)(uintptr_t)kept->block.address);
    npn_entry_pop(token);
}

/* ---- all of them ------------------------------------------------------------------------- */

static struct kept *at(struct quarantine *quarantine, uint32_t index)
{
    return &quarantine->kept[(quarantine->first + index) % QUARANTINE_BLOCKS];
}

static struct kept take_locked(struct quarantine *quarantine, uint32_t index)
{
    struct kept taken = *at(quarantine, index);

    for (; index > 0; index--)
        *at(quarantine, index) = *at(quarantine, index - 1);
    quarantine->first = (quarantine->first + 1) % QUARANTINE_BLOCKS;
    quarantine->count--;
    quarantine->bytes -= taken.block.size_bytes;
    return taken;
}

static bool is_of(const struct kept *kept, uint32_t plugin)
{
    return kept->block.plugin == plugin || kept->freer == plugin;
}

/* The index of a block by address or, with address 0, of the first of a plug-in's; count: none. */
static uint32_t find_locked(struct quarantine *quarantine, uint64_t address, uint32_t plugin)
{
    uint32_t index = 0;

    while (index < quarantine->count &&
           (address != 0 ? at(quarantine, index)->block.address != address
                         : !is_of(at(quarantine, index), plugin)))
        index++;
    return index;
}

/* Puts fresh in, if there is room; if not, takes the oldest out. True: it is in. */
static bool try_put(struct quarantine *quarantine, const struct kept *fresh,
                    struct kept *ret_oldest, bool *ret_locked)
{
    struct lock_mask mask;
    bool fits;

    *ret_locked = lock_acquire(&quarantine->lock, &mask);
    if (!*ret_locked)
        return false;
    fits = quarantine->count < QUARANTINE_BLOCKS &&
           quarantine->bytes + fresh->block.size_bytes <= QUARANTINE_BYTES;
    if (fits) {
        *at(quarantine, quarantine->count++) = *fresh;
        quarantine->bytes += fresh->block.size_bytes;
    } else {
        *ret_oldest = take_locked(quarantine, 0);
    }
    lock_release(&quarantine->lock, &mask);
    return fits;
}

static uint32_t node_of_free(const struct live_block *block)
{
    struct tracer *tracer = tracer_if_running();
    struct released_block released;

    return tracer != NULL && contract_was_released(tracer, block->address, &released)
               ? released.node
               : 0;
}

bool quarantine_keep(const struct live_block *block, uint32_t freer, NPN_MemFreeProcPtr host)
{
    struct quarantine *quarantine = atomic_load_explicit(&only, memory_order_acquire);
    struct kept fresh = {
        .block = *block, .host = host, .node = node_of_free(block), .freer = freer};
    struct kept oldest;
    bool locked;

    if (quarantine == NULL)
        quarantine = make();
    if (quarantine == NULL || block->size_bytes > QUARANTINE_BYTES)
        return false;
    memset((void *)(uintptr_t)block->address, QUARANTINE_BYTE, block->size_bytes);
    while (!try_put(quarantine, &fresh, &oldest, &locked)) {
        if (!locked)
            return false;
        give_back(&oldest);
    }
    return true;
}

bool quarantine_has(const void *block)
{
    struct quarantine *quarantine = atomic_load_explicit(&only, memory_order_acquire);
    struct lock_mask mask;

    if (quarantine == NULL || !lock_acquire(&quarantine->lock, &mask))
        return false;
    bool found = find_locked(quarantine, (uint64_t)(uintptr_t)block, 0) < quarantine->count;
    lock_release(&quarantine->lock, &mask);
    return found;
}

void quarantine_drop(const void *block)
{
    struct quarantine *quarantine = atomic_load_explicit(&only, memory_order_acquire);
    struct lock_mask mask;

    if (quarantine == NULL || !lock_acquire(&quarantine->lock, &mask))
        return;
    uint32_t index = find_locked(quarantine, (uint64_t)(uintptr_t)block, 0);
    if (index < quarantine->count)
        take_locked(quarantine, index);
    lock_release(&quarantine->lock, &mask);
}

void quarantine_empty(uint32_t plugin)
{
    struct quarantine *quarantine = atomic_load_explicit(&only, memory_order_acquire);
    struct lock_mask mask;
    struct kept taken;
    bool found = true;

    while (found && quarantine != NULL && lock_acquire(&quarantine->lock, &mask)) {
        uint32_t index = find_locked(quarantine, 0, plugin);
        found = index < quarantine->count;
        if (found)
            taken = take_locked(quarantine, index);
        lock_release(&quarantine->lock, &mask);
        if (found)
            give_back(&taken);
    }
}

/* At exit: other threads may still free, so each is copied out under the lock. */
static bool copy_at(struct quarantine *quarantine, uint32_t index, struct kept *ret_kept)
{
    struct lock_mask mask;

    if (!lock_acquire(&quarantine->lock, &mask))
        return false;
    bool there = index < quarantine->count;
    if (there)
        *ret_kept = *at(quarantine, index);
    lock_release(&quarantine->lock, &mask);
    return there;
}

void quarantine_look(void)
{
    struct quarantine *quarantine = atomic_load_explicit(&only, memory_order_acquire);
    struct kept kept;
    uint32_t offset;

    /* What is not there any more after the look may have been given back, and be another's. */
    for (uint32_t i = 0; quarantine != NULL && copy_at(quarantine, i, &kept); i++)
        if (is_changed(&kept, &offset) &&
            quarantine_has((const void *)(uintptr_t)kept.block.address))
            report(&kept, offset);
}
