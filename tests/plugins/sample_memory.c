/* tests/plugins/sample_memory.c: the sample plug-ins' steps that use NPN memory. */
/* SPDX-License-Identifier: MIT */

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/sample.h"

/* Keeps a block for a later `free`. Returns its slot, -1 if there is no block or no room. */
static long slot_keep(struct sample_instance *instance, void *block)
{
    if (block == NULL || instance->slot_count == SAMPLE_SLOTS)
        return -1;
    instance->slots[instance->slot_count] = block;
    return instance->slot_count++;
}

static void **slot_at(const struct sample_step *step, int argument)
{
    long at = sample_number(step, argument, 0);
    return at >= 0 && at < step->instance->slot_count ? &step->instance->slots[at] : NULL;
}

/* alloc BYTES [COUNT] */
static long step_alloc(struct sample_step *step)
{
    SITE_ENTER();
    long slot = -1;
    for (long n = sample_number(step, 1, 1); n > 0; n--) {
        void *block = SAMPLE_ALLOC(sample_number(step, 0, 1));
        slot = slot_keep(step->instance, block);
    }
    return slot;
}

static void free_slot(void **slot)
{
    SITE_ENTER();
    void *block = *slot;
    *slot = NULL;
    SAMPLE_FREE(block);
}

/* free SLOT | free all */
static long step_free(struct sample_step *step)
{
    SITE_ENTER();
    if (step->argc > 0 && strcmp(step->argv[0], "all") == 0) {
        for (int i = 0; i < step->instance->slot_count; i++)
            if (step->instance->slots[i] != NULL)
                SITE_AT(free_slot(&step->instance->slots[i]));
        return 0;
    }
    void **slot = slot_at(step, 0);
    if (slot == NULL || *slot == NULL)
        return -1;
    SITE_AT(free_slot(slot));
    return 0;
}

/* flush BYTES: what the host says it has freed */
static long step_flush(struct sample_step *step)
{
    SITE_ENTER();
    return SITE_AT((long)SAMPLE_FLUSH(sample_number(step, 0, 1)));
}

/* flushall BYTES: until 0, as the guide says, but at most ten times. Returns the calls made. */
static long step_flushall(struct sample_step *step)
{
    SITE_ENTER();
    long calls = 1;
    while (calls < 10 && SAMPLE_FLUSH(sample_number(step, 0, 1)) != 0)
        calls++;
    return calls;
}

static void leak_odd(long depth, long bytes);

static void leak_even(long depth, long bytes)
{
    SITE_ENTER();
    (void)SAMPLE_ALLOC(bytes);
    if (depth > 1)
        SITE_AT(leak_odd(depth - 1, bytes));
}

static void leak_odd(long depth, long bytes)
{
    SITE_ENTER();
    (void)SAMPLE_ALLOC(bytes + 1);
    if (depth > 1)
        SITE_AT(leak_even(depth - 1, bytes));
}

/* leak COUNT [BYTES]: COUNT blocks that nobody keeps, each from one call deeper than the last */
static long step_leak(struct sample_step *step)
{
    SITE_ENTER();
    long count = sample_number(step, 0, 1);
    if (count > 0)
        SITE_AT(leak_odd(count, sample_number(step, 1, 16)));
    return count;
}

/* temp COUNT [BYTES]: blocks that are freed at once */
static long step_temp(struct sample_step *step)
{
    SITE_ENTER();
    for (long n = sample_number(step, 0, 1); n > 0; n--) {
        void *block = SAMPLE_ALLOC(sample_number(step, 1, 16));
        SAMPLE_FREE(block);
    }
    return 0;
}

/* churn COUNT [BYTES]: blocks of many sizes, 64 live at a time; COUNT 0 goes on for ever */
static long step_churn(struct sample_step *step)
{
    SITE_ENTER();
    void *live[64] = {NULL};
    const long count = sample_number(step, 0, 0), bytes = sample_number(step, 1, 16);
    for (unsigned long n = 0; count == 0 || n < (unsigned long)count; n++) {
        void **slot = &live[n * 37 % 64];
        if (*slot != NULL)
            SAMPLE_FREE(*slot);
        *slot = SAMPLE_ALLOC(bytes + (long)(n % 19));
    }
    for (int i = 0; i < 64; i++)
        if (live[i] != NULL)
            SAMPLE_FREE(live[i]);
    return count;
}

