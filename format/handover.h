/* format/handover.h - how a traced process gets its segment from the recorder */
/* SPDX-License-Identifier: MIT */

/*
 * The recorder listens on an abstract AF_UNIX SOCK_SEQPACKET socket whose name, without the leading
 * NUL, is in the environment variable NPNTRACE_RECORDER. A process that meets its first plug-in
 * connects, sends one hello, and receives one answer that carries the segment's memfd (SCM_RIGHTS),
 * already laid out by ring_format(). Both then close the socket; the memfd is closed once mapped.
 * The recorder learns of the process's death by a pidfd of the peer credentials' pid.
 */
#ifndef NPNTRACE_FORMAT_HANDOVER_H
#define NPNTRACE_FORMAT_HANDOVER_H

#include <stdint.h>

#define HANDOVER_ENVIRONMENT "NPNTRACE_RECORDER"
#define HANDOVER_VERSION 1u
#define HANDOVER_HELLO_MAGIC "npnhello" /* 8 bytes, no terminator */
#define HANDOVER_RING_MAGIC "npn-ring"

struct handover_hello {
    char magic[8];
    uint32_t version;
    uint32_t pid; /* as the process sees itself */
    uint32_t flags;
    uint32_t reserved;
};

struct handover_ring {
    char magic[8];
    uint32_t version;
    int32_t error; /* 0, or -errno and no descriptor */
    uint64_t total_bytes;
};

#endif
