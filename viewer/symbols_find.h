/* viewer/symbols_find.h - the files that may be a module, one place after the other */
/* SPDX-License-Identifier: MIT */

/*
 * In this order: in the archive that the recording came in; below each sysroot; at the recorded
 * path; by build-id in the directories for debug files and from a debuginfod server, first as it
 * was mapped, then its debug information alone. Whoever asks compares build-ids and ends the search
 * at the first file that is right, so that no server is asked for what is here.
 *
 *   struct symbols_find find = {.search = search, .path = path, ...};
 *   while (symbols_find_next(&find)) ... find.state, find.fd, find.name
 *   symbols_find_end(&find);
 *
 * A path from a recording may name anything: only regular files are opened, and none is waited for.
 * Without a build-id a file of this machine is no candidate where a sysroot was named.
 *
 * Threads: one. Memory: name is valid until the next call.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_FIND_H
#define NPNTRACE_VIEWER_SYMBOLS_FIND_H

#include "viewer/bundle.h"
#include "viewer/symbols.h"
#include "viewer/symbols_places.h"

/* Where to look; both may be NULL, and belong to somebody else. */
struct symbols_search {
    const struct symbols_places *places;
    struct bundle *bundle;
};

struct symbols_find {
    const struct symbols_search *search;
    const char *path;
    const uint8_t *build_id;
    size_t build_id_bytes;
    size_t step;              /* places that were looked at */
    int fd;                   /* the caller's, if state is SYMBOLS_GOOD; else -1 */
    enum symbols_state state; /* GOOD: a file to look into; else why there is none */
    char *name;               /* where it was found */
    bool debug_only;          /* what is there has no code, only what is known of it */
};

/* Looks at the next place. False: there is none. */
bool symbols_find_next(struct symbols_find *find);
void symbols_find_end(struct symbols_find *find);

/* A file of debug information by build-id alone: an open file, or -1. */
int symbols_find_debug(const struct symbols_search *search, const uint8_t *build_id,
                       size_t build_id_bytes);

/* The name that an open file has, links followed; the caller frees it. NULL: unknown. */
char *symbols_find_name(int fd);

#endif
