/* tests/whatif/careless.c - a plug-in that trusts its allocations, and its own arithmetic */
/* SPDX-License-Identifier: MIT */

/*
 * $CARELESS_DO is a list of steps, done in NPP_New: words and numbers, `checked 100; overrun 24 1`.
 * Each prints a line. What goes wrong on a failed allocation goes wrong in the step's function.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/npapi.h"

#define CARELESS_ERRNO 77 /* before each call that is asked about it */
#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);
EXPORT const char *NP_GetMIMEDescription(void);
EXPORT NPError NP_GetValue(void *unused, NPPVariable variable, void *value);

static NPNetscapeFuncs *host;

static char *form_value;

struct step {
    const char *name;
    void (*run)(long first, long second);
};

/* checked COUNT BYTES: a line of 1 and 0, as they came */
static void checked(long count, long bytes)
{
    for (long i = 0; i < count; i++) {
        errno = CARELESS_ERRNO;
        void *block = host->memalloc((uint32_t)bytes);
        putchar(block != NULL ? '1' : '0');
        if (block == NULL && errno != CARELESS_ERRNO)
            printf("(errno %d)", errno);
        host->memfree(block);
    }
    putchar('\n');
}

/* kept COUNT BYTES: how many there were */
static void kept(long count, long bytes)
{
    long got = 0;

    for (long i = 0; i < count; i++)
        got += host->memalloc((uint32_t)bytes) != NULL;
    printf("kept %ld\n", got);
}

static void unchecked(long bytes, long unused)
{
    char *block = host->memalloc((uint32_t)bytes);

    (void)unused;
    memset(block, 'x', (size_t)bytes);
    host->memfree(block);
    puts("unchecked");
}

/* exits BYTES STATUS */
static void exits(long bytes, long status)
{
    void *block = host->memalloc((uint32_t)bytes);

    if (block == NULL)
        exit((int)status);
    host->memfree(block);
}

/* Says so by the file $CARELESS_HANGS. */
static void hangs(long bytes, long unused)
{
    void *block = host->memalloc((uint32_t)bytes);
    const char *path = getenv("CARELESS_HANGS");

    (void)unused;
    if (block == NULL && path != NULL)
        close(creat(path, 0600));
    while (block == NULL)
        pause();
    host->memfree(block);
}

/* If the second fails, the first is forgotten. */
static void forgets(long bytes, long unused)
{
    void *first = host->memalloc((uint32_t)bytes);
    void *second = first != NULL ? host->memalloc((uint32_t)bytes) : NULL;

    (void)unused;
    if (second == NULL)
        return;
    host->memfree(first);
    host->memfree(second);
}

/* If the second fails, the first is freed twice. */
static void clumsy(long bytes, long unused)
{
    void *first = host->memalloc((uint32_t)bytes);
    void *second = first != NULL ? host->memalloc((uint32_t)bytes) : NULL;

    (void)unused;
    host->memfree(first);
    if (first != NULL)
        host->memfree(second != NULL ? second : first);
}

/* overrun BYTES BEYOND: freed; the bytes behind it belong to nobody */
static void overrun(long bytes, long beyond)
{
    char *block = host->memalloc((uint32_t)bytes);

    if (block == NULL)
        return;
    memset(block, 0, (size_t)(bytes + beyond));
    host->memfree(block);
    puts("overrun");
}

static void overrun_kept(long bytes, long beyond)
{
    char *block = host->memalloc((uint32_t)bytes);

    memset(block, 0, (size_t)(bytes + beyond));
    puts("overrun-kept");
}

/* form BYTES BEYOND: for NPP_GetValue(NPPVformValue) */
static void form(long bytes, long beyond)
{
    form_value = host->memalloc((uint32_t)bytes);
    memset(form_value, 'f', (size_t)(bytes + beyond));
    form_value[bytes - 1] = '\0';
}

static void *volatile freed;

