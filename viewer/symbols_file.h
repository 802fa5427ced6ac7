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

struct symbols_file;

/* Opens path if it is a regular ELF file with this build-id (any, if build_id_bytes is 0).
 * *ret_file is NULL unless the result is SYMBOLS_GOOD or SYMBOLS_UNVERIFIED. */
enum symbols_state symbols_file_open(const char *path, const uint8_t *build_id,
                                     size_t build_id_bytes, struct symbols_file **ret_file);

void symbols_file_close(struct symbols_file *file); /* NULL is fine */

/* Frames at a file virtual address, innermost first; the array and its strings are the caller's. */
size_t symbols_file_lookup(struct symbols_file *file, uint64_t address,
                           struct symbols_frame **ret_frames);

#endif
