/* viewer/export_names.h - the frames of stacks as exported files name them: by number */
/* SPDX-License-Identifier: MIT */

/*
 * Formats that other programs read name functions and frames once and refer to them by number. A
 * function is (name, source file, module); a frame is a line of it at an address. Functions inlined
 * at an address are frames of their own. What has no name is called module+0xoffset. All texts are
 * valid UTF-8 without control characters.
 *
 * Numbers begin at 1. Each frame of struct stacks is named once. Threads: one. Memory: by distinct
 * frames; until export_names_free().
 */
#ifndef NPNTRACE_VIEWER_EXPORT_NAMES_H
#define NPNTRACE_VIEWER_EXPORT_NAMES_H

#include "viewer/session.h"

struct export_function {
    const char *name;
    const char *file;   /* as the debug information has it; "" if unknown */
    const char *module; /* path; "" if in none */
};

struct export_frame {
    uint32_t function;
    uint32_t line; /* 0: unknown */
    uint64_t address; /* in the module's file; the pc without one */
    bool inlined;     /* into the function of the frame that follows it in a stack */
};

struct export_names;

struct export_names *export_names_new(struct session *session);
void export_names_free(struct export_names *names); /* NULL is fine */

/* The frames of a stack, innermost first; valid until the next call. 0: nothing is known. */
size_t export_names_stack(struct export_names *names, uint32_t stack, const uint32_t **ret_frames);

/* A frame of something that is no code. */
uint32_t export_names_plain(struct export_names *names, const char *name);

/* Valid until the next frame is made. */
const struct export_frame *export_names_frame(const struct export_names *names, uint32_t frame);
const struct export_function *export_names_function(const struct export_names *names,
                                                    uint32_t function);

/* The highest numbers so far. */
uint32_t export_names_frames(const struct export_names *names);
uint32_t export_names_functions(const struct export_names *names);

#endif
