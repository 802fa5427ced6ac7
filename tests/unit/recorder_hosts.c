/* tests/unit/recorder_hosts.c - commands for recorder-run to record */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/recorder_hosts.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/handover.h"

static const char *recorder_name;

bool host_prepare(void)
{
    Dl_info information;

    /* A sanitizer's run-time library may come after what is preloaded. */
    return setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1) == 0 &&
           dladdr(dlsym(RTLD_DEFAULT, "getpid"), &information) != 0 &&
           setenv("NPNTRACE_LIBRARY", information.dli_fname, 1) == 0;
}

static struct ring_header *ask(void)
{
    struct ring_header *ring = NULL;

    if (fake_host_connect(recorder_name, &ring) != 0)
        _exit(98);
    return ring;
}

static struct ring_header *begin(struct fake_writer *writer)
{
    struct ring_header *ring = ask();

    fake_host_begin(ring);
    fake_writer_open(writer, ring, 0);
    return ring;
}

static void make_file(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0)
        _exit(97);
    close(fd);
}

static void leak(char **argv)
{
    struct fake_writer writer;
    struct ring_header *ring = begin(&writer);
    uint32_t node = fake_stack(ring, 3);

    (void)argv;
    for (unsigned i = 0; i < HOST_LEAK_ALLOCS; i++)
        fake_alloc(&writer, 0x10000 + 64 * i, 8 + i, node, fake_now());
    for (unsigned i = HOST_LEAK_BLOCKS; i < HOST_LEAK_ALLOCS; i++)
        fake_free(&writer, 0x10000 + 64 * i, fake_now());
    _exit(HOST_LEAK_STATUS);
}

static void *kill_soon(void *unused)
{
    (void)unused;
    usleep((unsigned)(getpid() % 50) * 1000 + 1000);
    kill(getpid(), SIGKILL);
    return NULL;
}

