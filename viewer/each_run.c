/* viewer/each_run.c - one run of a host, in a child process with a deadline */
/* SPDX-License-Identifier: MIT */

#include "viewer/each.h"
#include "viewer/message.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 100   /* how long a wish to stop may have to wait */
#define GRACE_MS 5000  /* from the request to end to the end */
#define RECORDING "run.npt"

/* ---- in the child ------------------------------------------------------------------------ */

/* The command's descriptors lead nowhere; what the recorder says is shown once. */
static void redirect(bool speaks)
{
    int said = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = STDIN_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(nowhere, fd);
    FILE *stream = speaks && said >= 0 ? fdopen(said, "w") : NULL;
    if (stream != NULL) {
        setvbuf(stream, NULL, _IONBF, 0);
        stderr = stream;
    }
}

__attribute__((noreturn)) static void run_child(const struct each *each, uint64_t call, int pipe)
{
    struct each_end end = {0};
    char *file = xalloc_format("%s/" RECORDING, each->folder);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* which the recorder passes on to the command */
    redirect(call == 0);
    end.error = record_whatif_apply_call(each->whatif, call)
                    ? each->record(each->context, file, &end.wait_status)
                    : -ENOMEM;
    _exit(write(pipe, &end, sizeof(end)) == (ssize_t)sizeof(end) ? 0 : 1);
}

/* ---- around it --------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Until the child has said how it went, or the time is up. */
static bool wait_for(int pipe, uint64_t milliseconds, const volatile bool *stopped)
{
    uint64_t begin = now_ms();
    struct pollfd poll_fd = {.fd = pipe, .events = POLLIN};

    while (poll(&poll_fd, 1, SLICE_MS) <= 0)
        if ((stopped != NULL && *stopped) ||
            (milliseconds != 0 && now_ms() - begin >= milliseconds))
            return false;
    return true;
}

/* The recorder ends its command and finishes its file; failing that, everybody is killed. */
static void end_early(pid_t child, int pipe)
{
    kill(child, SIGTERM);
    wait_for(pipe, GRACE_MS, NULL);
    kill(-child, SIGKILL);
}

/* What a run has left behind, in sessions of their own as well: orphans of it are our children (see
 * each_run_prepare). Where the kernel does not list them, those of its group alone are ended. */
static void end_orphans(void)
{
    unsigned found = 1;
    int pid;

    while (found > 0) {
        FILE *children = fopen("/proc/thread-self/children", "re");
        found = 0;
        while (children != NULL && fscanf(children, "%d", &pid) == 1)
            if (kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid)
                found++;
        if (children != NULL)
            fclose(children);
    }
}

void each_run_prepare(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1ul, 0ul, 0ul, 0ul);
}

struct each_end each_run(const struct each *each, uint64_t call, const volatile bool *stopped)
{
    struct each_end end = {.error = -EIO}, got;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return (struct each_end){.error = -errno};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_child(each, call, ends[1]);
    close(ends[1]);
    if (child > 0) {
        setpgid(child, child); /* whichever comes first */
        bool in_time = wait_for(ends[0], each->whatif->each_timeout_s * 1000, stopped);
        if (!in_time)
            end_early(child, ends[0]);
        if (read(ends[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
            end = got;
        end.timed_out = !in_time && !*stopped;
        waitpid(child, NULL, 0);
        kill(-child, SIGKILL);
        end_orphans();
    }
    close(ends[0]);
    return end;
}
