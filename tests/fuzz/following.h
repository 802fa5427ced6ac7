/* tests/fuzz/following.h - what `top` and `serve` do with a recording that grows */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_FUZZ_FOLLOWING_H
#define NPNTRACE_TESTS_FUZZ_FOLLOWING_H

/* Opens the file and looks at it, lets `grow` write to it, and looks again, twice: pages of a
 * terminal, JSON and metrics. A file that is refused has to have a reason. Threads: one. Nothing is
 * kept. */
void following_do(const char *path, void (*grow)(void), unsigned choice);

#endif