/* Counts what it has finished in a file that is shared memory, so that the count survives. */
static void killed(char **argv)
{
    struct fake_writer writer;
    pthread_t killer;
    int fd = open(HOST_TALLY, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

    (void)argv;
    if (fd < 0 || ftruncate(fd, 8) != 0)
        _exit(97);
    _Atomic uint64_t *tally = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    begin(&writer);
    for (uint64_t i = 0;; i++) {
        struct event event = {.type = EVENT_NPN_FLUSH, .plugin = 1, .stamp = fake_now()};

        fake_put(&writer, &event, 1);
        atomic_store(tally, i + 1);
        if (i == 100)
            pthread_create(&killer, NULL, kill_soon, NULL);
    }
}

struct loud_thread {
    struct fake_writer writer;
    pthread_t thread;
};

/* Addresses that do not compress (splitmix64): two megabytes of them. */
static uint64_t noise_of(uint64_t i)
{
    i *= UINT64_C(0x9e3779b97f4a7c15);
    i = (i ^ (i >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    i = (i ^ (i >> 27)) * UINT64_C(0x94d049bb133111eb);
    return i ^ (i >> 31);
}

static void *be_loud(void *context)
{
    struct loud_thread *loud = context;

    for (unsigned i = 0; i < HOST_LOUD_EVENTS / 2; i++) {
        struct event event = {.type = EVENT_NPN_FLUSH, .plugin = 1, .stamp = fake_now(),
                              .address = noise_of(2 * i + loud->writer.slot), .size = i};
        if (!fake_put(&loud->writer, &event, 1))
            _exit(1);
    }
    return NULL;
}

static void loud(char **argv)
{
    struct loud_thread threads[2];
    struct ring_header *ring = begin(&threads[0].writer);

    (void)argv;
    for (unsigned i = 0; i < 2; i++) {
        fake_writer_open(&threads[i].writer, ring, i);
        pthread_create(&threads[i].thread, NULL, be_loud, &threads[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i].thread, NULL);
    _exit(0);
}

/* Two events whose stack stands before them: the tree had no room. */
static void inline_stacks(char **argv)
{
    static const struct event_frame frames[2] = {{FAKE_PC + 1, 0},
                                                 {FAKE_PC + 64, RING_NODE_EXACT_PC}};
    struct event unit[2] = {
        {.type = EVENT_STACK, .frame_count = 2, .frames = frames},
        {.type = EVENT_NPN_ALLOC, .node = RING_NODE_INLINE, .plugin = 1},
    };
    struct fake_writer writer;

    (void)argv;
    begin(&writer);
    for (unsigned i = 0; i < 2; i++) {
        unit[0].stamp = unit[1].stamp = fake_now();
        fake_put(&writer, unit, 2);
    }
    _exit(0);
}

/* Misuses what it was given: the stack of a finding's block occurs nowhere else. */
static void misuse(char **argv)
{
    struct fake_writer writer;
    struct ring_header *ring = begin(&writer);
    uint32_t node = fake_stack(ring, 2), owner = fake_stack(ring, 4);

    (void)argv;
    fake_alloc(&writer, 0x10, 5, node, fake_now());
    fake_object(ring, 0x2000, 3, node, fake_now());
    fake_object(ring, 0x1000, 1, owner, fake_now());
    fake_finding(ring, FINDING_DOUBLE_FREE, 0x3000, node, owner, fake_now());
    atomic_store(&fake_finding(ring, FINDING_NOT_ISSUED, 0x4000, node, 0, fake_now())->count, 9);
    atomic_store(&ring->unlisted_objects, 11);
    atomic_store(&ring->unlisted_findings, 12);
    atomic_store(&ring->injected_failures, 13);
    atomic_store(&ring->whatif, RING_WHATIF_FAIL);
    _exit(0);
}

static uint32_t number_in(const char *variable)
{
    const char *text = getenv(variable);
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static bool is_followed(void)
{
    const char *pattern = getenv("NPNTRACE_FOLLOW");
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

    program[length < 0 ? 0 : length] = '\0';
    return pattern != NULL && fnmatch(pattern, strrchr(program, '/') + 1, 0) == 0;
}

/* As a host that is recorded with --heap=all. */
static void heap(char **argv)
{
    static const struct event_frame frames[2] = {{FAKE_PC + 1, 0}, {FAKE_PC + 64, 0}};
    const struct event stack = {.type = EVENT_STACK, .frame_count = 2, .frames = frames};
    struct event unit[3] = {{.type = EVENT_HEAP_CONTEXT, .plugin = 1, .instance = 1}, stack};
    const char *told = getenv("NPNTRACE_HEAP");
    struct fake_writer writer;
    struct ring_header *ring = ask();

    (void)argv;
    ring->heap = told != NULL && strcmp(told, "all") == 0 ? RING_HEAP_ALL : RING_HEAP_OFF;
    ring->selfcheck = number_in("NPNTRACE_SELFCHECK");
    fake_host_begin(ring);
    fake_writer_open(&writer, ring, 0);
    for (unsigned i = 0; i < HOST_HEAP_EVENTS; i++) {
        struct event alloc = {
            .type = EVENT_HEAP_ALLOC,
            .function = EVENT_MALLOC,
            .stamp = fake_now(),
            .address = 16 * i + 16,
            .node = i % 2 ? RING_NODE_INLINE : RING_NODE_NONE,
        };
        unit[0].stamp = unit[1].stamp = alloc.stamp;
        unit[1 + i % 2] = alloc;
        fake_put(&writer, unit, 2 + i % 2);
        unit[1] = stack;
    }
    atomic_store(&ring->selfchecks, 50);
    atomic_store(&ring->selfcheck_mismatches, 1);
    atomic_store(&ring->guessed_stacks, 2);
    atomic_store(&ring->heap_untracked, 3);
    fake_alloc(&writer, 0x10, 5, 0, fake_now());
    _exit(is_followed() ? 0 : 1);
}

static void none(char **argv)
{
    (void)argv;
    _exit(3);
}

static void early(char **argv)
{
    (void)argv;
    ask();
    _exit(0);
}

static void touch(char **argv)
{
    (void)argv;
    make_file(HOST_READY);
    _exit(0);
}

static void execute(char **argv)
{
    struct fake_writer writer;
    char *arguments[] = {argv[0], (char *)"--host", (char *)"leak", NULL};

    begin(&writer);
    fake_alloc(&writer, 0x1000, 1, 0, fake_now());
    execv("/proc/self/exe", arguments);
    _exit(97);
}

static void fork_and_leave(char **argv)
{
    struct fake_writer writer;
    int ready[2];
    char byte;

    (void)argv;
    if (pipe(ready) != 0)
        _exit(97);
    begin(&writer);
    fake_alloc(&writer, 0x1000, 1, 0, fake_now());
    if (fork() == 0) {
        pid_t parent = getppid();

        begin(&writer);
        fake_alloc(&writer, 0x1000, 1, 0, fake_now());
        if (write(ready[1], "", 1) != 1)
            _exit(97);
        while (getppid() == parent)
            usleep(1000);
        usleep(100000); /* the recorder sees the command end well before us */
        fake_alloc(&writer, 0x2000, 1, 0, fake_now());
        _exit(HOST_ORPHAN_STATUS);
    }
    _exit(read(ready[0], &byte, 1) == 1 ? 0 : 97);
}

/* Connects and sends these bytes, then leaves at once, or stays without a word. */
static int talk(const void *bytes, size_t length, bool stay)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    size_t name = strlen(recorder_name);

    memcpy(address.sun_path + 1, recorder_name, name);
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name)) != 0)
        _exit(96);
    if (length > 0 && send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        _exit(96);
    if (!stay)
        close(fd);
    return fd;
}

static void rubbish(char **argv)
{
    static char noise[65536];
    struct handover_hello hello = {.version = HANDOVER_VERSION + 1};

    memset(noise, 0xa5, sizeof(noise));
    memcpy(hello.magic, HANDOVER_HELLO_MAGIC, sizeof(hello.magic));
    for (unsigned i = 0; i < 100; i++)
        talk(noise, i % 7 * 1000, false);
    for (unsigned i = 0; i < 100; i++) /* more than it keeps */
        talk(NULL, 0, true);
    talk(&hello, sizeof(hello), true);
    talk(&hello, sizeof(hello) - 1, true);
    hello.version = HANDOVER_VERSION;
    for (unsigned i = 0; i < 20; i++) /* a good hello, but nobody there for the answer */
        talk(&hello, sizeof(hello), false);
    leak(argv);
}

static void scribble(char **argv)
{
    struct fake_writer writer;
    struct ring_header *ring = begin(&writer);
    size_t words = ring->layout.total_bytes / sizeof(uint32_t);
    uint32_t *word = (uint32_t *)ring;

    (void)argv;
    fake_alloc(&writer, 0x1000, 1, 0, fake_now());
    usleep(20000);
    for (size_t i = 0; i < words; i++)
        word[i] = (uint32_t)(i * 2654435761u) >> (i % 3 * 10);
    usleep(100000);
    _exit(0);
}

/* Loses its recorder and goes on. */
static void survive(char **argv)
{
    struct fake_writer writer;
    struct ring_header *ring = begin(&writer);
    struct event event = {.type = EVENT_NPN_FLUSH, .plugin = 1};
    unsigned dropped = 0;

    (void)argv;
    make_file(HOST_READY);
    while (!fake_recorder_gone(ring)) {
        event.stamp = fake_now();
        fake_put(&writer, &event, 1);
    }
    while (dropped < 1000) { /* the ring fills up, and then events are dropped: nothing hangs */
        event.stamp = fake_now();
        dropped += !fake_put(&writer, &event, 1);
    }
    make_file(HOST_SURVIVED);
    _exit(0);
}

/* A child stays when the command ends, until its recorder stops. */
static void leave(char **argv)
{
    signal(SIGTERM, SIG_IGN);
    if (fork() == 0)
        survive(argv);
    while (access(HOST_READY, F_OK) != 0)
        usleep(1000);
    _exit(0);
}

static const struct {
    const char *name;
    void (*play)(char **argv);
} scenarios[] = {
    {"inline", inline_stacks}, {"heap", heap},      {"misuse", misuse},
    {"leak", leak},         {"killed", killed},   {"loud", loud},        {"none", none},
    {"early", early},       {"touch", touch},     {"exec", execute},     {"fork", fork_and_leave},
    {"rubbish", rubbish},   {"scribble", scribble}, {"survive", survive}, {"leave", leave},
};

void host_run(const char *scenario, char **argv)
{
    recorder_name = getenv(HANDOVER_ENVIRONMENT);
    for (size_t i = 0; recorder_name != NULL && i < sizeof(scenarios) / sizeof(*scenarios); i++)
        if (strcmp(scenarios[i].name, scenario) == 0)
            scenarios[i].play(argv);
    fprintf(stderr, "recorder-run: no scenario '%s', or no recorder\n", scenario);
    _exit(99);
}
