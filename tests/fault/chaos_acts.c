/* tests/fault/chaos_acts.c - what the threads of the chaos do */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/chaos.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shim/npapi.h"

#define BURST 24
#define MOST_BYTES 3000

extern void *NPN_MemAlloc(uint32_t size) __attribute__((weak));
extern void NPN_MemFree(void *block) __attribute__((weak));

static void *_Atomic slots[CHAOS_SLOTS];
static void *_Atomic npn_slots[CHAOS_SLOTS];

/* ---- memory ---- */

static void *some_block(struct chaos *chaos, void *old)
{
    size_t size = chaos_random(chaos, MOST_BYTES);

    atomic_fetch_add(&chaos_page->allocations, 1);
    switch (old != NULL ? 0 : chaos_random(chaos, 5)) {
    case 0: return realloc(old, size + 1);
    case 1: return calloc(2, size / 2);
    case 2: return memalign(64, size);
    default: return malloc(size);
    }
}

/* What another thread has left in the slot is freed, or resized. */
void chaos_allocate(struct chaos *chaos)
{
    for (unsigned i = 0; i < BURST; i++) {
        unsigned slot = chaos_random(chaos, CHAOS_SLOTS);
        void *old = atomic_exchange(&slots[slot], NULL);
        if (old != NULL && chaos_random(chaos, 3) != 0) {
            free(old);
            old = NULL;
        }
        free(atomic_exchange(&slots[slot], some_block(chaos, old)));
    }
}

static void allocate_npn(struct chaos *chaos)
{
    if (!chaos_setting.calls_npn || NPN_MemAlloc == NULL)
        return;
    for (unsigned i = 0; i < BURST; i++) {
        void *block = NPN_MemAlloc(chaos_random(chaos, 500) + 1);
        atomic_fetch_add(&chaos_page->npn_allocations, 1);
        void *old = atomic_exchange(&npn_slots[chaos_random(chaos, CHAOS_SLOTS)], block);
        if (old != NULL)
            NPN_MemFree(old);
    }
}

static void trim(struct chaos *chaos)
{
    (void)chaos;
    malloc_trim(0);
}

/* ---- libraries and plug-ins ---- */

static void open_library(struct chaos *chaos)
{
    int flags = chaos_random(chaos, 4) == 0 ? RTLD_NOW | RTLD_DEEPBIND : RTLD_NOW;
    void *library = dlopen(chaos_setting.libraries[chaos_random(chaos, 2)], flags);

    if (library == NULL)
        abort();
    chaos_work *work = (chaos_work *)(uintptr_t)dlsym(library, "chaos_library_work");
    atomic_fetch_add(&chaos_page->allocations, work(chaos_random(chaos, 10)));
    if (dlsym(library, "nobody has this") != NULL || dlerror() == NULL)
        abort();
    dlclose(library);
}

static void *host_alloc(uint32_t size)
{
    return malloc(size);
}

static void host_free(void *block)
{
    free(block);
}

/* A host runs each plug-in once at a time. */
static void run_plugin(struct chaos *chaos)
{
    static pthread_mutex_t running[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
    unsigned which = chaos_random(chaos, 2);
    NPNetscapeFuncs browser = {.size = sizeof(browser), .version = 27, .memalloc = host_alloc,
                               .memfree = host_free};
    NPPluginFuncs functions = {.size = sizeof(functions)};

    if (pthread_mutex_trylock(&running[which]) != 0)
        return;
    void *library = dlopen(chaos_setting.libraries[which], RTLD_NOW);
    if (library == NULL)
        abort();
    NP_InitializeFunc initialize = (NP_InitializeFunc)(uintptr_t)dlsym(library, "NP_Initialize");
    NP_ShutdownFunc shut_down = (NP_ShutdownFunc)(uintptr_t)dlsym(library, "NP_Shutdown");
    if (initialize(&browser, &functions) != NPERR_NO_ERROR)
        abort();
    chaos_work *work = (chaos_work *)(uintptr_t)dlsym(library, "chaos_plugin_work");
    atomic_fetch_add(&chaos_page->npn_allocations, work(chaos_random(chaos, 20)));
    shut_down();
    dlclose(library);
    pthread_mutex_unlock(&running[which]);
}

/* ---- signals ---- */

static void handler(int signal)
{
    int error = errno;

    (void)signal;
    if (chaos_setting.handlers_allocate)
        free(malloc(1 + (size_t)atomic_load(&chaos_page->handlers) % 100));
    atomic_fetch_add(&chaos_page->handlers, 1);
    errno = error;
}

void chaos_handle_signals(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
}

static void raise_signal(struct chaos *chaos)
{
    raise(chaos_random(chaos, 2) == 0 ? SIGUSR1 : SIGUSR2);
}

/* Those threads live as long as this one does, but may not have been started yet. */
static void signal_another(struct chaos *chaos)
{
    for (unsigned i = 0; i < BURST; i++) {
        unsigned other = chaos_random(chaos, chaos_setting.threads);
        uint32_t tid = atomic_load(&chaos_page->threads[other].tid);
        if (tid != 0)
            tgkill((pid_t)atomic_load(&chaos_page->pid), (pid_t)tid, SIGUSR1);
    }
}

/* ---- threads ---- */

static void *short_life(void *chaos)
{
    chaos_allocate(chaos);
    return NULL;
}

static void start_thread(struct chaos *chaos)
{
    struct chaos own = {.random = chaos->random};
    pthread_t thread;

    chaos->random += 1;
    if (pthread_create(&thread, NULL, short_life, &own) == 0)
        pthread_join(thread, NULL);
}

static void rest(struct chaos *chaos)
{
    struct timespec moment = {0, (long)chaos_random(chaos, 2000000)};

    nanosleep(&moment, NULL);
}

/* In the order of chaos.ACTS. */
const struct chaos_act chaos_acts[] = {
    {"allocate", chaos_allocate, 40},
    {"allocate-npn", allocate_npn, 10},
    {"trim", trim, 1},
    {"open-library", open_library, 10},
    {"run-plugin", run_plugin, 6},
    {"raise-signal", raise_signal, 10},
    {"signal-another", signal_another, 10},
    {"start-thread", start_thread, 4},
    {"rest", rest, 20},
    {"fork", chaos_fork, 3},
    {"fork-and-execute", chaos_fork_and_execute, 1},
    {"vfork", chaos_vfork, 1},
    {"spawn", chaos_spawn, 1},
};
const unsigned chaos_act_count = sizeof(chaos_acts) / sizeof(chaos_acts[0]);
