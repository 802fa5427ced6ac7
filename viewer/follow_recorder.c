/* viewer/follow_recorder.c - the trace file that a recorder writes for a process */
/* SPDX-License-Identifier: MIT */

#include "viewer/follow_recorder.h"
#include "viewer/process_list.h"
#include "viewer/recording.h"
#include "viewer/xalloc.h"

#include "format/trace.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC_BYTES 8
#define TRIES 15 /* a tenth of a second apart */

/* Calls each for the names of what a process has open, until it returns true. */
static bool each_descriptor(uint32_t pid, bool (*each)(void *context, const char *path),
                            void *context)
{
    char *folder = xalloc_format("/proc/%" PRIu32 "/fd", pid);
    DIR *entries = opendir(folder);
    struct dirent *entry;
    bool done = false;

    while (!done && entries != NULL && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xalloc_format("%s/%s", folder, entry->d_name);
        done = each(context, path);
        free(path);
    }
    if (entries != NULL)
        closedir(entries);
    free(folder);
    return done;
}

struct wanted_file {
    dev_t device;
    ino_t inode;
};

static bool is_wanted_file(void *context, const char *path)
{
    const struct wanted_file *wanted = context;
    struct stat status;

    return stat(path, &status) == 0 && status.st_ino == wanted->inode &&
           status.st_dev == wanted->device;
}

bool follow_recorder_is(uint32_t pid, dev_t device, ino_t inode)
{
    struct wanted_file ring = {device, inode};

    return each_descriptor(pid, is_wanted_file, &ring);
}

struct wanted_trace {
    uint32_t pid;
    int fd;
    char *name;
};

static bool is_trace_of(int fd, uint32_t pid)
{
    struct problem problem;
    char magic[MAGIC_BYTES], *path;

    if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic) ||
        memcmp(magic, TRACE_MAGIC, sizeof(magic)) != 0)
        return false;
    path = xalloc_format("/proc/self/fd/%d", fd);
    struct recording *recording = recording_open(path, false, &problem);
    bool is = recording != NULL && recording->process.outer_pid == pid && recording->live;
    recording_close(recording);
    free(path);
    return is;
}

static bool is_wanted_trace(void *context, const char *path)
{
    struct wanted_trace *wanted = context;
    struct stat status;
    char name[PATH_MAX];

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = readlink(path, name, sizeof(name) - 1);
    if (fd < 0 || length < 0 || !is_trace_of(fd, wanted->pid)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    name[length] = '\0';
    wanted->fd = fd;
    wanted->name = xalloc_string(name);
    return true;
}

/* True if there is a recorder, whether its trace file was found or not. */
static bool look_for(struct wanted_trace *trace, dev_t device, ino_t inode)
{
    struct process_list all = process_all();
    bool is_recorded = false;

    for (size_t i = 0; i < all.count && trace->fd < 0; i++) {
        if (!follow_recorder_is(all.pids[i], device, inode))
            continue;
        is_recorded = true;
        each_descriptor(all.pids[i], is_wanted_trace, trace);
    }
    process_list_free(&all);
    return is_recorded;
}

/* The file of a process that has just begun says nothing of it yet. */
int follow_recorder_open(uint32_t pid, dev_t device, ino_t inode, char **ret_name)
{
    static const struct timespec moment = {0, 100000000};
    struct wanted_trace trace = {.pid = pid, .fd = -1};

    for (unsigned tries = TRIES; look_for(&trace, device, inode) && trace.fd < 0 && --tries > 0;)
        nanosleep(&moment, NULL);
    if (trace.fd >= 0)
        *ret_name = trace.name;
    return trace.fd;
}
