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
static const char *plugin_name(void)
{
    Dl_info info;
    if (dladdr(&browser, &info) == 0)
        return "?";
    const char *slash = strrchr(info.dli_fname, '/');
    return slash != NULL ? slash + 1 : info.dli_fname;
}

/* At once and whole: the host may crash in the next moment. */
void state(const char *what, const char *detail, size_t number, const char *function,
           const char *from, const char *released)
{
    const char *folder = getenv("NPNSAMPLE_STATE");
    char path[4096], line[512];
    if (folder == NULL)
        return;
    snprintf(path, sizeof path, "%s/acts", folder);
    const int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%zu\t%s\t%s\t%s\n", what,
                                plugin_name(), detail, number, function, from, released);
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

void acts_fail(const char *what)
{
    fprintf(stderr, "acts: %s\n", what);
    abort();
}
