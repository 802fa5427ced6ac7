/* viewer/unfinished.c - files under another name until they are complete */
/* SPDX-License-Identifier: MIT */

#include "viewer/unfinished.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MOST (1 + UNFINISHED_FILES_MOST)

static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGXCPU, SIGXFSZ};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static char *volatile names[NAMES_MOST];
static volatile sig_atomic_t name_count;
static struct sigaction before[NUMBERS];

/* The action is the default one again, and comes as soon as this returns. */
static void take_away(int number)
{
    for (int i = name_count; i-- > 0;)
        if (unlink(names[i]) != 0)
            rmdir(names[i]);
    raise(number);
}

static void take_name(char *name)
{
    names[name_count] = name;
    name_count++;
}

/* To be caught from here on, but not before there is a name. */
static void block(sigset_t *ret_before)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < NUMBERS; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, ret_before);
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = take_away, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < NUMBERS; i++)
        if (sigaction(numbers[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
}

static mode_t mask_of_process(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

/* What a directory takes from the one that it is in stays. */
static void permit_directory(const char *name)
{
    struct stat status;

    if (stat(name, &status) == 0)
        chmod(name, (status.st_mode & (S_ISUID | S_ISGID | S_ISVTX)) | (0777 & ~mask_of_process()));
}

static int make(const char *path, bool is_directory, const char **ret_name)
{
    char *name = xalloc_format("%s.XXXXXX", path);
    int made;
    sigset_t set;

    block(&set);
    if (is_directory)
        made = mkdtemp(name) != NULL ? 0 : -errno;
    else if ((made = mkostemp(name, O_CLOEXEC)) < 0)
        made = -errno;
    if (made >= 0) {
        take_name(name);
        catch_signals();
    }
    sigprocmask(SIG_SETMASK, &set, NULL);
    if (made < 0) {
        free(name);
        return made;
    }
    if (is_directory)
        permit_directory(name);
    else
        fchmod(made, 0666 & ~mask_of_process());
    *ret_name = name;
    return made;
}

int unfinished_file(const char *path, const char **ret_name)
{
    return make(path, false, ret_name);
}

int unfinished_directory(const char *path, const char **ret_name)
{
    return make(path, true, ret_name);
}

void unfinished_add(const char *path)
{
    if (name_count < NAMES_MOST)
        take_name(xalloc_string(path));
}

void unfinished_done(void)
{
    int count = name_count;

    if (count == 0)
        return;
    name_count = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        if (before[i].sa_handler == SIG_DFL)
            sigaction(numbers[i], &before[i], NULL);
    for (int i = 0; i < count; i++)
        free(names[i]);
}
