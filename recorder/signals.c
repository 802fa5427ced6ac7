/* recorder/signals.c - signals while a command is being recorded */
/* SPDX-License-Identifier: MIT */

#include "recorder/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* SIGCHLD: an inherited SIG_IGN would make children vanish without a status. */
static const struct {
    int number;
    void (*handler)(int);
} changed[SIGNALS_CHANGED] = {
    {SIGPIPE, SIG_IGN},
    {SIGXFSZ, SIG_IGN},
    {SIGCHLD, SIG_DFL},
};

int signals_take(struct signals *signals)
{
    static const int watched[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
    sigset_t mask;

    sigemptyset(&mask);
    for (unsigned i = 0; i < sizeof(watched) / sizeof(*watched); i++)
        sigaddset(&mask, watched[i]);
    signals->fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0)
        return -errno;
    sigprocmask(SIG_BLOCK, &mask, &signals->old_mask);
    for (unsigned i = 0; i < SIGNALS_CHANGED; i++) {
        struct sigaction action = {.sa_handler = changed[i].handler};
        sigaction(changed[i].number, &action, &signals->old[i]);
    }
    return 0;
}

void signals_restore(const struct signals *signals)
{
    for (unsigned i = 0; i < SIGNALS_CHANGED; i++)
        sigaction(changed[i].number, &signals->old[i], NULL);
    sigprocmask(SIG_SETMASK, &signals->old_mask, NULL);
}

void signals_close(struct signals *signals)
{
    /* What came late was meant for the recording, which is over. */
    while (signals_next(signals) != 0)
        ;
    signals_restore(signals);
    close(signals->fd);
    signals->fd = -1;
}

int signals_next(const struct signals *signals)
{
    struct signalfd_siginfo information;
    ssize_t got = read(signals->fd, &information, sizeof(information));

    return got == (ssize_t)sizeof(information) ? (int)information.ssi_signo : 0;
}
