/* tracer/object.h - what the loader knows of the ELF object at an address */
/* SPDX-License-Identifier: MIT */

/*
 * By _dl_find_object (glibc 2.35 and newer): lock-free, async-signal-safe, all namespaces, and safe
 * in a child forked while another thread held the loader's locks, which dl_iterate_phdr is not.
 */
#ifndef NPNTRACE_TRACER_OBJECT_H
#define NPNTRACE_TRACER_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/ring.h"

struct object {
    uint64_t start; /* mapped addresses */
    uint64_t end;
    uint64_t bias;
    uint64_t eh_frame_header; /* address of .eh_frame_hdr, 0: none */
    const char
        *name; /* the link map's: "" for the program; lives as long as the object is mapped */
    bool is_main;
    bool is_vdso;
};

struct build_id {
    uint8_t bytes[RING_BUILD_ID_BYTES];
    uint8_t count;
};

/* False: no object there (JIT code, or unloaded). */
bool object_at(uint64_t address, struct object *ret_object);

/* The object's build-id from its mapped notes; count 0 if it has none. */
void object_build_id(const struct object *object, struct build_id *ret_id);

/* The object's path, absolute if that can be told without asking the loader. Returns its length. */
unsigned object_path(const struct object *object, char *path, unsigned capacity);

#endif
