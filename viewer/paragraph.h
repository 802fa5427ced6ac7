/* viewer/paragraph.h - text that goes on in the next line */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_PARAGRAPH_H
#define NPNTRACE_VIEWER_PARAGRAPH_H

#include "viewer/terminal.h"

/*
 * Prints text (UTF-8, printable) and a line feed, in a style. The cursor stands at column `indent`
 * already, and further lines begin there. On a terminal lines are broken between words; elsewhere
 * the text is one line. One thread.
 */
void paragraph_print(const struct terminal *terminal, enum terminal_style style, size_t indent,
                     const char *text);

/* The same for a text that is made here. */
void paragraph_format(const struct terminal *terminal, enum terminal_style style, size_t indent,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A copy of text cut to a number of columns, its end or (keep_end) its start replaced by an
 * ellipsis; the caller frees it. */
char *paragraph_cut(const char *text, size_t columns, bool keep_end);

#endif
