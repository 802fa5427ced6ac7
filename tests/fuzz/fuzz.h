/* tests/fuzz/fuzz.h - what the harnesses share */
/* SPDX-License-Identifier: MIT */

/*
 * A harness is a program that libFuzzer calls with one input after another. What the input means
 * stands at the head of each harness. A crash, a finding of a sanitizer, a leak, a call of exit(),
 * an allocation beyond -malloc_limit_mb, memory beyond -rss_limit_mb and a run beyond -timeout end
 * it, and the input is kept in a file; tests/fuzz/fuzz.py states the bounds.
 *
 * Threads: one. What cannot go wrong in a correct harness ends it by abort().
 */
#ifndef NPNTRACE_TESTS_FUZZ_FUZZ_H
#define NPNTRACE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* ---- libFuzzer's own names ------------------------------------------------------------------ */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

/* ---- files without a name ------------------------------------------------------------------- */

/* An empty one in memory. */
int fuzz_file(void);

/* The path by which it can be opened; until the next call. */
const char *fuzz_path(int fd);

/* Makes it what the bytes are. */
void fuzz_fill(int fd, const void *bytes, size_t length);

/* What is printed to stdout is formatted, and goes nowhere. */
void fuzz_hush(void);

/* As on a machine with one processor, where nothing is read ahead in a thread; or as it is. */
void fuzz_processors(int just_one);

/* Ends the program unless it is true. */
void fuzz_require(int is_true, const char *what);

#endif
