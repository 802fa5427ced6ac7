/* tests/minihost/offthread.c: what the mini-host does with calls on threads of a plug-in's own. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/offthread.h"

#include <stdlib.h>

#include "tests/minihost/host.h"
#include "tests/minihost/options.h"

static _Thread_local bool thread_is_host;

void offthread_is_host(void)
{
    thread_is_host = true;
}

bool offthread_refuses(const char *function)
{
    if (thread_is_host || options.off_thread == OFF_THREAD_WORKS)
        return false;
    say("  host: %s on a wrong thread", function);
    if (options.off_thread == OFF_THREAD_ABORTS)
        abort();
    return true;
}

void offthread_check(const char *function)
{
    if (options.off_thread == OFF_THREAD_ABORTS)
        offthread_refuses(function);
}
