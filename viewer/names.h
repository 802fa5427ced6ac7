/* viewer/names.h - names for the frames of a recording's stacks */
/* SPDX-License-Identifier: MIT */

/*
 * Names stored in a trace file are preferred, so that it reads the same on any machine; what is not
 * stored is looked up in the files here (viewer/symbols.h). Where somebody said where to look, that
 * is done for functions that are stored without a line as well, whose debug information was not to
 * be had when they were recorded. Threads: one. Memory: until
 * names_free().
 */
#ifndef NPNTRACE_VIEWER_NAMES_H
#define NPNTRACE_VIEWER_NAMES_H

#include "viewer/stacks.h"
#include "viewer/symbols.h"
#include "viewer/symbols_places.h"

struct names;

/* One line of a stack as people and machines see it: a frame has one, and one per function inlined
 * there. */
struct names_line {
    const char *function; /* NULL: unknown */
    const char *module;   /* path; NULL: in no module */
    const char *file;     /* NULL: unknown */
    uint64_t offset;      /* file virtual address in the module; the pc without one */
    uint32_t line;        /* 0: unknown */
    bool inlined;
    bool guessed;   /* found through frame pointers */
    bool truncated; /* the unwinder stopped here: callers are missing */
};

/* without_symbols: nothing is looked for, stored or not. */
struct names *names_new(const struct recording *recording, bool without_symbols);
void names_free(struct names *names); /* NULL is fine */

/* Where to look for modules beside the usual places; before any name is asked for. It must live as
 * long as the names. */
void names_look_in(struct names *names, const struct symbols_places *places);

/* Calls each for every line of a stack, innermost first, until it returns false. */
typedef bool names_each(void *context, const struct names_line *line);
void names_stack(struct names *names, const struct stacks *stacks, uint32_t stack, names_each *each,
                 void *context);

/* Of a module whose names were asked for and could not all be had from the recording: how its file
 * here was found. False: the module is not one of those. */
bool names_module_state(const struct names *names, uint32_t module, enum symbols_state *ret_state);

/* The files that a module's names come from (viewer/symbols.h), and how they were found. Not for
 * names without symbols. */
enum symbols_state names_module_sources(struct names *names, uint32_t module,
                                        symbols_each_source *each, void *context);

#endif
