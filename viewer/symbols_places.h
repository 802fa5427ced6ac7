/* viewer/symbols_places.h - where modules and their debug information are looked for */
/* SPDX-License-Identifier: MIT */

/*
 * Beside the path that was recorded there are places that the command line names:
 *
 *   --sysroot=/srv/kiosk       the recorded /usr/lib/libfoo.so is /srv/kiosk/usr/lib/libfoo.so,
 *                              and debug files are in /srv/kiosk/usr/lib/debug as well
 *   --debug-path=./symbols     debug files are in ./symbols: by build-id in its .build-id, by
 *                              .gnu_debuglink in it and in the folders below that have the
 *                              module's own path
 *
 * Both may be given again. Threads: one. Memory: until symbols_places_free(); the directories are
 * absolute.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_PLACES_H
#define NPNTRACE_VIEWER_SYMBOLS_PLACES_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct symbols_directories {
    char **names;
    size_t count, capacity;
};

struct symbols_places {
    struct symbols_directories sysroots;
    struct symbols_directories debug_paths;
};

/* The two options; its input is a struct symbols_places. */
extern const struct argp symbols_places_argp;

void symbols_places_free(struct symbols_places *places);

/* True if somebody said where to look: by the options, or by DEBUGINFOD_URLS. places may be NULL.
 */
bool symbols_places_are_named(const struct symbols_places *places);

/* On a terminal: lets libdebuginfod say what it is downloading, unless the user decided. */
void symbols_places_show_downloads(void);

/* The search path of libdwfl for debug files, which the caller frees: beside the module and in
 * .debug there, unless the module is not to be had, and in the directories. places may be NULL. */
char *symbols_places_debug_path(const struct symbols_places *places, bool beside_module);

#endif
