/* tests/contract/traffic_threads.c - the random plug-in's own threads */
/* SPDX-License-Identifier: MIT */

/*
 * They use what is allowed on any thread: NPN_MemAlloc, NPN_MemFree, NPN_MemFlush and
 * NPN_PluginThreadAsyncCall. Blocks change between them and the browser's thread. The browser's
 * thread lets them do a little each time it enters, so that they keep pace with it.
 */

#include <errno.h>
#include <semaphore.h>
#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

enum { SHARED = 16, BACKLOG = 20 };

static pthread_t threads[TRAFFIC_THREADS];
static sem_t work;
static atomic_bool stop;
static _Atomic(void *) shared[SHARED]; /* blocks that anybody frees */
struct instance *threads_instances;    /* that calls may be asked for, under the lock */

void threads_know(struct instance *me)
{
    pthread_mutex_lock(&traffic_lock);
    me->next = threads_instances;
    threads_instances = me;
    pthread_mutex_unlock(&traffic_lock);
}

void threads_forget(struct instance *me)
{
    pthread_mutex_lock(&traffic_lock);
    struct instance **place = &threads_instances;
    while (*place != NULL && *place != me)
        place = &(*place)->next;
    if (*place != NULL)
        *place = me->next;
    pthread_mutex_unlock(&traffic_lock);
}

static void exchange(void)
{
    mem_free(atomic_exchange(&shared[below(SHARED)], mem_alloc(mem_size())));
}

/* The instance is not destroyed as long as the lock is held. */
static void ask(void)
{
    pthread_mutex_lock(&traffic_lock);
    struct instance *me = one_in(10) ? &traffic_module : threads_instances;
    for (uint32_t i = below(4); i > 0 && me != NULL && me->next != NULL; i--)
        me = me->next;
    struct errand *errand = me != NULL ? errand_for(me) : NULL;
    if (errand != NULL)
        npn_pluginthreadasynccall(me->npp, errand_run, errand);
    pthread_mutex_unlock(&traffic_lock);
}

static void work_once(void **own)
{
    const uint32_t what = below(12);

    if (what == 0) {
        mem_flush(1 + below(3000));
    } else if (what < 3) {
        ask();
    } else if (what < 6) {
        exchange();
    } else {
        void **place = &own[below(KEPT)];
        mem_free(*place);
        *place = one_in(3) ? NULL : mem_alloc(mem_size());
    }
}

static void *thread_main(void *number)
{
    void *own[KEPT] = {NULL};

    chance_begin((uint64_t)(uintptr_t)number);
    for (;;) {
        while (sem_wait(&work) != 0 && errno == EINTR)
            ;
        if (atomic_load(&stop))
            break;
        work_once(own);
    }
    for (int i = 0; i < KEPT; i++)
        if (own[i] != NULL)
            mem_free(own[i]);
    return NULL;
}

void threads_begin(void)
{
    atomic_store(&stop, false);
    if (sem_init(&work, 0, 0) != 0)
        traffic_fail("no semaphore");
    for (uintptr_t i = 0; i < TRAFFIC_THREADS; i++)
        if (pthread_create(&threads[i], NULL, thread_main,
                           (void *)(i + 2 * (uintptr_t)below(1000000))) != 0)
            traffic_fail("no thread");
}

void threads_work(void)
{
    int waiting = 0;

    if (sem_getvalue(&work, &waiting) == 0 && waiting < BACKLOG)
        sem_post(&work);
    if (one_in(20))
        exchange();
}

void threads_end(void)
{
    atomic_store(&stop, true);
    for (int i = 0; i < TRAFFIC_THREADS; i++)
        sem_post(&work);
    for (int i = 0; i < TRAFFIC_THREADS; i++)
        pthread_join(threads[i], NULL);
    sem_destroy(&work);
    for (int i = 0; i < SHARED; i++) {
        void *block = atomic_exchange(&shared[i], NULL);
        if (block != NULL)
            mem_free(block);
    }
}
