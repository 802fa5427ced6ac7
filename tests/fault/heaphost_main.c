/* tests/fault/heaphost_main.c - a program whose every heap call can be known from outside */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/heaphost.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MOST_WORDS 8

struct heaphost_page *heaphost_page;
_Atomic bool heaphost_stop;
bool heaphost_jumps, heaphost_pauses;

static uint64_t seed, calls;
static unsigned thread_count, hertz;

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "heaphost: %s: %s\n", what, why);
    return 2;
}

static bool open_page(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_CREAT, 0600);

    if (descriptor < 0 || ftruncate(descriptor, sizeof(*heaphost_page)) != 0)
        return false;
    heaphost_page =
        mmap(NULL, sizeof(*heaphost_page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (heaphost_page == MAP_FAILED)
        return false;
    heaphost_page->magic = HEAPHOST_MAGIC;
    atomic_store(&heaphost_page->pid, (uint32_t)getpid());
    return true;
}

static void work(unsigned number)
{
    struct heaphost host;

    heaphost_begin(&host, number, seed);
    if (hertz != 0)
        heaphost_profile(&host, hertz);
    heaphost_run(&host, calls);
    if (hertz != 0)
        heaphost_profile_end(&host);
}

static void *thread_start(void *number)
{
    work((unsigned)(uintptr_t)number);
    return NULL;
}

static void wait_for_go(void)
{
    const struct timespec moment = {0, 1000000};

    while (atomic_load(&heaphost_page->go) == 0)
        nanosleep(&moment, NULL);
}

/* Until every other thread's handlers have run so often, and have jumped so often. */
static void wait_for_handlers(uint64_t count, uint32_t jumps)
{
    const struct timespec moment = {0, 1000000};

    for (unsigned i = 1; i < thread_count; i++) {
        struct heaphost_thread *thread = &heaphost_page->threads[i];
        while (atomic_load(&thread->handler_completed) < count ||
               atomic_load(&thread->jumps) < jumps)
            nanosleep(&moment, NULL);
    }
}

/* "fork=1000" */
static bool do_word(char *word, struct heaphost *host)
{
    char *value = strchr(word, '=');
    unsigned count = (unsigned)strtoul(value + 1, NULL, 10);

    *value = '\0';
    if (strcmp(word, "handlers") != 0)
        return heaphost_children(word, count, host);
    wait_for_handlers(count, heaphost_jumps ? count / 4 : 0);
    return true;
}

/* The main thread is number 0: with calls to make it works too, else it does what the words say. */
static int run(char *const words[], unsigned count)
{
    pthread_t threads[HEAPHOST_THREADS];
    struct heaphost host;

    for (unsigned i = 1; i < thread_count; i++)
        if (pthread_create(&threads[i], NULL, thread_start, (void *)(uintptr_t)i) != 0)
            return fail("pthread_create", "no more threads");
    if (calls != 0)
        work(0);
    else
        heaphost_begin(&host, 0, seed);
    for (unsigned i = 0; i < count; i++)
        if (!do_word(words[i], &host))
            return fail(words[i], "no such kind of child");
    atomic_store(&heaphost_stop, true);
    for (unsigned i = 1; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* Words that are settings; the others are left for run(). */
static bool set(const char *word, const char **ret_next_page)
{
    if (strcmp(word, "jump") == 0)
        heaphost_jumps = true;
    else if (strcmp(word, "pause") == 0)
        heaphost_pauses = true;
    else if (strcmp(word, "wait") == 0)
        wait_for_go();
    else if (strncmp(word, "prof=", 5) == 0)
        hertz = (unsigned)strtoul(word + 5, NULL, 10);
    else if (strncmp(word, "exec=", 5) == 0)
        *ret_next_page = word + 5;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    const char *next_page = NULL;
    char *words[MOST_WORDS];
    unsigned count = 0;

    if (argc < 5 || argc > 5 + MOST_WORDS)
        return fail("usage", "heaphost PAGE SEED THREADS CALLS [WHAT]...");
    if (!open_page(argv[1]))
        return fail(argv[1], "cannot be made or mapped");
    seed = strtoull(argv[2], NULL, 10);
    thread_count = (unsigned)strtoul(argv[3], NULL, 10);
    calls = strtoull(argv[4], NULL, 10);
    if (thread_count == 0 || thread_count > HEAPHOST_THREADS)
        return fail(argv[3], "not a number of threads from 1 to 8");
    for (int i = 5; i < argc; i++) {
        if (set(argv[i], &next_page))
            continue;
        if (strchr(argv[i], '=') == NULL)
            return fail(argv[i], "not understood");
        words[count++] = argv[i];
    }
    int status = run(words, count);
    atomic_store(&heaphost_page->finished, status == 0);
    if (status == 0 && next_page != NULL) {
        char *again[] = {argv[0], (char *)next_page, argv[2], argv[3], argv[4], NULL};
        execv("/proc/self/exe", again);
        return fail(argv[0], "cannot be executed again");
    }
    return status;
}
