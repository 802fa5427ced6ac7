/* tracer/debug.c - a line on standard error, only when asked for */
/* SPDX-License-Identifier: MIT */

#include "tracer/debug.h"

#include <inttypes.h>
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

void debug_pair(uint64_t pc, uint32_t flags, uint64_t other_pc, uint32_t other_flags)
{
    const char *wanted = getenv("NPNTRACE_DEBUG");
    char line[128];

    if (wanted == NULL || *wanted == '\0')
        return;
    int length = snprintf(
        line, sizeof(line), "npntrace:   %16" PRIx64 " %" PRIu32 "   %16" PRIx64 " %" PRIu32 "%s\n",
        pc, flags, other_pc, other_flags, pc != other_pc || flags != other_flags ? "   <" : "");
    (void)!write(STDERR_FILENO, line, (size_t)length);
}
