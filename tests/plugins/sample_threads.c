/* tests/plugins/sample_threads.c: the sample plug-ins' steps with threads and signals. */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/plugins/sample.h"

/* ---- threads that free each other's blocks --------------------------------------------------- */

enum { CIRCLE_SLOTS = 64 };

/* Blocks on their way from thread to thread: who swaps one in frees the one that comes out. */
struct circle {
    _Atomic(void *) slots[CIRCLE_SLOTS];
    long rounds;
};

static void *circle_thread(void *data)
{
    SITE_ENTER();
    struct circle *circle = data;
    const unsigned seed = (unsigned)(uintptr_t)&circle >> 12;
    for (long n = 0; n < circle->rounds; n++) {
        void *mine = SAMPLE_ALLOC(16 + n % 48);
        void *other = atomic_exchange(&circle->slots[(seed + n) % CIRCLE_SLOTS], mine);
        if (other != NULL)
            SAMPLE_FREE(other);
    }
    return NULL;
}

/* threads COUNT ROUNDS: what is left at the end is freed here */
static long step_threads(struct sample_step *step)
{
    SITE_ENTER();
    struct circle *circle = calloc(1, sizeof *circle);
    pthread_t threads[64];
    long count = sample_number(step, 0, 8);
    count = count > 64 ? 64 : count;
    circle->rounds = sample_number(step, 1, 1000);
    for (long n = 0; n < count; n++)
        pthread_create(&threads[n], NULL, circle_thread, circle);
    for (long n = 0; n < count; n++)
        pthread_join(threads[n], NULL);
    for (int i = 0; i < CIRCLE_SLOTS; i++)
        if (circle->slots[i] != NULL)
            SAMPLE_FREE(circle->slots[i]);
    free(circle);
    return count;
}

/* Blocks that the C library frees, of which nobody is told until their address comes again. */
static void *plain_thread(void *data)
{
    SITE_ENTER();
    for (long n = *(long *)data; n > 0; n--) {
        void *block = SAMPLE_ALLOC(32);
        free(block);
    }
    return NULL;
}

/* plainthreads COUNT ROUNDS */
static long step_plainthreads(struct sample_step *step)
{
    pthread_t threads[64];
    long count = sample_number(step, 0, 4), rounds = sample_number(step, 1, 100);
    count = count > 64 ? 64 : count;
    for (long n = 0; n < count; n++)
        pthread_create(&threads[n], NULL, plain_thread, &rounds);
    for (long n = 0; n < count; n++)
        pthread_join(threads[n], NULL);
    return count;
}

/* ---- a thread that outlives NP_Shutdown ------------------------------------------------------ */

static pthread_t late_thread;
static pthread_mutex_t late_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t late_begin = PTHREAD_COND_INITIALIZER;
static bool late_may_begin;

static void *late_main(void *data)
{
    SITE_ENTER();
    void *block = SAMPLE_ALLOC((uintptr_t)data);
    pthread_mutex_lock(&late_mutex);
    while (!late_may_begin)
        pthread_cond_wait(&late_begin, &late_mutex);
    pthread_mutex_unlock(&late_mutex);
    SAMPLE_FREE(block);
    (void)SAMPLE_ALLOC((uintptr_t)data + 1);
    return NULL;
}

/* late BYTES: starts a thread that waits; latejoin: lets it free and allocate, and end */
static long step_late(struct sample_step *step)
{
    SITE_ENTER();
    void *bytes = (void *)(uintptr_t)sample_number(step, 0, 32);
    return pthread_create(&late_thread, NULL, late_main, bytes);
}

static long step_latejoin(struct sample_step *step)
{
    (void)step;
    pthread_mutex_lock(&late_mutex);
    late_may_begin = true;
    pthread_cond_signal(&late_begin);
    pthread_mutex_unlock(&late_mutex);
    return pthread_join(late_thread, NULL);
}

/* ---- allocations while a thread ends --------------------------------------------------------- */

static pthread_key_t end_key;
static pthread_once_t end_key_once = PTHREAD_ONCE_INIT;

static void at_thread_end(void *data)
{
    SITE_ENTER();
    (void)SAMPLE_ALLOC((uintptr_t)data);
}

static void end_key_create(void)
{
    pthread_key_create(&end_key, at_thread_end);
}

/* threadend BYTES: allocates in this thread's destructors */
static long step_threadend(struct sample_step *step)
{
    pthread_once(&end_key_once, end_key_create);
    return pthread_setspecific(end_key, (void *)(uintptr_t)sample_number(step, 0, 8));
}

/* quitthread: ends the calling thread inside the entry point */
static long step_quitthread(struct sample_step *step)
{
    free(step);
    pthread_exit(NULL);
}

/* ---- signals --------------------------------------------------------------------------------- */

static atomic_long handled;

static void on_signal(int number)
{
    (void)number;
    const int saved = errno;
    SITE_ENTER();
    void *block = SAMPLE_ALLOC(40);
    if (block != NULL)
        SAMPLE_FREE(block);
    atomic_fetch_add(&handled, 1);
    errno = saved;
}

/* handler: a handler of SIGUSR1 that allocates and frees; handled: how often it ran */
static long step_handler(struct sample_step *step)
{
    (void)step;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    return sigaction(SIGUSR1, &action, NULL);
}

static long step_handled(struct sample_step *step)
{
    (void)step;
    return atomic_load(&handled);
}

static atomic_bool storm_over;

static void *storm_main(void *data)
{
    while (!atomic_load(&storm_over))
        pthread_kill(*(pthread_t *)data, SIGUSR1);
    return NULL;
}

/* storm COUNT: allocates and frees while another thread sends SIGUSR1 without pause */
static long step_storm(struct sample_step *step)
{
    SITE_ENTER();
    pthread_t self = pthread_self(), storm;
    atomic_store(&storm_over, false);
    SITE_AT(step_handler(step));
    if (pthread_create(&storm, NULL, storm_main, &self) != 0)
        return -1;
    const long before = atomic_load(&handled);
    for (long n = 0; n < sample_number(step, 0, 100) || atomic_load(&handled) == before; n++) {
        void *block = SAMPLE_ALLOC(24);
        SAMPLE_FREE(block);
    }
    atomic_store(&storm_over, true);
    pthread_join(storm, NULL);
    return 0;
}

const struct sample_command sample_thread_commands[] = {
    {"threads", step_threads},     {"plainthreads", step_plainthreads},
    {"late", step_late},           {"latejoin", step_latejoin},
    {"threadend", step_threadend}, {"quitthread", step_quitthread},
    {"handler", step_handler},     {"handled", step_handled},
    {"storm", step_storm},         {NULL, NULL},
};
