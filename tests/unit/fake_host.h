/* tests/unit/fake_host.h - a traced process without a tracer, by the rules of format/ring.h */
/* SPDX-License-Identifier: MIT */

/*
 * For tests of the recorder. One thread per struct fake_writer. Everything that cannot happen in a
 * correct test ends the process with status 99.
 */
#ifndef NPNTRACE_TESTS_UNIT_FAKE_HOST_H
#define NPNTRACE_TESTS_UNIT_FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "format/event.h"
#include "format/finding.h"
#include "format/ring.h"

#define FAKE_EXE "/opt/fake/bin/fakehost"
#define FAKE_PLUGIN "/opt/fake/plugins/libnpfake.so"
#define FAKE_MIME "application/x-fake"
#define FAKE_PC UINT64_C(0x7f0000001000) /* inside the fake plug-in's module */

struct fake_writer {
    struct ring_header *ring;
    uint32_t slot;
    uint32_t tid;
    struct ring_chunk *chunk;
    uint64_t used_bytes;
    uint64_t events;
};

/* Asks the recorder whose socket has this name. 0 or the error that it answered, or -errno. */
int fake_host_connect(const char *name, struct ring_header **ret_ring);

/* Fills in the header but for its clock, a module, a plug-in (id 1) and an instance (serial 1), and
 * stores RING_READY. */
void fake_host_begin(struct ring_header *ring);

uint32_t fake_string(struct ring_header *ring, const char *text);
uint32_t fake_node(struct ring_header *ring, uint32_t parent, uint64_t pc, uint32_t flags);

/* A root and `depth` frames above it; returns the innermost. */
uint32_t fake_stack(struct ring_header *ring, unsigned depth);

void fake_writer_open(struct fake_writer *writer, struct ring_header *ring, uint32_t slot);

/* Commits the events as one. Waits for a free chunk while the recorder lives. False: dropped. */
bool fake_put(struct fake_writer *writer, const struct event *events, unsigned count);

/* Hands the current chunk over. */
void fake_hand_over(struct fake_writer *writer);

/* An allocation by plug-in 1, instance 1: event, side table and counters. */
void fake_alloc(struct fake_writer *writer, uint64_t address, uint32_t size, uint32_t node,
                uint64_t stamp);
void fake_free(struct fake_writer *writer, uint64_t address, uint64_t stamp);

/* What plug-in 1 holds of an object, for instance 1. */
struct ring_object *fake_object(struct ring_header *ring, uint64_t address, uint32_t refs,
                                uint32_t node, uint64_t stamp);

/* A finding against plug-in 1 about a block of its own, which is 1 older. */
struct ring_finding *fake_finding(struct ring_header *ring, enum finding_kind kind,
                                  uint64_t address, uint32_t node, uint32_t owner_node,
                                  uint64_t stamp);

/* True if the recorder's lock says that the recorder is gone. */
bool fake_recorder_gone(const struct ring_header *ring);

uint64_t fake_now(void);

/* A stamp of this moment by the segment's clock. */
uint64_t fake_stamp(const struct ring_header *ring);

#endif
