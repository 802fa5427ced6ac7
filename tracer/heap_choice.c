/* tracer/heap_choice.c - which heap calls the user wants recorded in this program */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/ring.h"
#include "tracer/heap.h"
#include "tracer/tracer.h"

/* NPNTRACE_FOLLOW is a pattern for the program's name; without it every program is followed. */
static bool is_followed(void)
{
    const char *pattern = getenv("NPNTRACE_FOLLOW");
    char program[PATH_MAX];

    if (pattern == NULL || *pattern == '\0')
        return true;
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[length < 0 ? 0 : length] = '\0';
    const char *slash = strrchr(program, '/');
    return fnmatch(pattern, slash != NULL ? slash + 1 : program, 0) == 0;
}

uint32_t heap_wanted(void)
{
    const char *told = getenv("NPNTRACE_HEAP");

    if (told == NULL)
        return RING_HEAP_OFF;
    if (strcmp(told, "all") == 0)
        return is_followed() ? RING_HEAP_ALL : RING_HEAP_PLUGINS;
    return strcmp(told, "plugins") == 0 ? RING_HEAP_PLUGINS : RING_HEAP_OFF;
}

void heap_load(void)
{
    int kept_errno = errno;

    if (heap_wanted() == RING_HEAP_ALL)
        tracer_start();
    errno = kept_errno;
}
