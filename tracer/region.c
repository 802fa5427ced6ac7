/* tracer/region.c - the mapped region that holds an address */
/* SPDX-License-Identifier: MIT */

#include "tracer/region.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads lines "START-END rwxp ..." from pieces of any size. */
struct scan {
    uint64_t number;
    struct region region;
    enum { IN_START, IN_END, IN_FLAGS, IN_REST } field;
};

/* Feeds one character; true when a line's range and flags are complete. */
static bool feed(struct scan *scan, char c)
{
    if (c == '\n') {
        *scan = (struct scan){.field = IN_START};
        return false;
    }
    switch (scan->field) {
    case IN_START:
    case IN_END:
        if (c == '-') {
            scan->region.start = scan->number;
            scan->number = 0;
            scan->field = IN_END;
        } else if (c == ' ') {
            scan->region.end = scan->number;
            scan->field = IN_FLAGS;
        } else {
            scan->number = scan->number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        return false;
    case IN_FLAGS:
        scan->region.writable |= c == 'w';
        scan->region.executable |= c == 'x';
        if (c == ' ')
            scan->field = IN_REST;
        return c == ' ';
    default: return false;
    }
}

bool region_find(uint64_t address, struct region *ret_region)
{
    struct scan scan = {.field = IN_START};
    char piece[1024];
    long got;
    bool found = false;
    long descriptor = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);

    if (descriptor < 0)
        return false;
    while (!found) {
        got = syscall(SYS_read, descriptor, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        for (long i = 0; i < got && !found; i++)
            if (feed(&scan, piece[i]) && address >= scan.region.start &&
                address < scan.region.end) {
                *ret_region = scan.region;
                found = true;
            }
    }
    syscall(SYS_close, descriptor);
    return found;
}
