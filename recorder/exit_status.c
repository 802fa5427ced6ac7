/* recorder/exit_status.c - how a process ended that is not our child */
/* SPDX-License-Identifier: MIT */

#include "recorder/exit_status.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

/* include/uapi/linux/pidfd.h of Linux 6.15, in its first published size; older ones lack it. */
struct pidfd_info_64 {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t pid, tgid, ppid;
    uint32_t ids[8];
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_64) == 64, "the ioctl's number holds the size");

#define INFO_EXIT (UINT64_C(1) << 3)
#define GET_INFO _IOWR(0xff, 11, struct pidfd_info_64)

void exit_status_decode(int wait_status, enum trace_exit *ret_kind, uint32_t *ret_value)
{
    if (WIFSIGNALED(wait_status)) {
        *ret_kind = TRACE_EXIT_SIGNAL;
        *ret_value = (uint32_t)WTERMSIG(wait_status);
    } else {
        *ret_kind = TRACE_EXIT_STATUS;
        *ret_value = (uint32_t)WEXITSTATUS(wait_status);
    }
}

int exit_status_of(int pidfd, enum trace_exit *ret_kind, uint32_t *ret_value)
{
    struct pidfd_info_64 info = {.mask = INFO_EXIT};

    if (ioctl(pidfd, GET_INFO, &info) != 0)
        return -ENOSYS;
    if ((info.mask & INFO_EXIT) == 0)
        return -EAGAIN; /* not waited for yet; kernels before 6.15 say this for ever */
    exit_status_decode(info.exit_code, ret_kind, ret_value);
    return 0;
}
