/* tests/minihost/offthread.h: what the mini-host does with calls on threads of a plug-in's own. */
/* SPDX-License-Identifier: MIT */

/*
 * Browsers differ: in some such a call works, if nothing else happens meanwhile; some give an error
 * and do nothing, so that a release is lost; some end the process. --off-thread chooses. Threads of
 * the host say so once, when they begin.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_OFFTHREAD_H
#define NPNTRACE_TESTS_MINIHOST_OFFTHREAD_H

#include <stdbool.h>

void offthread_is_host(void);

/* True: the call is to fail. Ends the process where the options say so. */
bool offthread_refuses(const char *function);

/* Ends the process where the options say so, else nothing: of functions without an error value. */
void offthread_check(const char *function);

#endif