/* stale BYTES AT: writes to a freed block */
static void stale(long bytes, long at)
{
    freed = host->memalloc((uint32_t)bytes);
    host->memfree(freed);
    ((char *)freed)[at] = 'w';
    puts("stale");
}

static void twice(long bytes, long unused)
{
    freed = host->memalloc((uint32_t)bytes);
    (void)unused;
    host->memfree(freed);
    host->memfree(freed);
    puts("twice");
}

/* content BYTES: of a freed block, as far as it is all the same */
static void content(long bytes, long unused)
{
    unsigned char *block = host->memalloc((uint32_t)bytes);

    (void)unused;
    memset(block, 'c', (size_t)bytes);
    freed = block;
    host->memfree(block);
    block = freed;
    long same = 1;
    while (same < bytes && block[same] == block[0])
        same++;
    printf("content %ld times %02x\n", same, block[0]);
}

static void *churn_thread(void *argument)
{
    const long count = *(long *)argument;
    char *live[32] = {NULL};

    for (long i = 0; i < count; i++) {
        char **slot = &live[i * 7 % 32];
        host->memfree(*slot);
        const uint32_t bytes = (uint32_t)(1 + i * 37 % 3000);
        *slot = host->memalloc(bytes);
        if (*slot != NULL)
            memset(*slot, (int)i, bytes);
    }
    for (int i = 0; i < 32; i++)
        host->memfree(live[i]);
    return NULL;
}

static void run_threads(long count, void *(*run)(void *), void *argument)
{
    pthread_t started[16];

    for (long i = 0; i < count && i < 16; i++)
        pthread_create(&started[i], NULL, run, argument);
    for (long i = 0; i < count && i < 16; i++)
        pthread_join(started[i], NULL);
}

/* threads COUNT CALLS: correct, in several threads */
static void threads(long count, long calls)
{
    run_threads(count, churn_thread, &calls);
    puts("threads");
}

/* forks BYTES: a child frees what its parent allocated and what it freed before stays so */
static void forks(long bytes, long unused)
{
    void *block = host->memalloc((uint32_t)bytes);
    int status = -1;

    (void)unused;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        host->memfree(block);
        host->memfree(host->memalloc((uint32_t)bytes));
        _exit(7);
    }
    waitpid(child, &status, 0);
    host->memfree(block);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void flush(long bytes, long unused)
{
    (void)unused;
    printf("flush %u\n", host->memflush((uint32_t)bytes));
}

/* by-free BYTES: free() of an NPN block, whose memory is put to another use for good */
static void by_free(long bytes, long unused)
{
    (void)unused;
    freed = host->memalloc((uint32_t)bytes);
    free(freed);
    freed = malloc((size_t)bytes + 16);
    memset(freed, 'm', (size_t)bytes + 16);
    puts("by-free");
}

/* by-realloc BYTES: the same by realloc() */
static void by_realloc(long bytes, long unused)
{
    char *block = host->memalloc((uint32_t)bytes);

    (void)unused;
    memset(block, 'b', (size_t)bytes);
    freed = block = realloc(block, (size_t)bytes + 16);
    printf("by-realloc %d\n", block[bytes - 1] == 'b');
    memset(block, 'm', (size_t)bytes + 16);
}

/* overrun-by-free BYTES BEYOND: an overrun, and then free() */
static void overrun_by_free(long bytes, long beyond)
{
    freed = host->memalloc((uint32_t)bytes);
    memset(freed, 0, (size_t)(bytes + beyond));
    free(freed);
    puts("overrun-by-free");
}

/* exact LENGTH: a block without a byte to spare, as an argument; one browser writes behind it */
static void exact(long length, long unused)
{
    char *value = host->memalloc((uint32_t)length);

    (void)unused;
    memset(value, 'e', (size_t)length);
    host->setvalueforurl(NULL, NPNURLVCookie, "http://example.org/", value, (uint32_t)length);
    host->memfree(value);
}

