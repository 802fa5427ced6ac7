/* tests/heap/say.c - a subject states each of its heap calls, without making others */
/* SPDX-License-Identifier: MIT */

#include "tests/heap/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE_BYTES 512

static void put(const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    int kept_errno = errno;
    int length = vsnprintf(line, sizeof(line), format, arguments);

    if (length > 0 && write(STDOUT_FILENO, line, (size_t)length) < 0)
        _exit(3);
    errno = kept_errno;
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put(format, arguments);
    va_end(arguments);
}

void say_alloc(const char *function, const void *block, size_t size)
{
    int error = errno;
    long tid = syscall(SYS_gettid);

    if (block != NULL)
        say("heap: %ld %s alloc %p %zu errno=%d\n", tid, function, block, size, error);
    else
        say("heap: %ld %s failed %zu errno=%d\n", tid, function, size, error);
    errno = error;
}

void say_free(const char *function, const void *block)
{
    int error = errno;

    say("heap: %ld %s free %p errno=%d\n", syscall(SYS_gettid), function, block, error);
    errno = error;
}
