/* recorder/symbolize.h - names for the addresses of a recording, stored with it */
/* SPDX-License-Identifier: MIT */

/*
 * When a recording ends, every (module, address) that occurs in its stacks is looked up once,
 * through a function of the caller's (the recorder itself knows no debug information), and written
 * to the file, so that it is readable on another machine. Large hosts have tens of thousands of
 * addresses: the work is done in steps, between which the recorder serves its other processes.
 *
 * For one thread. Memory: 24 bytes per address.
 */
#ifndef NPNTRACE_RECORDER_SYMBOLIZE_H
#define NPNTRACE_RECORDER_SYMBOLIZE_H

#include "recorder/tables.h"

/* Texts are valid until the next call of the same symbolizer's lookup. */
struct symbolize_frame {
    const char *function; /* NULL: unknown */
    const char *file;     /* NULL: unknown */
    uint32_t line;        /* 0: unknown */
    uint32_t column;      /* 0: unknown */
    bool inlined;
};

struct symbolize_lookup {
    /* Looks up a file virtual address in module, whose file was at path; innermost frame first.
     * Writes at most capacity frames; returns how many, 0 if nothing is known. *ret_verified: the
     * file that was read has the module's build-id. */
    size_t (*frames)(void *context, const struct trace_module *module, const char *path,
                     uint64_t address, struct symbolize_frame *frames, size_t capacity,
                     bool *ret_verified);
    void *context;
};

struct symbolize_address {
    uint64_t scope;   /* index of the module */
    uint64_t address; /* file virtual address */
};

struct symbolize {
    const struct symbolize_lookup *lookup;
    struct tables *tables;
    struct tables_array addresses; /* struct symbolize_address, ascending, each once */
    size_t done;                   /* of them */
};

/* Collects the addresses of all nodes that tables has written. 0 or -errno. */
int symbolize_begin(struct symbolize *symbolize, const struct symbolize_lookup *lookup,
                    struct tables *tables);

/* Looks up some and writes a SYMBOLS block. 1: more to do; 0: done; -errno. */
int symbolize_step(struct symbolize *symbolize);

void symbolize_end(struct symbolize *symbolize);

#endif
