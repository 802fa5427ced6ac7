/* recorder/handover.c - the recorder's side of format/handover.h: giving out segments */
/* SPDX-License-Identifier: MIT */

#include "recorder/handover.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

static int random_name(char name[48])
{
    uint64_t number[2];

    if (getrandom(number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return -EIO;
    snprintf(name, 48, "npntrace-%016llx%016llx", (unsigned long long)number[0],
             (unsigned long long)number[1]);
    return 0;
}

int handover_open(struct handover *handover)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int error = random_name(handover->name);

    handover->fd = -1;
    for (unsigned i = 0; i < HANDOVER_CLIENTS; i++)
        handover->clients[i].fd = -1;
    if (error != 0)
        return error;
    size_t length = strlen(handover->name);
    memcpy(address.sun_path + 1, handover->name, length);
    handover->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (handover->fd < 0)
        return -errno;
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (bind(handover->fd, (struct sockaddr *)&address, bytes) == 0 &&
        listen(handover->fd, HANDOVER_CLIENTS) == 0)
        return 0;
    error = -errno;
    handover_close(handover);
    return error;
}

static void drop(struct handover_client *client)
{
    close(client->fd);
    client->fd = -1;
}

void handover_close(struct handover *handover)
{
    for (unsigned i = 0; i < HANDOVER_CLIENTS; i++)
        if (handover->clients[i].fd >= 0)
            drop(&handover->clients[i]);
    if (handover->fd >= 0)
        close(handover->fd);
    handover->fd = -1;
}

static struct handover_client *client_with(const struct handover *handover, int fd)
{
    for (unsigned i = 0; i < HANDOVER_CLIENTS; i++)
        if (handover->clients[i].fd == fd)
            return (struct handover_client *)&handover->clients[i];
    return NULL;
}

/* The client that has been waiting for longest. */
static struct handover_client *oldest(struct handover *handover)
{
    struct handover_client *found = &handover->clients[0];

    for (unsigned i = 1; i < HANDOVER_CLIENTS; i++)
        if (handover->clients[i].since_ns < found->since_ns)
            found = &handover->clients[i];
    return found;
}

int handover_accept(struct handover *handover, uint64_t now_ns)
{
    int fd = accept4(handover->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
    struct handover_client *client = client_with(handover, -1);
    if (client == NULL) { /* the silent ones have to make room */
        client = oldest(handover);
        drop(client);
    }
    *client = (struct handover_client){.fd = fd, .since_ns = now_ns};
    return fd;
}

bool handover_is_client(const struct handover *handover, int fd)
{
    return fd >= 0 && client_with(handover, fd) != NULL;
}

/* Who is at the other end: a pidfd that surely means that process where the kernel gives one. */
static int find_peer(int fd, pid_t *ret_pid, int *ret_pidfd)
{
    struct ucred peer;
    socklen_t bytes = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return -errno;
    if (peer.uid != geteuid())
        return -EPERM;
    if (peer.pid <= 0)
        return -ESRCH; /* of a pid namespace that we do not see */
    int pidfd = -1;
    bytes = sizeof(pidfd);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &bytes) != 0)
        pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
    if (pidfd < 0)
        return -errno;
    *ret_pid = peer.pid;
    *ret_pidfd = pidfd;
    return 0;
}

static int read_hello(int fd)
{
    /* One byte more, so that a longer packet is noticed. */
    struct {
        struct handover_hello hello;
        char excess;
    } packet;
    ssize_t got = recv(fd, &packet, sizeof(packet), MSG_DONTWAIT);

    if (got < 0)
        return -errno;
    if (got != (ssize_t)sizeof(packet.hello) ||
        memcmp(packet.hello.magic, HANDOVER_HELLO_MAGIC, sizeof(packet.hello.magic)) != 0)
        return -EPROTO;
    return packet.hello.version == HANDOVER_VERSION ? 0 : -EPROTONOSUPPORT;
}

/* Who has hung up waits for no answer; what it is now may have asked again. */
static bool has_left(int fd)
{
    struct pollfd client = {.fd = fd, .events = POLLRDHUP};
    return poll(&client, 1, 0) == 1 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void send_error(int fd, int error)
{
    struct handover_ring answer = {.version = HANDOVER_VERSION, .error = error};

    memcpy(answer.magic, HANDOVER_RING_MAGIC, sizeof(answer.magic));
    /* If it cannot be delivered the client notices that the socket is closed. */
    if (send(fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
}

int handover_hear(struct handover *handover, int fd, pid_t *ret_pid, int *ret_pidfd)
{
    struct handover_client *client = client_with(handover, fd);
    int error = read_hello(fd);

    if (error == -EAGAIN || error == -EINTR)
        return -EAGAIN; /* nothing yet: it stays */
    if (error == 0 && has_left(fd))
        error = -EPIPE;
    if (error == 0)
        error = find_peer(fd, ret_pid, ret_pidfd);
    if (error == 0)
        return 0;
    if (error == -EPERM || error == -ESRCH || error == -EPROTONOSUPPORT)
        send_error(fd, error);
    drop(client);
    return error;
}

static int send_segment(int fd, const struct segment *segment)
{
    struct handover_ring answer = {
        .version = HANDOVER_VERSION,
        .total_bytes = segment->layout.total_bytes,
    };
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = &answer, .iov_len = sizeof(answer)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    memcpy(answer.magic, HANDOVER_RING_MAGIC, sizeof(answer.magic));
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &segment->memfd, sizeof(int));
    if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
        return errno ? -errno : -EPIPE;
    return 0;
}

int handover_answer(struct handover *handover, int fd, const struct segment *segment, int error)
{
    int result = 0;

    if (segment == NULL)
        send_error(fd, error);
    else
        result = send_segment(fd, segment);
    drop(client_with(handover, fd));
    return result;
}

bool handover_expire(struct handover *handover, uint64_t now_ns)
{
    bool left = false;

    for (unsigned i = 0; i < HANDOVER_CLIENTS; i++) {
        struct handover_client *client = &handover->clients[i];

        if (client->fd < 0)
            continue;
        if (now_ns - client->since_ns > HANDOVER_PATIENCE_NS)
            drop(client);
        else
            left = true;
    }
    return left;
}
