/* viewer/export_target.c - where an exported file goes, whole or not at all */
/* SPDX-License-Identifier: MIT */

#include "viewer/export_target.h"
#include "viewer/message.h"
#include "viewer/output.h"
#include "viewer/text.h"
#include "viewer/unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, int error)
{
    char *shown = text_printable(path);

    message("cannot write %s: %s", shown, strerror(error));
    free(shown);
    return false;
}

static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int open_file(struct export_target *target)
{
    if (output_is_replaced(target->path))
        return unfinished_file(target->path, &target->temporary);
    int fd = open(target->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd >= 0 ? fd : -errno;
}

bool export_target_begin(struct export_target *target, const char *path)
{
    *target = (struct export_target){.path = path, .out = stdout};
    if (path == NULL)
        return true;
    int fd = open_file(target);
    if (fd < 0)
        return fail(path, -fd);
    target->out = fdopen(fd, "w");
    if (target->out != NULL)
        return true;
    fail(path, errno);
    close(fd);
    export_target_end(target, false);
    return false;
}

bool export_target_begin_file(struct export_target *target, const char *path)
{
    *target = (struct export_target){.path = path};
    if (is_special(path)) {
        struct stat status;
        return fail(path, stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    }
    int fd = open_file(target);
    if (fd < 0)
        return fail(path, -fd);
    close(fd);
    return true;
}

bool export_target_begin_directory(struct export_target *target, const char *path)
{
    *target = (struct export_target){.path = path, .is_directory = true};
    struct stat status;
    if (lstat(path, &status) == 0)
        return fail(path, EEXIST);
    int error = unfinished_directory(path, &target->temporary);
    return error == 0 || fail(path, -error);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void undo(const struct export_target *target)
{
    if (target->temporary != NULL)
        nftw(target->temporary, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Standard output is main()'s to close. */
static bool close_out(struct export_target *target, bool good)
{
    if (target->out == NULL || target->path == NULL)
        return good;
    int why = ferror(target->out) != 0 ? output_why(target->out) : 0;
    if (fclose(target->out) != 0 && why == 0)
        why = errno;
    if (why != 0 && good)
        fail(target->path, why);
    return good && why == 0;
}

bool export_target_end(struct export_target *target, bool good)
{
    good = close_out(target, good);
    if (good && target->temporary != NULL && rename(target->temporary, target->path) != 0)
        good = fail(target->path, errno);
    if (!good)
        undo(target);
    unfinished_done();
    target->temporary = NULL;
    return good;
}
