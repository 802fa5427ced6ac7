/* tests/fuzz/archive.c - harness: an archive of a recording with the files of its names */
/* SPDX-License-Identifier: MIT */

/*
 * The input is the ZIP file itself, as `npntrace archive` writes it, varied entry by entry with
 * right sizes and checksums (tests/fuzz/archive_pieces.h). Names are looked up in the files in it,
 * of modules below /fuzz/ alone, so that nothing is taken from this machine.
 */
#include "tests/fuzz/archive_pieces.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reading.h"

#include <stdlib.h>

const struct pieces_form pieces_form = {archive_pieces_take, archive_pieces_put};
static int file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    unsetenv("DEBUGINFOD_URLS"); /* what is here has no business on a network */
    setenv("TMPDIR", "/dev/shm", 1);
    file = fuzz_file();
    fuzz_hush();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading_how how = {
        .force = true, .as_json = size % 2 == 1, .with_files = true, .also = (unsigned)(size / 2)};

    fuzz_fill(file, data, size);
    reading_do(fuzz_path(file), &how);
    return 0;
}
