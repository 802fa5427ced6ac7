/* viewer/follow_process.c - the recording that a running process is being recorded into */
/* SPDX-License-Identifier: MIT */

#include "viewer/follow_process.h"
#include "viewer/follow_recorder.h"
#include "viewer/message.h"
#include "viewer/process_list.h"
#include "viewer/xalloc.h"

#include "format/ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MEMFD_NAME "/memfd:npntrace"
#define DELETED " (deleted)"

enum traced { TRACED_NOT, TRACED_INTO_FILE, TRACED_BY_RECORDER };

/* A mapping that is shared, writable and of a file's beginning. */
struct mapped {
    char range[40]; /* as /proc/PID/map_files names it */
    dev_t device;
    ino_t inode;
    char *path;
};

static bool parse_mapping(char *line, struct mapped *ret_mapped)
{
    unsigned long long begin, end, offset, inode;
    unsigned major_number, minor_number;
    char permissions[8];
    int at = 0;

    if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu %n", &begin, &end, permissions, &offset,
               &major_number, &minor_number, &inode, &at) < 7 ||
        strcmp(permissions, "rw-s") != 0 || offset != 0 || inode == 0 || at == 0)
        return false;
    line[strcspn(line, "\n")] = '\0';
    size_t length = strlen(line + at), tail = strlen(DELETED);
    if (length > tail && strcmp(line + at + length - tail, DELETED) == 0)
        line[at + (int)(length - tail)] = '\0';
    *ret_mapped = (struct mapped){
        .device = makedev(major_number, minor_number), .inode = (ino_t)inode, .path = line + at};
    snprintf(ret_mapped->range, sizeof(ret_mapped->range), "%llx-%llx", begin, end);
    return true;
}

/* Is this descriptor one of that file, and is it a ring? */
static bool is_ring(int fd, const struct mapped *mapped)
{
    struct stat status;
    char magic[sizeof(RING_MAGIC) - 1];

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino == mapped->inode &&
           pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
           memcmp(magic, RING_MAGIC, sizeof(magic)) == 0;
}

/* Takes path over. */
static int try_ring(char *path, const struct mapped *mapped, char **ret_name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0 && is_ring(fd, mapped)) {
        free(*ret_name);
        *ret_name = path;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return -1;
}

/* A file that got its name after it was mapped stands in the maps by its number. */
static int search_folder(uint32_t pid, const struct mapped *mapped, char **ret_name)
{
    const char *slash = strrchr(mapped->path, '/');
    char *folder = xalloc_format("/proc/%" PRIu32 "/root%.*s", pid,
                                 slash != NULL ? (int)(slash - mapped->path) + 1 : 0, mapped->path);
    DIR *entries = opendir(folder);
    struct dirent *entry;
    int fd = -1;

    while (fd < 0 && entries != NULL && (entry = readdir(entries)) != NULL)
        if (entry->d_ino == mapped->inode)
            fd = try_ring(xalloc_format("%s%s", folder, entry->d_name), mapped, ret_name);
    if (entries != NULL)
        closedir(entries);
    free(folder);
    return fd;
}

/* The name as it is outside, where that is the same file. */
static void shorten(char **name, const struct mapped *mapped)
{
    const char *root = strstr(*name, "/root/");
    struct stat status;

    if (root == NULL || strncmp(*name, "/proc/", 6) != 0 || stat(root + 5, &status) != 0 ||
        status.st_ino != mapped->inode)
        return;
    char *shorter = xalloc_string(root + 5);
    free(*name);
    *name = shorter;
}

