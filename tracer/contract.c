/* tracer/contract.c - what must be remembered to tell one misuse from another */
/* SPDX-License-Identifier: MIT */

#include "tracer/contract.h"

#include <string.h>

#include "tracer/sys.h"

#define PLACES 8192u /* of released blocks; a block has one place that it shares with others */
#define HOST_PLACES 256u
#define FILLING 1u /* in place of an address */
#define WORDS (sizeof(struct released_block) / sizeof(uint64_t))

_Static_assert(sizeof(struct released_block) % sizeof(uint64_t) == 0, "copied by words");

/* The addresses lie by themselves: they are all that is looked at when nothing is wrong. A place is
 * filled under FILLING. Nobody waits for that: a release that finds it gives way. It cannot be the
 * release of the address that is being issued, since that was over before the browser had it. */
struct contract {
    _Atomic uint64_t address[PLACES]; /* 0: none */
    struct place {
        _Atomic uint64_t fills;
        _Atomic uint64_t word[WORDS]; /* struct released_block */
    } place[PLACES];
    _Atomic uint64_t hosts[HOST_PLACES];
};

static inline uint32_t place_of(uint64_t address, uint32_t places)
{
    return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (places - 1);
}

struct contract *contract_map(void)
{
    return sys_map(sizeof(struct contract));
}

void contract_expect(struct tracer *tracer, uint64_t address)
{
    if (tracer->contract != NULL)
        __builtin_prefetch((const void *)&tracer->contract->address[place_of(address, PLACES)], 1);
}

void contract_released(struct tracer *tracer, const struct released_block *released)
{
    struct contract *contract = tracer->contract;
    uint32_t at = place_of(released->block.address, PLACES);
    uint64_t words[WORDS], before;

    if (contract == NULL)
        return;
    before = atomic_load_explicit(&contract->address[at], memory_order_relaxed);
    if (before == FILLING ||
        !atomic_compare_exchange_strong_explicit(&contract->address[at], &before, FILLING,
                                                 memory_order_acquire, memory_order_relaxed))
        return;
    struct place *place = &contract->place[at];
    memcpy(words, released, sizeof(words));
    /* Whoever reads a word of this filling, in contract_was_released, sees next that it has begun:
     * each word's release pairs with its acquire. */
    atomic_store_explicit(&place->fills,
                          atomic_load_explicit(&place->fills, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&place->word[i], words[i], memory_order_release);
    atomic_store_explicit(&contract->address[at], released->block.address, memory_order_release);
}

bool contract_was_released(struct tracer *tracer, uint64_t address,
                           struct released_block *ret_released)
{
    struct contract *contract = tracer->contract;
    uint32_t at = place_of(address, PLACES);
    uint64_t words[WORDS];

    if (contract == NULL || address <= FILLING ||
        atomic_load_explicit(&contract->address[at], memory_order_acquire) != address)
        return false;
    struct place *place = &contract->place[at];
    uint64_t fills = atomic_load_explicit(&place->fills, memory_order_acquire);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&place->word[i], memory_order_acquire);
    if (atomic_load_explicit(&place->fills, memory_order_acquire) != fills ||
        atomic_load_explicit(&contract->address[at], memory_order_acquire) != address)
        return false;
    memcpy(ret_released, words, sizeof(*ret_released));
    return ret_released->block.address == address;
}

void contract_issued(struct tracer *tracer, uint64_t address)
{
    struct contract *contract = tracer->contract;
    uint32_t at = place_of(address, PLACES);

    if (contract != NULL && address > FILLING &&
        atomic_load_explicit(&contract->address[at], memory_order_relaxed) == address)
        atomic_compare_exchange_strong_explicit(&contract->address[at], &address, 0,
                                                memory_order_relaxed, memory_order_relaxed);
}

void contract_hand_over_unseen(struct tracer *tracer)
{
    atomic_store_explicit(&tracer->hand_over_unseen, true, memory_order_relaxed);
}

void contract_blocks_unseen(struct tracer *tracer)
{
    atomic_store_explicit(&tracer->blocks_unseen, true, memory_order_relaxed);
}

bool contract_sees_hand_over(struct tracer *tracer)
{
    return tracer->contract != NULL &&
           !atomic_load_explicit(&tracer->hand_over_unseen, memory_order_relaxed);
}

/* The user agent is asked for again and again, and is mostly the same. */
void contract_host_owns(struct tracer *tracer, const void *pointer)
{
    struct contract *contract = tracer->contract;
    uint64_t address = (uint64_t)(uintptr_t)pointer;

    if (contract != NULL)
        atomic_store_explicit(&contract->hosts[place_of(address, HOST_PLACES)], address,
                              memory_order_relaxed);
}

bool contract_is_host_owned(struct tracer *tracer, uint64_t address)
{
    struct contract *contract = tracer->contract;

    return contract != NULL && address != 0 &&
           atomic_load_explicit(&contract->hosts[place_of(address, HOST_PLACES)],
                                memory_order_relaxed) == address;
}
