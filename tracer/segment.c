/* tracer/segment.c - makes the flight recorder's file, or private memory */
/* SPDX-License-Identifier: MIT */

#include "tracer/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/handover.h"
#include "tracer/debug.h"

#define PRIVATE_BYTES (UINT64_C(16) << 20)
#define NAME_TRIES 100

static struct ring_header *map_descriptor(int descriptor, uint64_t bytes)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return base == MAP_FAILED ? NULL : base;
}

/* NPNTRACE_SIZE: bytes, with K, M or G. Out of range or unreadable: the nearest that works. */
static uint64_t wanted_bytes(void)
{
    const char *text = getenv("NPNTRACE_SIZE");
    char *end;

    if (text == NULL || *text == '\0')
        return RING_FLIGHT_BYTES;
    uint64_t bytes = strtoull(text, &end, 10);
    switch (*end) {
    case 'K':
    case 'k': bytes <<= 10; break;
    case 'M':
    case 'm': bytes <<= 20; break;
    case 'G':
    case 'g': bytes <<= 30; break;
    default: break;
    }
    if (bytes < RING_MIN_BYTES)
        return RING_MIN_BYTES;
    return bytes > RING_MAX_BYTES ? RING_MAX_BYTES : bytes;
}

/* The directory for the file: as told, else here, else the user's runtime directory. NULL: none. */
static const char *directory(void)
{
    const char *told = getenv("NPNTRACE_DIR");
    if (told != NULL && *told != '\0')
        return told;
    if (access(".", W_OK | X_OK) == 0)
        return ".";
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    return runtime != NULL && access(runtime, W_OK | X_OK) == 0 ? runtime : NULL;
}

/* The host's name as it may stand in a file name: that of its executable, as `ps` would show it. */
static void host_name(char *name, size_t capacity)
{
    char exe[PATH_MAX];
    ssize_t got = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

    exe[got < 0 ? 0 : got] = '\0';
    const char *slash = strrchr(exe, '/');
    snprintf(name, capacity, "%s", slash != NULL && slash[1] != '\0' ? slash + 1 : "host");
}

/* A new file, never somebody else's: O_EXCL, and a counter for a pid that came round again. */
static int create_file(const char *directory, char *path, size_t capacity)
{
    char host[128];

    host_name(host, sizeof(host));
    for (unsigned try = 0; try < NAME_TRIES; try++) {
        char counter[16] = "";
        if (try > 0)
            snprintf(counter, sizeof(counter), ".%u", try);
        snprintf(path, capacity, "%s/npntrace.%s.%d%s.ring", directory, host, (int)getpid(),
                 counter);
        int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor < 0 ? -errno : descriptor;
    }
    return -EEXIST;
}

static int flight_open(struct ring_header **ret_ring)
{
    struct ring_layout layout;
    char path[PATH_MAX];
    const char *where = directory();
    int error;

    if (where == NULL)
        return -EACCES;
    error = ring_layout_compute(wanted_bytes(), &layout);
    if (error != 0)
        return error;
    int descriptor = create_file(where, path, sizeof(path));
    if (descriptor < 0)
        return descriptor;
    /* Every block is reserved now: a full disk would otherwise be a SIGBUS in the host later. */
    do
        error = -posix_fallocate(descriptor, 0, (off_t)layout.total_bytes);
    while (error == -EINTR);
    if (error == 0) {
        *ret_ring = map_descriptor(descriptor, layout.total_bytes);
        error = *ret_ring == NULL ? -errno : 0;
    }
    close(descriptor);
    if (error != 0) {
        unlink(path);
        return error;
    }
    ring_format(*ret_ring, &layout, RING_OVERWRITE, RING_CLOCK_MONOTONIC, RING_ORIGIN_FLIGHT);
    return 0;
}

static struct ring_header *private_open(void)
{
    struct ring_layout layout;

    if (ring_layout_compute(PRIVATE_BYTES, &layout) != 0)
        return NULL;
    void *base = mmap(NULL, layout.total_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    ring_format(base, &layout, RING_OVERWRITE, RING_CLOCK_MONOTONIC, RING_ORIGIN_PRIVATE);
    return base;
}

struct ring_header *segment_open(void)
{
    struct ring_header *ring = NULL;
    const char *recorder = getenv(HANDOVER_ENVIRONMENT);
    int error;

    if (recorder != NULL && *recorder != '\0')
        error = handover_receive(recorder,
                                 &ring); /* no file beside it: the user asked for a recorder */
    else
        error = flight_open(&ring);
    if (error != 0) {
        debug_say("no recording: ", error);
        ring = private_open();
    }
    if (ring != NULL)
        madvise(ring, ring->layout.total_bytes, MADV_DONTFORK);
    return ring;
}
