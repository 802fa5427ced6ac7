/* tests/heap/program.c - a program that calls every function of the malloc family */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/heap/family.h"

static void *thread(void *argument)
{
    family_few(*(unsigned *)argument);
    return argument;
}

int main(void)
{
    unsigned count = 20;
    pthread_t threads[3];

    free(strdup("warm")); /* an allocator's first call may leave an errno */
    family_run();
    family_by_pointers();
    for (unsigned i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, thread, &count) != 0)
            return 1;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
