/* viewer/export_ctf.h - Common Trace Format 1.8: which fields events have, and their description */
/* SPDX-License-Identifier: MIT */

/*
 * An event in a stream is its header and context (struct export_ctf_head), then its fields in the
 * order of enum export_ctf_field, all packed and little-endian. Which fields an event has goes by
 * its type. Threads: one. Errors: of the file are the caller's to find.
 */
#ifndef NPNTRACE_VIEWER_EXPORT_CTF_H
#define NPNTRACE_VIEWER_EXPORT_CTF_H

#include <stdio.h>

#include "viewer/export.h"

#define EXPORT_CTF_MAGIC UINT32_C(0xc1fc1fc1)
#define EXPORT_CTF_STACK EVENT_STACK /* the event that names a stack: a list of texts */

enum export_ctf_field {
    CTF_ADDRESS = 1,  /* uint64 */
    CTF_SIZE = 2,     /* uint64 */
    CTF_FUNCTION = 4, /* uint8, enum event_function */
    CTF_ORIGIN = 8,   /* uint8, enum npn_origin */
    CTF_WAY = 16,     /* uint8, enum npn_way */
    CTF_OBJECT = 32,  /* uint8, enum object_step */
    CTF_STEP = 64,    /* uint8, enum event_step */
    CTF_ERROR = 128,  /* uint64, an NPError */
    CTF_CALLSTACK = 256, /* uint32, id of a stack event that came before; 0: unknown */
};

struct export_ctf_head {
    uint8_t type; /* enum event_type */
    uint64_t stamp;
    uint32_t tid;
    uint16_t plugin; /* id */
    uint32_t instance;
} __attribute__((packed));

/* enum export_ctf_field bits of an event type; 0: it is not exported. */
unsigned export_ctf_fields(unsigned type);

/* The file "metadata". */
void export_ctf_metadata(struct export_job *job, FILE *out);

#endif
