/* viewer/terminal.h - where the output goes: its width and its colours */
/* SPDX-License-Identifier: MIT */

/*
 * On a terminal text is coloured (unless NO_COLOR is set or TERM is dumb) and lines are cut to its
 * width; anywhere else nothing is cut and nothing coloured, unless asked for. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_TERMINAL_H
#define NPNTRACE_VIEWER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum terminal_color { TERMINAL_AUTO, TERMINAL_ALWAYS, TERMINAL_NEVER };

enum terminal_style {
    TERMINAL_PLAIN,
    TERMINAL_TITLE,
    TERMINAL_GOOD,
    TERMINAL_BAD,
    TERMINAL_NAME,
    TERMINAL_FAINT
};

struct terminal {
    bool colored;
    size_t width;   /* columns to lay tables out for */
    size_t columns; /* of the terminal itself, which may be fewer */
    bool cut;       /* lines longer than that are cut */
};

/* What stdout is. */
struct terminal terminal_of_stdout(enum terminal_color color);

/* Escape sequences for a style and for its end; "" without colours. */
const char *terminal_begin(const struct terminal *terminal, enum terminal_style style);
const char *terminal_end(const struct terminal *terminal, enum terminal_style style);

/* Prints text in a style. */
void terminal_print(const struct terminal *terminal, enum terminal_style style, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

#endif
