/* viewer/top_screen.h - a terminal that is drawn on, and that is left as it was */
/* SPDX-License-Identifier: MIT */

/*
 * However the program ends, the terminal shows what it showed before and works as it did: on
 * return, on exit(), on signals that ask it to end (top_screen_signal()), and on those that end it
 * at once, SIGKILL excepted. What others print on standard error meanwhile is kept and printed
 * afterwards.
 *
 * Threads: one. One screen at a time.
 */
#ifndef NPNTRACE_VIEWER_TOP_SCREEN_H
#define NPNTRACE_VIEWER_TOP_SCREEN_H

#include "viewer/top.h"

/* True if stdout is a terminal that can be drawn on, and keys can be read. */
bool top_screen_possible(void);

/* False after a message: the terminal is of an unknown kind. */
bool top_screen_begin(enum terminal_color color);
void top_screen_end(void);

void top_screen_size(size_t *ret_width, size_t *ret_height);
void top_screen_paint(const struct top_page *page);

/* The next key (curses.h), or -1 after so many milliseconds, when the size has changed, or when a
 * signal has come. */
int top_screen_key(int timeout_ms);

/* The signal that asked the program to end, 0: none. The terminal having gone is SIGHUP. */
int top_screen_signal(void);

/* Ends the program as that signal would have, after top_screen_end(). */
void top_screen_die(int number) __attribute__((noreturn));

#endif
