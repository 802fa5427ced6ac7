/* shim/freelist.c - records that are handed out and come back */
/* SPDX-License-Identifier: MIT */

#include "shim/freelist.h"

#include "tracer/sys.h"
#include "tracer/tracer.h"

#define ITEMS_AT_ONCE 64

static void push_locked(struct freelist *list, void *item)
{
    *(void **)item = list->first;
    list->first = item;
}

static void *pop_locked(struct freelist *list)
{
    void *item = list->first;

    if (item != NULL)
        list->first = *(void **)item;
    return item;
}

static void fill_locked(struct freelist *list)
{
    char *fresh = sys_map(ITEMS_AT_ONCE * list->item_bytes);

    for (unsigned i = 0; fresh != NULL && i < ITEMS_AT_ONCE; i++)
        push_locked(list, fresh + i * list->item_bytes);
}

void *freelist_take(struct freelist *list)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return NULL;
    if (list->first == NULL)
        fill_locked(list);
    void *item = pop_locked(list);
    lock_release(lock, &mask);
    return item;
}

void freelist_return(struct freelist *list, void *item)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    push_locked(list, item);
    lock_release(lock, &mask);
}
