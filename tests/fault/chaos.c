/* tests/fault/chaos.c - threads that do everything at once that a tracer could trip over */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/chaos.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/splitmix.h"

struct chaos_page *chaos_page;
struct chaos_setting chaos_setting;

static _Atomic bool stop;
static uint64_t seed;

uint32_t chaos_random(struct chaos *chaos, uint32_t below)
{
    return splitmix_below(&chaos->random, below);
}

static const struct chaos_act *pick(struct chaos *chaos)
{
    unsigned all = 0;

    for (unsigned i = 0; i < chaos_act_count; i++)
        all += chaos_acts[i].weight;
    uint32_t left = chaos_random(chaos, all);
    const struct chaos_act *act = chaos_acts;
    while (left >= act->weight)
        left -= (act++)->weight;
    return act;
}

static void *thread_start(void *number)
{
    unsigned index = (unsigned)(uintptr_t)number;
    struct chaos chaos = {.shared = &chaos_page->threads[index], .random = seed * 64 + index};

    atomic_store(&chaos.shared->tid, (uint32_t)gettid());
    while (!atomic_load(&stop)) {
        const struct chaos_act *act = pick(&chaos);
        atomic_store(&chaos.shared->act, (uint32_t)(act - chaos_acts));
        act->run(&chaos);
        atomic_fetch_add(&chaos.shared->acts, 1);
    }
    return NULL;
}

static bool open_page(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (descriptor < 0 || ftruncate(descriptor, sizeof(*chaos_page)) != 0)
        return false;
    chaos_page = mmap(NULL, sizeof(*chaos_page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (chaos_page == MAP_FAILED)
        return false;
    chaos_page->magic = CHAOS_MAGIC;
    atomic_store(&chaos_page->pid, (uint32_t)getpid());
    return true;
}

static void run_for(double seconds)
{
    const struct timespec moment = {0, 20000000};
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        nanosleep(&moment, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
             seconds);
}

int main(int argc, char **argv)
{
    if (argc != 8 || !open_page(argv[1])) {
        fprintf(stderr, "usage: chaos PAGE SECONDS SEED THREADS WHAT LIBRARY LIBRARY\n");
        return 2;
    }
    seed = strtoull(argv[3], NULL, 10);
    chaos_setting.threads = (unsigned)strtoul(argv[4], NULL, 10) % (CHAOS_THREADS + 1);
    chaos_setting.handlers_allocate = strchr(argv[5], 'h') != NULL;
    chaos_setting.calls_npn = strchr(argv[5], 'n') != NULL;
    chaos_setting.libraries[0] = argv[6];
    chaos_setting.libraries[1] = argv[7];
    chaos_handle_signals();
    for (unsigned i = 0; i < chaos_setting.threads; i++)
        if (pthread_create(&chaos_setting.thread[i], NULL, thread_start, (void *)(uintptr_t)i) != 0)
            return 3;
    run_for(strtod(argv[2], NULL));
    atomic_store(&stop, true);
    for (unsigned i = 0; i < chaos_setting.threads; i++)
        pthread_join(chaos_setting.thread[i], NULL);
    atomic_store(&chaos_page->finished, 1);
    return 0;
}
