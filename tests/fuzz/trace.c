/* tests/fuzz/trace.c - harness: a trace file, by every verb that reads one */
/* SPDX-License-Identifier: MIT */

/*
 * The input is the file itself, so what fails here fails in the program, too:
 *
 *     npntrace check crash-...
 *
 * Inputs are varied block by block (tests/fuzz/pieces.h), with right sequences, sizes and checksums
 * and some blocks compressed. Each is read with --force: what is refused without it is refused
 * right where the first damage is found. Files of odd sizes are printed as JSON, and sizes choose
 * the other answer. Where the size can be divided by five the file is followed while it grows, by
 * seven it is read ahead in a thread.
 */
#include "tests/fuzz/following.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reading.h"
#include "tests/fuzz/trace_pieces.h"

#include <unistd.h>

const struct pieces_form pieces_form = {trace_pieces_take, trace_pieces_put};
static int file;
static const uint8_t *whole;
static size_t whole_bytes;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    file = fuzz_file();
    fuzz_hush();
    return 0;
}

static void grow(void)
{
    fuzz_require(pwrite(file, whole, whole_bytes, 0) == (ssize_t)whole_bytes, "pwrite");
}

static void follow(const uint8_t *data, size_t size)
{
    whole = data;
    whole_bytes = size;
    fuzz_fill(file, data, size * (size / 5 % 8) / 8);
    following_do(fuzz_path(file), grow, (unsigned)(size / 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading_how how = {
        .force = true, .as_json = size % 2 == 1, .also = (unsigned)(size / 2)};

    fuzz_processors(size % 7 != 0);
    if (size % 5 == 0) {
        follow(data, size);
        return 0;
    }
    fuzz_fill(file, data, size);
    reading_do(fuzz_path(file), &how);
    return 0;
}
