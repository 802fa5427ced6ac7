/* tests/contract/acts_state.c - writes down what must be reported */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/acts.h"

/* A copy of the plug-in under another name is another plug-in. */
const char *state_plugin(void)
{
    Dl_info info;
    if (dladdr(&browser, &info) == 0)
        return "?";
    const char *slash = strrchr(info.dli_fname, '/');
    return slash != NULL ? slash + 1 : info.dli_fname;
}

/* The length of a file counts over all plug-ins of the process, without a block of the heap. */
unsigned state_next_serial(void)
{
    const char *folder = getenv("NPNSAMPLE_STATE");
    char path[4096];
    if (folder == NULL)
        return 0;
    snprintf(path, sizeof path, "%s/acts-instances", folder);
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || write(file, ".", 1) != 1)
        abort();
    const off_t serial = lseek(file, 0, SEEK_END);
    close(file);
    return (unsigned)serial;
}

/* At once and whole: the host may crash in the next moment. */
static void write_line(const char *what, const char *detail, size_t number, const char *function,
                       const char *from, const char *released, const char *owner)
{
    const char *folder = getenv("NPNSAMPLE_STATE");
    char path[4096], line[512];
    if (folder == NULL)
        return;
    snprintf(path, sizeof path, "%s/acts", folder);
    const int length = snprintf(line, sizeof line, "%s\t%s\t%u\t%s\t%s\t%zu\t%s\t%s\t%s\t%s\n",
                                what, state_plugin(), acts_here.serial,
                                acts_here.entry != NULL ? acts_here.entry : "", detail, number,
                                function, from, released, owner);
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

static void name_owner(char *owner, size_t bytes, const char *plugin, unsigned serial)
{
    snprintf(owner, bytes, "%s#%u", plugin, serial);
}

/* Where it is known what a finding is about, that is the same instance's. */
void state(const char *what, const char *detail, size_t number, const char *function,
           const char *from, const char *released)
{
    char owner[256] = "";
    if (from[0] != '\0')
        name_owner(owner, sizeof owner, state_plugin(), acts_here.serial);
    write_line(what, detail, number, function, from, released, owner);
}

void state_of_others(const char *kind, const char *function, const char *from, const char *plugin,
                     unsigned serial)
{
    char owner[256];
    name_owner(owner, sizeof owner, plugin, serial);
    write_line("finding", kind, 1, function, from, "", owner);
}

void acts_fail(const char *what)
{
    fprintf(stderr, "acts: %s\n", what);
    abort();
}
