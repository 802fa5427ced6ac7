/* tests/minihost/options.h: the switches of the mini-host, one for each quirk of a known host. */
/* SPDX-License-Identifier: MIT */

/*
 * Set once from the command line before anything runs, read by all files and threads after that.
 * `minihost --help` says what each does.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_OPTIONS_H
#define NPNTRACE_TESTS_MINIHOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum table_kind { TABLE_HEAP, TABLE_CONST, TABLE_STACK, TABLE_SHARED };
enum reinit_kind { REINIT_SAME, REINIT_REWRITTEN, REINIT_MOVED };
enum flush_kind { FLUSH_ZERO, FLUSH_ECHO, FLUSH_SOME };
enum mem_kind { MEM_LIBC, MEM_HEADER, MEM_ARENA };
enum save_kind { SAVE_GIVEN, SAVE_NULL, SAVE_IGNORED, SAVE_UNSET, SAVE_RETURNED };
enum objects_kind { OBJECTS_RELEASE, OBJECTS_INVALIDATE, OBJECTS_KEEP };
enum off_thread_kind { OFF_THREAD_WORKS, OFF_THREAD_REFUSES, OFF_THREAD_ABORTS };
enum false_results { FALSE_KEPT, FALSE_INVOKE = 1, FALSE_GET = 2 };

struct options {
    int table;         /* enum table_kind: where the browser's table lives */
    int reinit;        /* enum reinit_kind: what a second NP_Initialize is given */
    int flush;         /* enum flush_kind: what NPN_MemFlush returns */
    int mem;           /* enum mem_kind: where NPN_MemAlloc's blocks come from */
    int save;          /* enum save_kind: the argument of NPP_Destroy */
    int objects;       /* enum objects_kind: what becomes of objects after NPP_Destroy */
    int off_thread;    /* enum off_thread_kind: calls on a plug-in's own threads */
    int false_results; /* enum false_results bits: whose are released though false came back */
    uint16_t table_size_bytes;
    uint16_t table_version;
    uint16_t pfuncs_size_bytes;
    uint16_t pfuncs_version;
    bool pfuncs_fresh;      /* cleared before each NP_Initialize */
    const char *null_slots; /* comma-separated names */
    int dlopen_flags;
    uint16_t alloc_fail_every;
    bool alloc_zero_null;
    bool raise_in_memalloc;
    bool release_by_table; /* strings from plug-ins are freed by the host's own table */
    bool quiet;            /* no memory counts at the end */
};

extern struct options options;

/* Reads the command line; exits on a wrong one. Returns the index of the first action. */
int options_parse(int argc, char **argv);

#endif
