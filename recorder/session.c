/* recorder/session.c - the loop that serves a command and its processes */
/* SPDX-License-Identifier: MIT */

#include "recorder/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/exit_status.h"

#define FOREVER UINT64_MAX
#define CLIENT_NS UINT64_C(1000000000) /* how often silent clients are looked for */
#define EVENTS_AT_ONCE 32

static void say(const struct session *session, const char *line)
{
    if (session->options->say != NULL)
        session->options->say(session->options->say_context, line);
}

static int watch(struct session *session, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(session->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int session_open(struct session *session, const struct recorder_options *options,
                 struct recorder_report *report)
{
    *session = (struct session){
        .options = options,
        .report = report,
        .output = {.pattern = options->output, .force = options->force},
        .epoll = -1,
    };
    int error = signals_take(&session->signals);
    if (error != 0)
        return error;
    error = segment_locks_install(&session->locks);
    if (error != 0)
        goto undo_signals;
    error = handover_open(&session->handover);
    if (error != 0)
        goto undo_locks;
    session->epoll = epoll_create1(EPOLL_CLOEXEC);
    error = session->epoll < 0 ? -errno : 0;
    if (error == 0)
        error = watch(session, session->signals.fd);
    if (error == 0)
        error = watch(session, session->handover.fd);
    if (error == 0)
        return 0;
    if (session->epoll >= 0)
        close(session->epoll);
    handover_close(&session->handover);
undo_locks:
    segment_locks_remove(&session->locks);
undo_signals:
    signals_close(&session->signals);
    return error;
}

void session_close(struct session *session)
{
    close(session->epoll);
    handover_close(&session->handover);
    segment_locks_remove(&session->locks);
    signals_close(&session->signals);
}

/* ---- processes that ask ------------------------------------------------------------------ */

/* One pid, one capture: a process that asks again has executed another program. */
static void end_older(struct session *session, pid_t pid)
{
    for (struct capture *capture = session->captures; capture != NULL; capture = capture->next) {
        struct pollfd ended = {.fd = capture->pidfd, .events = POLLIN};

        if (capture->pid == pid && capture->state <= CAPTURE_RUNNING)
            capture_end(capture, poll(&ended, 1, 0) == 1 ? TRACE_END_PROCESS : TRACE_END_EXEC);
    }
}

static void refuse(struct session *session, int fd, int error)
{
    char *line;

    session->report->refused++;
    handover_answer(&session->handover, fd, NULL, error);
    if (asprintf(&line, "a process met a plug-in, but no memory could be shared with it: %s",
                 strerror(-error)) < 0)
        return;
    say(session, line);
    free(line);
}

static void grant(struct session *session, int fd, pid_t pid, int pidfd)
{
    int error;

    end_older(session, pid);
    struct capture *capture =
        capture_new(session->options, &session->output, &session->locks, pid, pidfd, &error);
    if (capture == NULL) {
        close(pidfd);
        refuse(session, fd, error);
        return;
    }
    error = watch(session, pidfd);
    if (error != 0) {
        capture_free(capture);
        refuse(session, fd, error);
        return;
    }
    capture->next = session->captures;
    session->captures = capture;
    /* If the client is gone by now, its pidfd says so next. */
    handover_answer(&session->handover, fd, &capture->segment, 0);
}

static void hear_client(struct session *session, int fd)
{
    pid_t pid;
    int pidfd;
    int error = handover_hear(&session->handover, fd, &pid, &pidfd);

    if (error == 0)
        grant(session, fd, pid, pidfd);
    else if (error == -EPERM || error == -ESRCH || error == -EPROTONOSUPPORT)
        session->report->refused++;
}

static void accept_clients(struct session *session)
{
    int fd;

    while ((fd = handover_accept(&session->handover, ticks_clock_ns())) >= 0)
        if (watch(session, fd) != 0)
            handover_answer(&session->handover, fd, NULL, -ENOMEM);
}

/* ---- processes that end ------------------------------------------------------------------ */

static void reap_child(struct session *session)
{
    int status;

    if (session->child_gone || waitpid(session->child, &status, WNOHANG) != session->child)
        return;
    session->child_gone = true;
    session->report->wait_status = status;
    for (struct capture *capture = session->captures; capture != NULL; capture = capture->next) {
        enum trace_exit kind;
        uint32_t value;

        if (capture->pid != session->child || capture->exit_known ||
            capture->result.end_reason == TRACE_END_EXEC)
            continue;
        exit_status_decode(status, &kind, &value);
        capture_set_exit(capture, kind, value);
    }
}

static void process_ended(struct session *session, int pidfd)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};

    /* The number may have been another descriptor's when the event was reported. */
    if (poll(&ended, 1, 0) != 1)
        return;
    /* A pidfd stays readable: it is not watched any more. */
    epoll_ctl(session->epoll, EPOLL_CTL_DEL, pidfd, NULL);
    reap_child(session);
    for (struct capture *capture = session->captures; capture != NULL; capture = capture->next)
        if (capture->pidfd == pidfd)
            capture_end(capture, TRACE_END_PROCESS);
}

