/* shim/threads.c - threads that a plug-in starts */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in's thread is started by its own redirected call of pthread_create or thrd_create, or by
 * a library on a thread that works for the plug-in, through the exported ones. The new thread
 * begins in a routine of ours that says whose it is and goes on to the real one; everything else,
 * arguments, attributes, results and ends, is between caller and C library. The C library's own
 * helper threads (timers, getaddrinfo_a, aio) are started inside of it and are the host's.
 */
#include <errno.h>

#include "shim/freelist.h"
#include "shim/heap_calls.h"
#include "shim/heap_gates.h"
#include "shim/hook_calls.h"
#include "shim/hooks.h"
#include "tracer/tracer.h"

/* What a thread is to do. */
struct begin {
    void *(*routine)(void *);
    thrd_start_t thrd_routine;
    void *argument;
    struct plugin *plugin;
};

static struct freelist begins = {.item_bytes = sizeof(struct begin)};

/* In the new thread: whose it is, and what it is to do. */
static struct begin begun(void *data)
{
    int kept_errno = errno;
    struct begin begin = *(struct begin *)data;

    freelist_return(&begins, data);
    if (tracer_if_running() != NULL)
        heap_thread_of(plugin_id(begin.plugin));
    errno = kept_errno;
    return begin;
}

static void *run(void *data)
{
    struct begin begin = begun(data);

    return begin.routine(begin.argument);
}

static int run_thrd(void *data)
{
    struct begin begin = begun(data);

    return begin.thrd_routine(begin.argument);
}

/* NULL: the thread is nobody's, or there is no memory to say so. */
static struct begin *prepare(struct plugin *plugin, void *(*routine)(void *),
                             thrd_start_t thrd_routine, void *argument)
{
    int kept_errno = errno;
    struct begin *begin = plugin != NULL ? freelist_take(&begins) : NULL;

    if (begin != NULL)
        *begin = (struct begin){
            .routine = routine,
            .thrd_routine = thrd_routine,
            .argument = argument,
            .plugin = plugin,
        };
    errno = kept_errno;
    return begin;
}

static void give_up(struct begin *begin)
{
    int kept_errno = errno;

    freelist_return(&begins, begin);
    errno = kept_errno;
}

static int create(pthread_create_function *function, pthread_t *thread,
                  const pthread_attr_t *attributes, void *(*routine)(void *), void *argument,
                  struct plugin *plugin)
{
    struct begin *begin = prepare(plugin, routine, NULL, argument);

    if (begin == NULL)
        return function(thread, attributes, routine, argument);
    int error = function(thread, attributes, run, begin);
    if (error != 0)
        give_up(begin);
    return error;
}

static int create_thrd(thrd_create_function *function, thrd_t *thread, thrd_start_t routine,
                       void *argument, struct plugin *plugin)
{
    struct begin *begin = prepare(plugin, NULL, routine, argument);

    if (begin == NULL)
        return function(thread, routine, argument);
    int error = function(thread, run_thrd, begin);
    if (error != thrd_success)
        give_up(begin);
    return error;
}

int hook_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*routine)(void *), void *argument, uint32_t set)
{
    pthread_create_function *original = (pthread_create_function *)atomic_load_explicit(
        &hooks_sets[set].original[HOOK_pthread_create], memory_order_acquire);

    return create(original, thread, attributes, routine, argument,
                  heap_is_traced() ? hooks_sets[set].plugin : NULL);
}

int hook_thrd_create(thrd_t *thread, thrd_start_t routine, void *argument, uint32_t set)
{
    thrd_create_function *original = (thrd_create_function *)atomic_load_explicit(
        &hooks_sets[set].original[HOOK_thrd_create], memory_order_acquire);

    return create_thrd(original, thread, routine, argument,
                       heap_is_traced() ? hooks_sets[set].plugin : NULL);
}

static struct plugin *worked_for(const void *frame)
{
    int kept_errno = errno;
    struct plugin *plugin =
        heap_is_traced() ? plugin_of_id(heap_current_plugin((uint64_t)(uintptr_t)frame)) : NULL;

    errno = kept_errno;
    return plugin;
}

int heap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*routine)(void *), void *argument)
{
    pthread_create_function *next = HEAP_NEXT_RESOLVED(pthread_create);

    if (next == NULL)
        return EAGAIN; /* not even the C library is there yet */
    return create(next, thread, attributes, routine, argument, worked_for(HEAP_FRAME));
}

int heap_thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    thrd_create_function *next = HEAP_NEXT_RESOLVED(thrd_create);

    if (next == NULL)
        return thrd_error;
    return create_thrd(next, thread, routine, argument, worked_for(HEAP_FRAME));
}