static int open_flight(uint32_t pid, const struct mapped *mapped, char **ret_name)
{
    const char *suffix = strrchr(mapped->path, '.');
    bool is_named = suffix != NULL && strcmp(suffix, ".ring") == 0;
    int fd = -1;

    if (!is_named && strstr(mapped->path, "/#") == NULL)
        return -1;
    if (is_named)
        fd = try_ring(xalloc_format("/proc/%" PRIu32 "/root%s", pid, mapped->path), mapped,
                      ret_name);
    if (fd < 0)
        fd = search_folder(pid, mapped, ret_name);
    if (fd < 0)
        fd = try_ring(xalloc_format("/proc/%" PRIu32 "/map_files/%s", pid, mapped->range), mapped,
                      ret_name);
    if (fd >= 0)
        shorten(ret_name, mapped);
    return fd;
}

/* Looks through what the process has mapped. *ret_fd: of its recording, -1 if it cannot be opened.
 * With ret_fd NULL it is only found out whether there is one. */
static enum traced look_at(uint32_t pid, int *ret_fd, char **ret_name)
{
    char *path = xalloc_format("/proc/%" PRIu32 "/maps", pid), *line = NULL, *name = NULL;
    FILE *maps = fopen(path, "re");
    enum traced traced = TRACED_NOT;
    size_t room = 0;
    struct mapped mapped;

    free(path);
    while (maps != NULL && traced == TRACED_NOT && getline(&line, &room, maps) > 0) {
        if (!parse_mapping(line, &mapped))
            continue;
        if (strcmp(mapped.path, MEMFD_NAME) == 0) {
            if (follow_recorder_is(pid, mapped.device, mapped.inode))
                continue;
            traced = TRACED_BY_RECORDER;
            if (ret_fd != NULL)
                *ret_fd = follow_recorder_open(pid, mapped.device, mapped.inode, &name);
            continue;
        }
        int fd = open_flight(pid, &mapped, &name);
        if (fd < 0)
            continue;
        traced = TRACED_INTO_FILE;
        if (ret_fd != NULL)
            *ret_fd = fd;
        else
            close(fd);
    }
    if (maps != NULL)
        fclose(maps);
    free(line);
    if (ret_name != NULL)
        *ret_name = name;
    else
        free(name);
    return traced;
}

static int say_none(uint32_t pid)
{
    char *name = process_name(pid);
    bool readable = process_is_readable(pid);

    if (name == NULL)
        message("there is no process %" PRIu32, pid);
    else if (!readable)
        message("process %" PRIu32 " (%s) belongs to somebody else: what it has mapped cannot be "
                "read",
                pid, name);
    else
        message("process %" PRIu32 " (%s) is not being traced, nor is a child of it: it meets no "
                "plug-in, or was not started with \"npntrace record\" or LD_PRELOAD",
                pid, name);
    free(name);
    return -1;
}

static int say_several(uint32_t pid, const uint32_t *pids, size_t count)
{
    message("several children of process %" PRIu32 " are being traced; name one of them:", pid);
    for (size_t i = 0; i < count; i++) {
        char *name = process_name(pids[i]);
        fprintf(stderr, "  %" PRIu32 " %s\n", pids[i], name != NULL ? name : "");
        free(name);
    }
    return -1;
}

/* The traced one among those that the process started, whether directly or not. */
static uint32_t traced_child(uint32_t pid)
{
    struct process_list children = process_children(pid);
    uint32_t found = 0;
    size_t count = 0;

    for (size_t i = 0; i < children.count; i++)
        if (look_at(children.pids[i], NULL, NULL) != TRACED_NOT)
            children.pids[count++] = children.pids[i];
    if (count == 1)
        found = children.pids[0];
    else if (count == 0)
        say_none(pid);
    else
        say_several(pid, children.pids, count);
    process_list_free(&children);
    return found;
}

int follow_process_open(uint32_t pid, char **ret_name)
{
    int fd = -1;
    enum traced traced = look_at(pid, &fd, ret_name);

    if (traced == TRACED_NOT) {
        pid = traced_child(pid);
        if (pid == 0)
            return -1;
        traced = look_at(pid, &fd, ret_name);
    }
    if (fd < 0)
        message("process %" PRIu32
                " is recorded by \"npntrace record\", whose trace file is not to "
                "be found or opened; name the file instead",
                pid);
    return fd;
}
