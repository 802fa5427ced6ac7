/* tests/shim/slots_host.c: a host whose functions print what they are called with. */
/* SPDX-License-Identifier: MIT */

/* slots_host FILE...: initialises each plug-in, which does the rest, and shuts it down. Those from
 * number $NPNSLOTS_OTHER on get another function of one name, as of another host. */

#include <dlfcn.h>
#include <stdlib.h>

#include "tests/shim/slots.h"

#define FIRST(F, first, ...) F(first) __VA_OPT__(SECOND(F, __VA_ARGS__))
#define SECOND(F, first, ...) F(first) __VA_OPT__(THIRD(F, __VA_ARGS__))
#define THIRD(F, first, ...) F(first) __VA_OPT__(FOURTH(F, __VA_ARGS__))
#define FOURTH(F, first, ...) F(first) __VA_OPT__(FIFTH(F, __VA_ARGS__))
#define FIFTH(F, first, ...) F(first) __VA_OPT__(SIXTH(F, __VA_ARGS__))
#define SIXTH(F, first, ...) F(first) __VA_OPT__(SEVENTH(F, __VA_ARGS__))
#define SEVENTH(F, first, ...) F(first) __VA_OPT__(EIGHTH(F, __VA_ARGS__))
#define EIGHTH(F, first, ...) F(first) __VA_OPT__(NINTH(F, __VA_ARGS__))
#define NINTH(F, first, ...) F(first) __VA_OPT__(TENTH(F, __VA_ARGS__))
#define TENTH(F, last) F(last)
#define EACH(F, ...) FIRST(F, __VA_ARGS__)
#define PRINT(word) printf(" %jx", (uintmax_t)(uintptr_t)(word));

static void enter(const char *name)
{
    printf("  host: %s, errno %d:", name, errno);
}

static uint64_t leave(void)
{
    printf("\n");
    errno = SLOTS_ERRNO_HOST;
    return slots_answer();
}

#define HOST(returns, slot, parameters, arguments)                                                 \
    static returns host_##slot parameters                                                          \
    {                                                                                              \
        enter(#slot);                                                                              \
        EACH(PRINT, PARTS arguments)                                                               \
        return (returns)(uintptr_t)leave();                                                        \
    }
#define VOID_HOST(slot, parameters, arguments)                                                     \
    static void host_##slot parameters                                                             \
    {                                                                                              \
        enter(#slot);                                                                              \
        EACH(PRINT, PARTS arguments)                                                               \
        leave();                                                                                   \
    }
#define PARTS(...) __VA_ARGS__

TABLE_WATCHED_SLOTS(HOST, VOID_HOST)
TABLE_PLAIN_SLOTS(HOST, VOID_HOST)

static void *host_getJavaEnv(void)
{
    enter("getJavaEnv");
    return (void *)(uintptr_t)leave();
}

#define ROW(returns, slot, parameters, arguments) .slot = host_##slot,
#define VOID_ROW(slot, parameters, arguments) .slot = host_##slot,

static NPNetscapeFuncs table = {
    .size = sizeof table,
    .version = NP_VERSION_MINOR,
    TABLE_WATCHED_SLOTS(ROW, VOID_ROW)
    TABLE_PLAIN_SLOTS(ROW, VOID_ROW)
    .getJavaEnv = host_getJavaEnv,
};

static uint32_t other_memflush(uint32_t size)
{
    return host_memflush(size);
}

static int play(const char *file)
{
    static NPPluginFuncs functions = {.size = sizeof functions};
    NP_InitializeFunc initialize;
    NP_ShutdownFunc shutdown;
    void *handle = dlopen(file, RTLD_NOW);

    if (handle == NULL) {
        fprintf(stderr, "slots_host: %s\n", dlerror());
        return 2;
    }
    *(void **)&initialize = dlsym(handle, "NP_Initialize");
    *(void **)&shutdown = dlsym(handle, "NP_Shutdown");
    printf("NP_Initialize: %d\n", initialize(&table, &functions));
    printf("NP_Shutdown: %d\n", shutdown());
    return 0;
}

int main(int argc, char **argv)
{
    int status = 0;
    void *memory = mmap((void *)(uintptr_t)SLOTS_MEMORY, SLOTS_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (memory != (void *)(uintptr_t)SLOTS_MEMORY) {
        fprintf(stderr, "slots_host: no place for the words\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    const char *other = getenv("NPNSLOTS_OTHER");
    for (int i = 1; i < argc && status == 0; i++) {
        if (other != NULL && i == atoi(other))
            table.memflush = other_memflush;
        status = play(argv[i]);
    }
    return status;
}