static void stop(struct session *session)
{
    session->stopping = true;
    for (struct capture *capture = session->captures; capture != NULL; capture = capture->next)
        if (capture->state <= CAPTURE_RUNNING)
            capture_end(capture, TRACE_END_RECORDER);
}

/* A signal from the terminal reaches the command as well, which may be gone before this is read:
 * only one that came after the command's end is meant for the recorder. */
static void hear_signals(struct session *session)
{
    int number;

    while ((number = signals_next(&session->signals)) != 0) {
        reap_child(session);
        if (number == SIGCHLD)
            continue;
        if (session->child_was_gone)
            stop(session);
        else if (!session->child_gone && (number == SIGTERM || number == SIGHUP))
            kill(session->child, number);
    }
}

/* ---- the loop ---------------------------------------------------------------------------- */

/* As epoll_wait(2), but exact to less than a millisecond where the kernel can. */
static int wait_events(int epoll, struct epoll_event *events, uint64_t timeout_ns)
{
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000u),
        .tv_nsec = (long)(timeout_ns % 1000000000u),
    };

    if (timeout_ns == FOREVER)
        return epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
    int count = epoll_pwait2(epoll, events, EVENTS_AT_ONCE, &timeout, NULL);
    if (count < 0 && errno == ENOSYS)
        return epoll_wait(epoll, events, EVENTS_AT_ONCE, (int)((timeout_ns + 999999) / 1000000));
    return count;
}

static void wait_for_something(struct session *session, uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = wait_events(session->epoll, events, timeout_ns);

    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;

        if (fd == session->signals.fd)
            hear_signals(session);
        else if (fd == session->handover.fd)
            accept_clients(session);
        else if (handover_is_client(&session->handover, fd))
            hear_client(session, fd);
        else
            process_ended(session, fd);
    }
}

static void keep_result(struct session *session, struct capture *capture)
{
    struct recorder_report *report = session->report;
    struct recorder_result *results =
        reallocarray(report->results, report->result_count + 1, sizeof(*results));

    if (results == NULL) {
        say(session, "out of memory: a recording is complete, but will not be listed");
        recorder_result_free(&capture->result);
        return;
    }
    report->results = results;
    results[report->result_count++] = capture->result;
}

/* A step of every capture; those that are done leave the list. Returns how long the next step may
 * wait. */
static uint64_t step_captures(struct session *session)
{
    struct capture **link = &session->captures, *capture;
    uint64_t wait_ns = FOREVER;

    while ((capture = *link) != NULL) {
        uint64_t step_ns = capture_step(capture, ticks_clock_ns());
        if (capture->state != CAPTURE_DONE) {
            wait_ns = step_ns < wait_ns ? step_ns : wait_ns;
            link = &capture->next;
            continue;
        }
        *link = capture->next;
        if (capture->has_result)
            keep_result(session, capture);
        capture_free(capture);
    }
    bool clients = handover_expire(&session->handover, ticks_clock_ns());
    return clients && wait_ns > CLIENT_NS ? CLIENT_NS : wait_ns;
}

static void tell_waiting(struct session *session)
{
    char *line;
    unsigned count = 0;

    if (!session->child_gone || session->told_waiting || !session->options->interactive)
        return;
    for (struct capture *capture = session->captures; capture != NULL; capture = capture->next)
        count += capture->state <= CAPTURE_RUNNING;
    if (count == 0)
        return;
    session->told_waiting = true;
    if (asprintf(&line,
                 "the command has ended; still recording %u of its processes (first: %d); "
                 "Ctrl-C stops that",
                 count, (int)session->captures->pid) < 0)
        return;
    say(session, line);
    free(line);
}

void session_run(struct session *session, pid_t child)
{
    uint64_t wait_ns = 0;

    session->child = child;
    reap_child(session);
    while (!session->child_gone || session->captures != NULL) {
        session->child_was_gone = session->child_gone;
        wait_for_something(session, wait_ns);
        wait_ns = step_captures(session);
        tell_waiting(session);
    }
}
