/* tracer/handover.c - the host's side of format/handover.h */
/* SPDX-License-Identifier: MIT */

#include "format/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracer/segment.h"

#define ANSWER_MS 5000 /* a recorder that is stopped must not stop the host */

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);

    if (length > sizeof(address.sun_path) - 1)
        return -ENAMETOOLONG;
    memcpy(address.sun_path + 1, name, length);
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (connect(descriptor, (struct sockaddr *)&address, bytes) != 0) {
        int error = -errno;
        close(descriptor);
        return error;
    }
    return descriptor;
}

/* One packet and the descriptor that came with it. */
static int receive(int socket, struct handover_ring *ret_answer, int *ret_memfd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = ret_answer, .iov_len = sizeof(*ret_answer)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    struct pollfd ready = {.fd = socket, .events = POLLIN};

    if (poll(&ready, 1, ANSWER_MS) != 1)
        return -ETIMEDOUT;
    ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (got >= 0 && header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(ret_memfd, CMSG_DATA(header), sizeof(*ret_memfd));
    if (got != (ssize_t)sizeof(*ret_answer) ||
        memcmp(ret_answer->magic, HANDOVER_RING_MAGIC, sizeof(ret_answer->magic)) != 0 ||
        ret_answer->version != HANDOVER_VERSION)
        return -EPROTO;
    if (ret_answer->error != 0)
        return ret_answer->error;
    return *ret_memfd < 0 ? -EPROTO : 0;
}

static int map_checked(int memfd, uint64_t bytes, struct ring_header **ret_ring)
{
    struct stat status;
    const char *what;
    uint64_t offset;

    if (fstat(memfd, &status) != 0 || (uint64_t)status.st_size < bytes || bytes < RING_MIN_BYTES)
        return -EPROTO;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (base == MAP_FAILED)
        return -errno;
    if (ring_check(base, bytes, &what, &offset) != 0) {
        munmap(base, bytes);
        return -EPROTO;
    }
    *ret_ring = base;
    return 0;
}

int handover_receive(const char *socket_name, struct ring_header **ret_ring)
{
    struct handover_hello hello = {
        .magic = {'n', 'p', 'n', 'h', 'e', 'l', 'l', 'o'},
        .version = HANDOVER_VERSION,
        .pid = (uint32_t)getpid(),
    };
    struct handover_ring answer;
    int memfd = -1;
    int socket = connect_to(socket_name);

    if (socket < 0)
        return socket;
    int error = 0;
    if (send(socket, &hello, sizeof(hello), MSG_NOSIGNAL) != (ssize_t)sizeof(hello))
        error = -errno;
    if (error == 0)
        error = receive(socket, &answer, &memfd);
    if (error == 0)
        error = map_checked(memfd, answer.total_bytes, ret_ring);
    if (memfd >= 0)
        close(memfd);
    close(socket);
    return error;
}
