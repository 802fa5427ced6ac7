/* viewer/symbols.h - from an address in an ELF file to functions, source files and lines */
/* SPDX-License-Identifier: MIT */

/*
 * A symbolizer turns (module, file virtual address) into frames: one for the function that contains
 * the address, and before it one for each function that the compiler inlined there, innermost
 * first.
 *
 *   address 0x11a4 in libnpfoo.so   ->   grow()      vector.h:31    inlined
 *                                        append()    text.cc:118    inlined
 *                                        NPP_Write   plugin.cc:204
 *
 * A module is opened once, when an address in it is first asked for; each distinct address is
 * resolved once. A file is used only if its build-id is the recorded one; where it is looked for is
 * told in viewer/symbols_find.h. Separate debug files are found by build-id, by .gnu_debuglink and,
 * where DEBUGINFOD_URLS is set, from a debuginfod server (libdwfl's standard search).
 *
 * Threads: one at a time. Memory: everything that is returned belongs to the symbolizer and lives
 * until symbols_free(). Errors: none; what cannot be named has no frames. Running out of memory
 * ends the program.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_H
#define NPNTRACE_VIEWER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bundle;
struct symbols;
struct symbols_module;
struct symbols_places;

/* One function at an address. */
struct symbols_frame {
    const char *function; /* demangled; NULL: unknown */
    const char *file;     /* source file as the debug information names it; NULL: unknown */
    uint32_t line;        /* 0: unknown */
    bool inlined;         /* the function was inlined into that of the next frame */
};

enum symbols_state {                     /* why a module has symbols or has none */
                     SYMBOLS_GOOD,       /* the file on disk has the recorded build-id */
                     SYMBOLS_UNVERIFIED, /* no build-id was recorded: the file on disk is taken as
                                            it is */
                     SYMBOLS_MISSING,    /* no such file here */
                     SYMBOLS_DIFFERENT,  /* the file on disk has another build-id: it is not used */
                     SYMBOLS_UNREADABLE, /* not an ELF file, or no permission */
                     SYMBOLS_OFF,        /* nothing was looked for (--no-symbols) */
};

struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols);

/* Where to look for modules that were not asked for yet; NULL: in the usual places alone. Both must
 * live as long as the symbolizer. */
void symbols_look_in(struct symbols *symbols, const struct symbols_places *places,
                     struct bundle *bundle);

/* The module with this path and build-id; the same pointer for the same pair. build_id_bytes may be
 * 0. */
struct symbols_module *symbols_module(struct symbols *symbols, const char *path,
                                      const uint8_t *build_id, size_t build_id_bytes);

/* Opens the module's file if that was not done yet, and says how that went. */
enum symbols_state symbols_module_state(struct symbols_module *module);

const char *symbols_state_text(enum symbols_state state);

/*
 * The frames at a file virtual address (pc - load bias). For a frame that was called from, that is
 * the return address - 1; for an interrupted one (RING_NODE_EXACT_PC) the pc itself. Returns how
 * many there are, 0 if nothing is known, and sets *ret_frames to them, innermost first.
 */
size_t symbols_lookup(struct symbols_module *module, uint64_t address,
                      const struct symbols_frame **ret_frames);

/* Calls each for every file that names of the module come from, with its build-id (0 bytes: it has
 * none): the file that was mapped, and files of debug information (debug). */
typedef void symbols_each_source(void *context, const char *name, const uint8_t *build_id,
                                 size_t build_id_bytes, bool debug);
enum symbols_state symbols_module_sources(struct symbols_module *module, symbols_each_source *each,
                                          void *context);

#endif
