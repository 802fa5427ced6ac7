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
#include <sys/resource.h>
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

/* Calls make for one name after the other until it gives anything but -EEXIST: a pid may have come
 * round again. */
static int with_free_name(int (*make)(const char *path, int argument), int argument)
{
    const char *where = directory();
    char host[128], path[PATH_MAX];
    int result = -EACCES;

    host_name(host, sizeof(host));
    for (unsigned try = 0; where != NULL && try < NAME_TRIES; try++) {
        char counter[16] = "";
        if (try > 0)
            snprintf(counter, sizeof(counter), ".%u", try);
        snprintf(path, sizeof(path), "%s/npntrace.%s.%d%s.ring", where, host, (int)getpid(),
                 counter);
        result = make(path, argument);
        if (result != -EEXIST)
            break;
    }
    return result;
}

/* Never somebody else's file. */
static int create_named(const char *path, int unused)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    (void)unused;
    return descriptor < 0 ? -errno : descriptor;
}

static int link_named(const char *path, int descriptor)
{
    char link_path[64];

    snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", descriptor);
    if (linkat(AT_FDCWD, link_path, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
        return -errno;
    return 0;
}

/* A file without a name yet, where the file system can; a process that is killed before
 * segment_publish then leaves nothing behind. */
static int create_file(bool *ret_nameless)
{
    const char *where = directory();
    int descriptor = where == NULL ? -1 : open(where, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    *ret_nameless = descriptor >= 0;
    return descriptor >= 0 ? descriptor : with_free_name(create_named, 0);
}

/* Growing a file beyond the limit would be a SIGXFSZ in the host. */
static bool may_be_as_long(uint64_t bytes)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes <= limit.rlim_cur;
}

static int flight_open(struct segment *segment)
{
    struct ring_layout layout;
    bool nameless;
    int error = ring_layout_compute(wanted_bytes(), &layout);

    if (error != 0)
        return error;
    if (!may_be_as_long(layout.total_bytes))
        return -EFBIG;
    int descriptor = create_file(&nameless);
    if (descriptor < 0)
        return descriptor;
    /* Every block is reserved now: a full disk would otherwise be a SIGBUS in the host later. */
    do
        error = -posix_fallocate(descriptor, 0, (off_t)layout.total_bytes);
    while (error == -EINTR);
    if (error == 0) {
        segment->ring = map_descriptor(descriptor, layout.total_bytes);
        error = segment->ring == NULL ? -errno : 0;
    }
    if (error != 0) {
        close(descriptor);
        return error;
    }
    ring_format(segment->ring, &layout, RING_OVERWRITE, RING_ORIGIN_FLIGHT);
    if (nameless)
        segment->nameless = descriptor;
    else
        close(descriptor);
    return 0;
}

int segment_publish(struct segment *segment)
{
    int error = 0;

    if (segment->nameless >= 0) {
        error = with_free_name(link_named, segment->nameless);
        close(segment->nameless);
        segment->nameless = -1;
    }
    if (error != 0)
        debug_say("the recording cannot be given its name: ", error);
    return error;
}

void segment_discard(struct segment *segment)
{
    if (segment->nameless >= 0)
        close(segment->nameless);
    munmap(segment->ring, segment->ring->layout.total_bytes);
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
    ring_format(base, &layout, RING_OVERWRITE, RING_ORIGIN_PRIVATE);
    return base;
}

bool segment_open(struct segment *ret_segment)
{
    struct segment segment = {.nameless = -1};
    const char *recorder = getenv(HANDOVER_ENVIRONMENT);
    int error;

    if (recorder != NULL && *recorder != '\0')
        /* No file beside it: the user asked for a recorder. */
        error = handover_receive(recorder, &segment.ring);
    else
        error = flight_open(&segment);
    if (error != 0) {
        debug_say("no recording: ", error);
        segment.ring = private_open();
    }
    if (segment.ring == NULL)
        return false;
    madvise(segment.ring, segment.ring->layout.total_bytes, MADV_DONTFORK);
    *ret_segment = segment;
    return true;
}