/* aligned COUNT: sizes from 0 on; how many blocks are not aligned for any type, or overlap */
static void aligned(long count, long unused)
{
    long bad = 0;

    (void)unused;
    for (long bytes = 0; bytes < count; bytes++) {
        char *block = host->memalloc((uint32_t)bytes);
        bad += block != NULL && (uintptr_t)block % _Alignof(max_align_t) != 0;
        if (block != NULL)
            memset(block, 'a', (size_t)bytes);
        host->memfree(block);
    }
    printf("aligned %ld\n", bad);
}

enum { PASSED = 64 };
static void *_Atomic passed[PASSED];

/* Takes whatever another thread has left in a place, frees it, and leaves a block there. */
static void *pass_thread(void *argument)
{
    const long count = *(long *)argument;

    for (long i = 0; i < count; i++) {
        char *block = host->memalloc((uint32_t)(1 + i % 200));
        if (block != NULL)
            memset(block, 'p', (size_t)(1 + i % 200));
        host->memfree(atomic_exchange(&passed[i % PASSED], block));
    }
    return NULL;
}

/* passing COUNT CALLS: threads that free each other's blocks */
static void passing(long count, long calls)
{
    run_threads(count, pass_thread, &calls);
    for (int i = 0; i < PASSED; i++)
        host->memfree(atomic_exchange(&passed[i], NULL));
    puts("passing");
}

static const struct step steps[] = {
    {"aligned", aligned},
    {"by-free", by_free},
    {"by-realloc", by_realloc},
    {"checked", checked},
    {"clumsy", clumsy},
    {"content", content},
    {"exact", exact},
    {"exits", exits},
    {"flush", flush},
    {"forgets", forgets},
    {"forks", forks},
    {"form", form},
    {"hangs", hangs},
    {"kept", kept},
    {"overrun", overrun},
    {"overrun-by-free", overrun_by_free},
    {"overrun-kept", overrun_kept},
    {"passing", passing},
    {"stale", stale},
    {"threads", threads},
    {"twice", twice},
    {"unchecked", unchecked},
};

static void do_step(const char *text)
{
    char name[32] = "";
    long first = 1, second = 1;

    sscanf(text, "%31s %ld %ld", name, &first, &second);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        if (strcmp(steps[i].name, name) == 0)
            steps[i].run(first, second);
}

static NPError new_instance(NPMIMEType type, NPP instance, uint16_t mode, int16_t argc,
                            char *argn[], char *argv[], NPSavedData *saved)
{
    const char *list = getenv("CARELESS_DO");
    char *text = strdup(list != NULL ? list : ""), *rest = NULL;

    host->setvalue(instance, NPPVpluginWindowBool, NULL); /* none: QtWebKit can draw nothing else */
    (void)type, (void)mode, (void)argc, (void)argn, (void)argv, (void)saved;
    for (char *step = strtok_r(text, ";", &rest); step != NULL; step = strtok_r(NULL, ";", &rest))
        do_step(step);
    free(text);
    return NPERR_NO_ERROR;
}

static NPError destroy_instance(NPP instance, NPSavedData **save)
{
    (void)instance, (void)save;
    return NPERR_NO_ERROR;
}

static NPError get_value(NPP instance, NPPVariable variable, void *value)
{
    (void)instance;
    if (variable != NPPVformValue || form_value == NULL)
        return NPERR_GENERIC_ERROR;
    *(char **)value = form_value;
    form_value = NULL;
    return NPERR_NO_ERROR;
}

NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions)
{
    host = browser;
    functions->newp = new_instance;
    functions->destroy = destroy_instance;
    functions->getvalue = get_value;
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

const char *NP_GetMIMEDescription(void)
{
    return "application/x-careless::";
}

NPError NP_GetValue(void *unused, NPPVariable variable, void *value)
{
    (void)unused;
    if (variable != NPPVpluginNameString && variable != NPPVpluginDescriptionString)
        return NPERR_INVALID_PARAM;
    *(const char **)value = "careless";
    return NPERR_NO_ERROR;
}
