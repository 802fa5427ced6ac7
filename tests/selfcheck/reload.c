/* tests/selfcheck/reload.c - closes one library and opens another at the same address */
/* SPDX-License-Identifier: MIT */

/*
 * reload ROUNDS LIBRARY LIBRARY
 *
 * A second thread allocates all the time. The loader takes the first hole that is large enough, so
 * the second library comes to lie where the first one was; how often it did is printed. Blocks of
 * the first library have even sizes, of the second odd ones.
 */
#include "tests/selfcheck/reload.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE 2000
#define DEPTHS 5

static _Atomic bool stop;

static __attribute__((noinline)) void busy(unsigned depth)
{
    free(malloc(100 + depth));
    if (depth > 0)
        busy(depth - 1);
    __asm__ volatile("");
}

static void *busy_thread(void *unused)
{
    while (!atomic_load(&stop))
        busy(9);
    return unused;
}

/* Returns where its function was, NULL if it cannot be loaded. */
static void *use(const char *path, unsigned number, unsigned round)
{
    void *library = dlopen(path, RTLD_NOW);
    void *symbol = library != NULL ? dlsym(library, "reload_allocate") : NULL;

    if (symbol == NULL) {
        fprintf(stderr, "reload: %s\n", dlerror());
        return NULL;
    }
    reload_function *allocate = (reload_function *)(uintptr_t)symbol;
    for (unsigned depth = 0; depth < DEPTHS; depth++)
        allocate(FIRST_SIZE + 2 * (round % 50) + number, depth);
    dlclose(library);
    return symbol;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    unsigned same = 0;
    void *before = NULL;

    if (argc != 4 || pthread_create(&thread, NULL, busy_thread, NULL) != 0)
        return 2;
    for (unsigned round = 0; round < strtoul(argv[1], NULL, 10); round++)
        for (unsigned number = 0; number < 2; number++) {
            void *now = use(argv[2 + number], number, round);
            if (now == NULL)
                return 2;
            same += now == before;
            before = now;
        }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    printf("%u\n", same);
    return 0;
}