/* garbage BYTES: an allocation whose argument has rubbish in the upper half of its register */
static long step_garbage(struct sample_step *step)
{
    SITE_ENTER();
    const uint32_t bytes = (uint32_t)sample_number(step, 0, 1);
    void *(*memalloc)(uint64_t) = (void *(*)(uint64_t))(void (*)(void))sample_table()->memalloc;
    void *block = SITE_AT(memalloc(UINT64_C(0xdeadbeef00000000) | bytes));
    tally_allocated(block, bytes, errno);
    return slot_keep(step->instance, block);
}

/* freenull, freeminusone: pointers that hosts ignore */
static long step_freenull(struct sample_step *step)
{
    (void)step;
    SITE_ENTER();
    SAMPLE_FREE(NULL);
    return 0;
}

static long step_freeminusone(struct sample_step *step)
{
    (void)step;
    SITE_ENTER();
    SAMPLE_FREE((void *)-1);
    return 0;
}

/* foreign BYTES: frees a block of the C library's through the table */
static long step_foreign(struct sample_step *step)
{
    SITE_ENTER();
    void *block = malloc((size_t)sample_number(step, 0, 24));
    SAMPLE_FREE(block);
    return 0;
}

/* plainfree SLOT: frees a block of the table's with the C library, which nobody is told */
static long step_plainfree(struct sample_step *step)
{
    void **slot = slot_at(step, 0);
    if (slot == NULL)
        return -1;
    free(*slot);
    *slot = NULL;
    return 0;
}

/* double SLOT: frees a block twice; for hosts that bear it */
static long step_double(struct sample_step *step)
{
    SITE_ENTER();
    void **slot = slot_at(step, 0);
    if (slot == NULL || *slot == NULL)
        return -1;
    void *block = *slot;
    *slot = NULL;
    SAMPLE_FREE(block);
    SAMPLE_FREE(block);
    return 0;
}

/* fill SLOT BYTES: writes all of a block, as a check that it is all there. Returns a checksum. */
static long step_fill(struct sample_step *step)
{
    void **slot = slot_at(step, 0);
    if (slot == NULL || *slot == NULL)
        return -1;
    unsigned char *bytes = *slot;
    long sum = 0;
    for (long i = 0; i < sample_number(step, 1, 1); i++)
        bytes[i] = (unsigned char)(i * 7);
    for (long i = 0; i < sample_number(step, 1, 1); i++)
        sum += bytes[i];
    return sum;
}

/* usable SLOT: how many bytes the C library says a block has */
static long step_usable(struct sample_step *step)
{
    void **slot = slot_at(step, 0);
    return slot != NULL && *slot != NULL ? (long)malloc_usable_size(*slot) : -1;
}

/* Blocks that are too many for slots, each holding the address of the one before. */
static void *many_last;

/* many COUNT BYTES; fewer COUNT: frees that many of them again */
static long step_many(struct sample_step *step)
{
    SITE_ENTER();
    const long bytes = sample_number(step, 1, 16);
    for (long n = sample_number(step, 0, 1); n > 0; n--) {
        void **block = SAMPLE_ALLOC(bytes);
        if (block == NULL)
            return -1;
        *block = many_last;
        many_last = block;
    }
    return 0;
}

static long step_fewer(struct sample_step *step)
{
    SITE_ENTER();
    for (long n = sample_number(step, 0, 1); n > 0 && many_last != NULL; n--) {
        void *block = many_last;
        memcpy(&many_last, block, sizeof many_last);
        SAMPLE_FREE(block);
    }
    return many_last == NULL ? 0 : 1;
}

/* put SLOT PLACE: leaves a block for another plug-in */
static long step_put(struct sample_step *step)
{
    void **slot = slot_at(step, 0);
    if (slot == NULL || *slot == NULL)
        return -1;
    tally_board_put((unsigned)sample_number(step, 1, 0), *slot);
    *slot = NULL;
    return 0;
}

/* take PLACE: frees the block that was left there */
static long step_take(struct sample_step *step)
{
    SITE_ENTER();
    void *block = tally_board_take((unsigned)sample_number(step, 0, 0));
    if (block == NULL)
        return -1;
    SAMPLE_FREE(block);
    return 0;
}

const struct sample_command sample_memory_commands[] = {
    {"alloc", step_alloc},       {"free", step_free},
    {"flush", step_flush},       {"flushall", step_flushall},
    {"leak", step_leak},         {"temp", step_temp},
    {"churn", step_churn},       {"garbage", step_garbage},
    {"freenull", step_freenull}, {"freeminusone", step_freeminusone},
    {"foreign", step_foreign},   {"plainfree", step_plainfree},
    {"double", step_double},     {"fill", step_fill},
    {"usable", step_usable},     {"many", step_many},
    {"fewer", step_fewer},       {"put", step_put},
    {"take", step_take},         {NULL, NULL},
};
