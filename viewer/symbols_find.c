/* viewer/symbols_find.c - the files that may be a module, one place after the other */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_find.h"
#include "viewer/xalloc.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* What there is at a place after the sysroots. */
enum { AT_PATH, AS_MAPPED, DEBUG_ONLY, LAST_STEPS };

static enum symbols_state accept_regular(int fd, int *ret_fd)
{
    struct stat status;

    if (fd < 0)
        return errno == EACCES || errno == EPERM ? SYMBOLS_UNREADABLE : SYMBOLS_MISSING;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return SYMBOLS_UNREADABLE;
    }
    *ret_fd = fd;
    return SYMBOLS_GOOD;
}

char *symbols_find_name(int fd)
{
    char link[64], target[4096];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof(target) - 1);
    if (length <= 0 || target[0] != '/')
        return NULL;
    target[length] = '\0';
    return xalloc_string(target);
}

static char *name_or(int fd, const char *otherwise)
{
    char *name = symbols_find_name(fd);

    return name != NULL ? name : xalloc_string(otherwise);
}

static int open_below(const char *root, const char *path)
{
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT};
    int directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        return -1;
    int fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
    int error = errno;
    close(directory);
    if (fd < 0 && error == ENOSYS) { /* before Linux 5.6, or forbidden */
        char *joined = xalloc_format("%s%s", root, path);
        fd = open(joined, OPEN_FLAGS);
        error = errno;
        free(joined);
    }
    errno = error;
    return fd;
}

/* Links in a sysroot lead to where they lead there: debug files are beside the target. */
static void look_below(struct symbols_find *find, const char *root)
{
    find->state = accept_regular(open_below(root, find->path), &find->fd);
    if (find->state == SYMBOLS_GOOD)
        find->name = name_or(find->fd, find->path);
}

static void look_at_path(struct symbols_find *find)
{
    const struct symbols_places *places = find->search->places;

    if (find->build_id_bytes == 0 && places != NULL && places->sysroots.count != 0)
        return;
    find->state = accept_regular(open(find->path, OPEN_FLAGS), &find->fd);
    find->name = xalloc_string(find->path);
}

static void look_into_bundle(struct symbols_find *find)
{
    if (find->search->bundle == NULL)
        return;
    find->fd = bundle_file(find->search->bundle, find->path);
    find->debug_only = find->fd < 0;
    if (find->debug_only)
        find->fd = bundle_debug_file(find->search->bundle, find->build_id, find->build_id_bytes);
    if (find->fd >= 0) {
        find->state = SYMBOLS_GOOD;
        find->name = xalloc_string(find->path);
    }
}

/* libdwfl searches by build-id for a module of which it knows nothing else. What is at its path or
 * beside it is not opened: it may be a pipe. */
static int search_by_id(const struct symbols_find *find, bool debug_only, char **ret_name)
{
    char *path = symbols_places_debug_path(find->search->places, false);
    const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .debuginfo_path = &path,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    Dwfl_Module *module =
        dwfl != NULL ? dwfl_report_module(dwfl, find->path, 0x1000, 0x2000) : NULL;
    void *user = NULL;
    Elf *elf = NULL;
    int fd = -1;

    if (module != NULL && dwfl_module_report_build_id(module, find->build_id,
                                                      (unsigned)find->build_id_bytes, 0x1000) == 0)
        fd = debug_only ? dwfl_standard_find_debuginfo(module, &user, find->path, 0x1000,
                                                       find->path, NULL, 0, ret_name)
                        : dwfl_build_id_find_elf(module, &user, find->path, 0x1000, ret_name, &elf);
    if (dwfl != NULL)
        dwfl_end(dwfl);
    elf_end(elf); /* the module that it was found for has not taken it */
    free(path);
    return fd;
}

static void look_by_id(struct symbols_find *find, bool debug_only)
{
    char *name = NULL;

    if (find->build_id_bytes == 0)
        return;
    find->fd = search_by_id(find, debug_only, &name);
    find->debug_only = debug_only;
    if (find->fd >= 0) {
        find->state = SYMBOLS_GOOD;
        find->name = name_or(find->fd, find->path); /* libdwfl has no name for what servers gave */
    }
    free(name);
}

bool symbols_find_next(struct symbols_find *find)
{
    const struct symbols_places *places = find->search->places;
    size_t roots = places != NULL ? places->sysroots.count : 0, step = find->step++;

    symbols_find_end(find);
    find->fd = -1;
    find->debug_only = false;
    find->state = SYMBOLS_MISSING;
    if (find->path[0] != '/' || step >= 1 + roots + LAST_STEPS)
        return false;
    if (step == 0)
        look_into_bundle(find);
    else if (step <= roots)
        look_below(find, places->sysroots.names[step - 1]);
    else if (step - 1 - roots == AT_PATH)
        look_at_path(find);
    else
        look_by_id(find, step - 1 - roots == DEBUG_ONLY);
    return true;
}

void symbols_find_end(struct symbols_find *find)
{
    free(find->name);
    find->name = NULL;
}

int symbols_find_debug(const struct symbols_search *search, const uint8_t *build_id,
                       size_t build_id_bytes)
{
    struct symbols_find find = {
        .search = search, .path = "", .build_id = build_id, .build_id_bytes = build_id_bytes};
    char *name = NULL;
    int fd = search_by_id(&find, true, &name);

    free(name);
    return fd;
}
