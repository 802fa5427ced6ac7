/* viewer/newest.c - the newest recording in a directory */
/* SPDX-License-Identifier: MIT */

#include "viewer/newest.h"
#include "viewer/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);

    return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Plain recordings, or archives: one of those is no newer than the recording in it. */
static bool is_wanted(const char *name, bool archives)
{
    return archives ? ends_with(name, ".npta")
                    : ends_with(name, ".npt") || ends_with(name, ".ring");
}

static int newest_of(const char *directory, bool archives, char **ret_name)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;
    struct timespec newest = {0};
    char *name = NULL;

    if (entries == NULL)
        return -errno;
    while ((entry = readdir(entries)) != NULL) {
        struct stat status;
        if (!is_wanted(entry->d_name, archives))
            continue;
        if (fstatat(dirfd(entries), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode))
            continue;
        bool newer = name == NULL || is_newer(&status.st_mtim, &newest) ||
                     (!is_newer(&newest, &status.st_mtim) && strcmp(entry->d_name, name) > 0);
        if (!newer)
            continue;
        free(name);
        name = xalloc_string(entry->d_name);
        newest = status.st_mtim;
    }
    closedir(entries);
    if (name == NULL)
        return -ENOENT;
    *ret_name = name;
    return 0;
}

int newest_recording(const char *directory, char **ret_name)
{
    int error = newest_of(directory, false, ret_name);

    return error == -ENOENT ? newest_of(directory, true, ret_name) : error;
}
