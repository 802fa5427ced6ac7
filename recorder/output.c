/* recorder/output.c - names and creates the files of a session */
/* SPDX-License-Identifier: MIT */

#include "recorder/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".npt"
#define NAME_TRIES 100u

/* The pattern with its percent signs resolved, malloc'ed. NULL with errno set. */
static char *expand(const char *pattern, const char *host, uint32_t pid)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);

    if (to == NULL)
        return NULL;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '%') {
            fputc(*at, to);
            continue;
        }
        at++;
        if (*at == 'h') {
            fputs(host, to);
        } else if (*at == 'p') {
            fprintf(to, "%u", pid);
        } else if (*at == '%') {
            fputc('%', to);
        } else {
            fclose(to);
            free(text);
            errno = EINVAL;
            return NULL;
        }
    }
    if (fclose(to) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool has(const char *pattern, char directive)
{
    for (const char *at = pattern; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2)
        if (at[1] == directive)
            return true;
    return false;
}

/* path with ".label" before its suffix, malloc'ed. */
static char *insert(const char *path, const char *label)
{
    size_t stem = strlen(path);
    char *text;

    if (stem > strlen(SUFFIX) && strcmp(path + stem - strlen(SUFFIX), SUFFIX) == 0)
        stem -= strlen(SUFFIX);
    if (asprintf(&text, "%.*s.%s%s", (int)stem, path, label, path + stem) < 0)
        return NULL;
    return text;
}

/* A new file, or -errno. With force an old regular file makes way. */
static int create(const char *path, bool force)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    struct stat status;
    int fd = open(path, flags, 0600);

    if (fd >= 0)
        return fd;
    if (errno != EEXIST || !force)
        return -errno;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return -EEXIST;
    if (unlink(path) != 0 && errno != ENOENT)
        return -errno;
    fd = open(path, flags, 0600);
    return fd < 0 ? -errno : fd;
}

/* The name for a try: as given, then with the pid, then with the pid and a number. */
static char *name_of_try(const struct output *output, const char *base, uint32_t pid, unsigned try)
{
    char label[32];
    bool has_pid = has(output->pattern, 'p');

    if (try == 0 && (has_pid || output->made == 0))
        return strdup(base);
    if (try <= 1 && !has_pid)
        snprintf(label, sizeof(label), "%u", pid);
    else if (!has_pid)
        snprintf(label, sizeof(label), "%u.%u", pid, try);
    else
        snprintf(label, sizeof(label), "%u", try);
    return insert(base, label);
}

int output_create(struct output *output, const char *host, uint32_t pid, char **ret_path)
{
    char *base = expand(output->pattern, host, pid);
    int fd = -ENOMEM;

    *ret_path = NULL;
    for (unsigned try = 0; base != NULL && try < NAME_TRIES; try++) {
        /* Only the name that the user gave may replace something, and only once. */
        bool force = output->force && try == 0 &&
                     (output->made == 0 || has(output->pattern, 'p'));

        free(*ret_path);
        *ret_path = name_of_try(output, base, pid, try);
        fd = *ret_path == NULL ? -ENOMEM : create(*ret_path, force);
        if (fd != -EEXIST)
            break;
    }
    free(base);
    if (fd >= 0)
        output->made++;
    return fd;
}

/* ---- before the start -------------------------------------------------------------------- */

static int explain(int error, const char *name, const char *problem, char **ret_what)
{
    if (asprintf(ret_what, "cannot record to '%s': %s", name, problem) < 0)
        *ret_what = NULL;
    return error;
}

/* A file without a name in the directory, or one whose name is gone again. */
static int make_probe(const char *directory)
{
    char *name;
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd < 0 ? -errno : fd;
    if (asprintf(&name, "%s/.npntrace.XXXXXX", directory) < 0)
        return -ENOMEM;
    fd = mkostemp(name, O_CLOEXEC);
    int error = fd < 0 ? -errno : 0;
    if (fd >= 0)
        unlink(name);
    free(name);
    return error ? error : fd;
}

static int probe_directory(const char *directory)
{
    static const char page[4096];
    int fd = make_probe(directory);

    if (fd < 0)
        return fd;
    ssize_t written = write(fd, page, sizeof(page));
    int error = written < 0 ? -errno : written < (ssize_t)sizeof(page) ? -ENOSPC : 0;
    close(fd);
    return error;
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int probe_existing(const struct output *output, const char *path, char **ret_what)
{
    struct stat status;

    if (has(output->pattern, 'h') || has(output->pattern, 'p') ||
        lstat(path, &status) != 0)
        return 0; /* the name is not known yet, or free */
    if (S_ISDIR(status.st_mode))
        return explain(-EISDIR, path, "it is a directory; give a file name", ret_what);
    if (!S_ISREG(status.st_mode))
        return explain(-EEXIST, path, "it exists and is not a regular file; choose another name",
                       ret_what);
    if (!output->force)
        return explain(-EEXIST, path, "it exists already; choose another name or give --force",
                       ret_what);
    return 0;
}

int output_probe(const struct output *output, char **ret_what)
{
    char *path = expand(output->pattern, "host", 1);
    size_t length = path ? strlen(path) : 0;

    *ret_what = NULL;
    if (path == NULL)
        return explain(-EINVAL, output->pattern, "a '%' is followed by other than h, p or %",
                       ret_what);
    if (length == 0 || path[length - 1] == '/') {
        free(path);
        return explain(-EINVAL, output->pattern, "that is no file name", ret_what);
    }
    int error = probe_existing(output, path, ret_what);
    char *directory = directory_of(path);
    if (error == 0)
        error = directory == NULL ? -ENOMEM : probe_directory(directory);
    if (error != 0 && *ret_what == NULL &&
        asprintf(ret_what, "cannot record to '%s': nothing can be written to directory '%s': %s",
                 output->pattern, directory ? directory : "?", strerror(-error)) < 0)
        *ret_what = NULL;
    free(directory);
    free(path);
    return error;
}
