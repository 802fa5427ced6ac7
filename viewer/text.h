/* viewer/text.h - numbers and names as people read them */
/* SPDX-License-Identifier: MIT */

/*
 * Functions that return a struct text give it by value: use .chars within the same expression, as
 * in printf("%s\n", text_bytes(n).chars). Threads: any.
 */
#ifndef NPNTRACE_VIEWER_TEXT_H
#define NPNTRACE_VIEWER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char chars[48];
};

struct text text_count(uint64_t number);             /* 1,234,567 */
struct text text_bytes(uint64_t bytes);              /* 512 B, 1.5 KiB, 12.0 MiB */
struct text text_bytes_brief(uint64_t bytes);        /* 512, 1.5K, 12.0M: for narrow columns */
struct text text_duration(uint64_t ns);              /* 350 us, 2.31 s, 3 min 20 s, 5 h 12 min */
struct text text_rate(uint64_t number, uint64_t ns); /* 12.5/s; "-" if the time is unknown */
struct text text_plural(uint64_t number, const char *one); /* "1 block", "1,234 blocks" */
struct text text_hex(uint64_t number);                     /* 0x7f00 */

/* A copy in which every byte that is not valid UTF-8 is U+FFFD and, with printable, every control
 * character a question mark: names come from files and must not steer a terminal. The caller frees
 * it. */
char *text_utf8(const char *bytes, size_t length, bool printable);
char *text_printable(const char *text); /* the same for a whole string */

/* The same, quoted for a shell if it needs to be. */
char *text_quoted(const char *text);

/* Columns that a valid UTF-8 text takes, one per character. */
size_t text_width(const char *text);

/* Hexadecimal digits of a build-id; the caller frees them. */
char *text_build_id(const uint8_t *build_id, size_t bytes);

#endif
