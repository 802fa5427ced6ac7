/* viewer/size_text.h - numbers of bytes as people give them */
/* SPDX-License-Identifier: MIT */

/* Threads: any. */
#ifndef NPNTRACE_VIEWER_SIZE_TEXT_H
#define NPNTRACE_VIEWER_SIZE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* "4096", "64K", "64KiB", "1.5M", "2G": multiples of 1024. False: it is none of those, or too
 * large; *ret_bytes is untouched then. */
bool size_text_read(const char *text, uint64_t *ret_bytes);

/* Digits alone. */
bool size_text_read_count(const char *text, uint64_t *ret_count);

#endif
