/* viewer/terminal.c - where the output goes: its width and its colours */
/* SPDX-License-Identifier: MIT */

#include "viewer/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_OTHERWISE 80
#define WIDTH_LEAST 40

static size_t columns_of(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_OTHERWISE;
    return size.ws_col;
}

static bool wants_color(enum terminal_color color, bool is_terminal)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (color != TERMINAL_AUTO)
        return color == TERMINAL_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return is_terminal && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct terminal terminal_of_stdout(enum terminal_color color)
{
    bool is_terminal = isatty(STDOUT_FILENO);
    size_t columns = is_terminal ? columns_of(STDOUT_FILENO) : WIDTH_OTHERWISE;

    return (struct terminal){
        .colored = wants_color(color, is_terminal),
        .width = columns < WIDTH_LEAST ? WIDTH_LEAST : columns,
        .columns = columns,
        .cut = is_terminal,
    };
}

const char *terminal_begin(const struct terminal *terminal, enum terminal_style style)
{
    static const char *const codes[] = {
        [TERMINAL_PLAIN] = "",         [TERMINAL_TITLE] = "\033[1m", [TERMINAL_GOOD] = "\033[1;32m",
        [TERMINAL_BAD] = "\033[1;31m", [TERMINAL_NAME] = "\033[36m", [TERMINAL_FAINT] = "\033[2m",
    };
    return terminal->colored ? codes[style] : "";
}

const char *terminal_end(const struct terminal *terminal, enum terminal_style style)
{
    return terminal->colored && style != TERMINAL_PLAIN ? "\033[0m" : "";
}

void terminal_print(const struct terminal *terminal, enum terminal_style style, const char *format,
                    ...)
{
    va_list arguments;

    fputs(terminal_begin(terminal, style), stdout);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fputs(terminal_end(terminal, style), stdout);
}
