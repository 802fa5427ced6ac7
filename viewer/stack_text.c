/* viewer/stack_text.c - a call stack as lines of text */
/* SPDX-License-Identifier: MIT */

#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 44 /* functions longer than that push the file to the right */
#define NAME_LEAST 20   /* what is left of a name on a narrow terminal */

/* Frames without names say little: those of one module in a row share the line of the first. */
struct printing {
    const struct terminal *terminal;
    size_t indent;
    size_t lines_left; /* SIZE_MAX: any number */
    size_t left_out;   /* frames, when there were no more lines */
    bool holding;
    struct names_line held;
    size_t more; /* frames like the held one */
};

static char *place_of(const struct names_line *line)
{
    if (line->file == NULL)
        return xalloc_string("");
    char *file = text_printable(recording_base_name(line->file));
    char *place =
        line->line != 0 ? xalloc_format("%s:%" PRIu32, file, line->line) : xalloc_string(file);
    free(file);
    return place;
}

static char *name_of(const struct names_line *line)
{
    if (line->function != NULL)
        return text_printable(line->function);
    if (line->module == NULL)
        return xalloc_format("0x%" PRIx64, line->offset);
    char *module =
        text_printable(line->module[0] != '\0' ? recording_base_name(line->module) : "(unnamed)");
    char *name = xalloc_format("%s+0x%" PRIx64, module, line->offset);
    free(module);
    return name;
}

/* Where a frame is, if its name does not tell: the source line, else the module. */
static char *where_of(const struct names_line *line)
{
    char *place = place_of(line);

    if (place[0] != '\0' || line->function == NULL || line->module == NULL)
        return place;
    free(place);
    return text_printable(recording_base_name(line->module));
}

/* Cuts text in place; the ellipsis takes the place of at least as many bytes. */
static void cut_to(char *text, size_t width)
{
    size_t kept = 0, length = strlen(text);

    if (text_width(text) <= width)
        return;
    for (char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c & 0xc0) != 0x80 && ++kept == width) {
            if ((size_t)(c - text) + 3 <= length)
                strcpy(c, "\xe2\x80\xa6");
            else
                strcpy(c, "~");
            return;
        }
}

/* Leaves room for what stands behind the name; on a terminal long names give way. */
static char *fitted_name(const struct printing *printing, const struct names_line *line,
                         size_t tail)
{
    size_t taken = printing->indent + 2 + tail, width = printing->terminal->width;
    char *name = name_of(line);

    if (printing->terminal->cut)
        cut_to(name, width > taken + NAME_LEAST ? width - taken : NAME_LEAST);
    return name;
}

static char *note_of(const struct printing *printing, const struct names_line *line)
{
    if (printing->more != 0)
        return xalloc_format(" and %s there", text_plural(printing->more, "more frame").chars);
    return xalloc_string(line->inlined ? " (inlined)" : line->guessed ? " (guessed)" : "");
}

static void print_line(const struct printing *printing, const struct names_line *line)
{
    const struct terminal *terminal = printing->terminal;
    char *where = where_of(line), *note = note_of(printing, line);
    size_t tail = text_width(where) + strlen(note);
    char *name = fitted_name(printing, line, tail);
    size_t width = text_width(name);
    bool in_columns =
        width < NAME_COLUMNS && printing->indent + NAME_COLUMNS + 2 + tail <= terminal->width;

    printf("%*s", (int)printing->indent, "");
    terminal_print(terminal, line->function != NULL ? TERMINAL_NAME : TERMINAL_PLAIN, "%s", name);
    if (tail != 0) {
        printf("%*s", in_columns ? (int)(NAME_COLUMNS - width) + 2 : 2, "");
        terminal_print(terminal, TERMINAL_FAINT, "%s%s", where, where[0] == '\0' ? note + 1 : note);
    }
    putchar('\n');
    if (line->truncated && !line->inlined) {
        printf("%*s", (int)printing->indent, "");
        terminal_print(terminal, TERMINAL_FAINT,
                       "... callers are missing: the unwinder stopped here\n");
    }
    free(name);
    free(where);
    free(note);
}

static void take_line(struct printing *printing, const struct names_line *line)
{
    if (printing->lines_left == 0) {
        printing->left_out += 1 + printing->more;
        return;
    }
    if (printing->lines_left != SIZE_MAX)
        printing->lines_left--;
    print_line(printing, line);
}

static void release_held(struct printing *printing)
{
    if (printing->holding)
        take_line(printing, &printing->held);
    printing->holding = false;
    printing->more = 0;
}

static bool joins_held(const struct printing *printing, const struct names_line *line)
{
    return printing->holding && line->function == NULL && line->module == printing->held.module &&
           line->guessed == printing->held.guessed && !line->truncated;
}

static bool each_line(void *context, const struct names_line *line)
{
    struct printing *printing = context;

    if (joins_held(printing, line)) {
        printing->more++;
        return true;
    }
    release_held(printing);
    if (line->function != NULL || line->module == NULL || line->truncated) {
        take_line(printing, line);
        return true;
    }
    printing->holding = true;
    printing->held = *line;
    return true;
}

void stack_text_print(struct names *names, const struct stacks *stacks, uint32_t stack,
                      const struct terminal *terminal, size_t indent, size_t max_lines)
{
    struct printing printing = {.terminal = terminal,
                                .indent = indent,
                                .lines_left = max_lines == 0 ? SIZE_MAX : max_lines};

    if (stack == 0) {
        printf("%*s", (int)indent, "");
        terminal_print(terminal, TERMINAL_FAINT, "(the call stack is not known)\n");
        return;
    }
    names_stack(names, stacks, stack, each_line, &printing);
    release_held(&printing);
    if (printing.left_out == 0)
        return;
    printf("%*s", (int)indent, "");
    terminal_print(terminal, TERMINAL_FAINT, "... and %s; --json shows all\n",
                   text_plural(printing.left_out, "more frame").chars);
}

static bool take_first(void *context, const struct names_line *line)
{
    char **brief = context;
    char *name = name_of(line), *where = where_of(line);

    *brief = where[0] != '\0' ? xalloc_format("%s (%s)", name, where) : xalloc_string(name);
    free(name);
    free(where);
    return false;
}

char *stack_text_brief(struct names *names, const struct stacks *stacks, uint32_t stack)
{
    char *brief = NULL;

    names_stack(names, stacks, stack, take_first, &brief);
    return brief != NULL ? brief : xalloc_string("");
}
