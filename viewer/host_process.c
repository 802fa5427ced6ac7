/* viewer/host_process.c - does the process that a recording names still run? */
/* SPDX-License-Identifier: MIT */

#include "viewer/host_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_CHARS 36

static bool read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? -1 : read(fd, text, size - 1);

    if (fd >= 0)
        close(fd);
    if (bytes <= 0)
        return false;
    text[bytes] = '\0';
    return true;
}

bool host_process_same_boot(const char *boot_id)
{
    char text[64];

    return strlen(boot_id) >= BOOT_ID_CHARS && read_file(BOOT_ID_PATH, text, sizeof(text)) &&
           strncmp(text, boot_id, BOOT_ID_CHARS) == 0;
}

/* "PID (COMMAND) STATE PPID ...": the command may hold anything, so fields count from its last ")".
 */
bool host_process_runs(uint32_t pid, uint64_t start_ticks, const char *boot_id)
{
    char path[32], text[2048];
    char state;
    unsigned long long found;

    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    if (pid == 0 || !host_process_same_boot(boot_id) || !read_file(path, text, sizeof(text)))
        return false;
    const char *fields = strrchr(text, ')');
    if (fields == NULL ||
        sscanf(fields + 1,
               " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &state, &found) != 2)
        return false;
    return found == start_ticks && state != 'Z' && state != 'X';
}
