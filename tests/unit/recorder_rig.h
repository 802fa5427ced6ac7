/* tests/unit/recorder_rig.h - a segment, a process that writes into it, and a recorder */
/* SPDX-License-Identifier: MIT */

/* For tests of the recorder's parts: the process is the test itself. Failures fail the test. */
#ifndef NPNTRACE_TESTS_UNIT_RECORDER_RIG_H
#define NPNTRACE_TESTS_UNIT_RECORDER_RIG_H

#include "recorder/drain.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/trace_reader.h"

struct rig {
    char path[32];
    struct segment segment;
    struct trace_writer out;
    struct tables tables;
    struct drain drain;
};

/* Once for each program, before the first rig. 0 or -errno. */
int rig_begin(void);

/* A segment of the least size, with a plug-in and an instance. */
void rig_open(struct rig *rig, enum ring_policy policy);

/* The same, whose stamps are of this clock, of `bytes`. */
void rig_open_with(struct rig *rig, enum ring_policy policy, uint32_t clock, uint64_t bytes);

/* Ends the recording and reads what it has become. */
struct read_trace *rig_close(struct rig *rig);

#endif
