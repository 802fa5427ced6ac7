/* recorder/signals.h - signals while a command is being recorded */
/* SPDX-License-Identifier: MIT */

/*
 * The terminal sends SIGINT and SIGQUIT to the host and to the recorder alike: the host decides,
 * the recorder stays to write down what it does. SIGTERM and SIGHUP are for whoever gets them, so
 * the recorder passes them on. All are blocked and read from a descriptor; SIGPIPE and SIGXFSZ are
 * ignored, so that writes return errors. The command must not inherit any of this.
 */
#ifndef NPNTRACE_RECORDER_SIGNALS_H
#define NPNTRACE_RECORDER_SIGNALS_H

#include <signal.h>

#define SIGNALS_CHANGED 3

struct signals {
    int fd; /* non-blocking; struct signalfd_siginfo */
    sigset_t old_mask;
    struct sigaction old[SIGNALS_CHANGED];
};

int signals_take(struct signals *signals);

/* As it was before. Safe in the child between fork and exec. */
void signals_restore(const struct signals *signals);

void signals_close(struct signals *signals);

/* The next signal's number, 0: none is waiting. */
int signals_next(const struct signals *signals);

#endif
