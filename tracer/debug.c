/* tracer/debug.c - a line on standard error, only when asked for */
/* SPDX-License-Identifier: MIT */

#include "tracer/debug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void debug_say(const char *what, int error)
{
    const char *wanted = getenv("NPNTRACE_DEBUG");
    char line[256];

    if (wanted == NULL || *wanted == '\0')
        return;
    const char *name = error < 0 ? strerrorname_np(-error) : NULL;
    int length = snprintf(line, sizeof(line), "npntrace: %s%s\n", what, name != NULL ? name : "");
    if (length > 0)
        (void)!write(STDERR_FILENO, line,
                     (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}
