/* viewer/symbols_file.h - one ELF file with its debug information, through libdwfl */
/* SPDX-License-Identifier: MIT */

/*
 * Opens a file, checks its build-id, and finds functions, inlined functions and lines at an
 * address. Nothing is remembered from one look-up to the next except what libdw itself keeps;
 * viewer/symbols.c does that. Threads: one at a time. Memory: results belong to the caller.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_FILE_H
#define NPNTRACE_VIEWER_SYMBOLS_FILE_H

#include "viewer/symbols.h"
#include "viewer/symbols_find.h"

#include <elfutils/libdw.h>

struct symbols_file;

/* Opens the file that was at path and has this build-id (any, if build_id_bytes is 0), wherever it
 * is now. *ret_file is NULL unless the result is SYMBOLS_GOOD or SYMBOLS_UNVERIFIED. */
enum symbols_state symbols_file_open(const struct symbols_search *search, const char *path,
                                     const uint8_t *build_id, size_t build_id_bytes,
                                     struct symbols_file **ret_file);

void symbols_file_close(struct symbols_file *file); /* NULL is fine */

/* Frames at a file virtual address, innermost first; the array and its strings are the caller's. */
size_t symbols_file_lookup(struct symbols_file *file, uint64_t address,
                           struct symbols_frame **ret_frames);

/* What the names come from. Everything belongs to the file. */
struct symbols_file_parts {
    const char *main_name, *debug_name; /* paths; NULL: none */
    bool debug_only;                    /* main is a file of debug information alone */
    Dwarf *dwarf;                       /* NULL: none */
    const uint8_t *build_id;
    size_t build_id_bytes; /* 0: it has none */
};

/* Looks for debug information, if that was not done yet. */
struct symbols_file_parts symbols_file_parts(struct symbols_file *file);

#endif
