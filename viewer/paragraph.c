/* viewer/paragraph.c - text that goes on in the next line */
/* SPDX-License-Identifier: MIT */

#include "viewer/paragraph.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define LEAST_COLUMNS 12u

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t columns_of(const char *text, size_t bytes)
{
    size_t columns = 0;

    for (size_t i = 0; i < bytes; i++)
        columns += begins_character(text[i]);
    return columns;
}

/* A terminal may be narrower than tables are laid out for; a few columns are no room for text. */
static size_t room_for_text(const struct terminal *terminal, size_t indent)
{
    return terminal->columns >= indent + LEAST_COLUMNS ? terminal->columns : terminal->width;
}

void paragraph_print(const struct terminal *terminal, enum terminal_style style, size_t indent,
                     const char *text)
{
    size_t column = indent, room = room_for_text(terminal, indent);

    fputs(terminal_begin(terminal, style), stdout);
    while (*text != '\0') {
        size_t blanks = strspn(text, " "), bytes = strcspn(text + blanks, " ");
        size_t columns = columns_of(text + blanks, bytes);
        if (terminal->cut && column > indent && column + blanks + columns > room) {
            printf("\n%*s", (int)indent, "");
            column = indent;
            blanks = 0;
            text += strspn(text, " ");
        }
        fwrite(text, 1, blanks + bytes, stdout);
        column += blanks + columns;
        text += blanks + bytes;
    }
    fputs(terminal_end(terminal, style), stdout);
    putchar('\n');
}

void paragraph_format(const struct terminal *terminal, enum terminal_style style, size_t indent,
                      const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    paragraph_print(terminal, style, indent, text);
    free(text);
}

char *paragraph_cut(const char *text, size_t columns, bool keep_end)
{
    size_t width = text_width(text), skip = width > columns ? width - columns + 1 : 0, kept = 0;
    const char *at = text;

    if (skip == 0 || columns == 0)
        return xalloc_string(text);
    if (keep_end) {
        while (*at != '\0' && (!begins_character(*at) || skip-- > 0))
            at++;
        return xalloc_format(ELLIPSIS "%s", at);
    }
    while (*at != '\0' && (!begins_character(*at) || ++kept < columns))
        at++;
    return xalloc_format("%.*s" ELLIPSIS, (int)(at - text), text);
}
