/* tests/fuzz/symbols.c - harness: an ELF file with its debug information */
/* SPDX-License-Identifier: MIT */

/*
 * The input is the file. It is taken without a build-id, and names are looked up at its entry point
 * and at steps through where a small library has its code, as for the stacks of a recording.
 */
#include "tests/fuzz/fuzz.h"
#include "viewer/symbols.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FROM 0x0u
#define TO 0x600u
#define STEP 0x8u

static int file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    unsetenv("DEBUGINFOD_URLS"); /* what is here has no business on a network */
    file = fuzz_file();
    fuzz_hush();
    return 0;
}

static size_t look_up(struct symbols_module *module, uint64_t address)
{
    const struct symbols_frame *frames;
    size_t count = symbols_lookup(module, address, &frames), characters = 0;

    for (size_t i = 0; i < count; i++) {
        characters += frames[i].function != NULL ? strlen(frames[i].function) : 0;
        characters += frames[i].file != NULL ? strlen(frames[i].file) : 0;
    }
    return characters;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbols *symbols = symbols_new();
    Elf64_Ehdr header = {0};

    fuzz_fill(file, data, size);
    memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
    struct symbols_module *module = symbols_module(symbols, fuzz_path(file), NULL, 0);
    fuzz_require(symbols_state_text(symbols_module_state(module)) != NULL, "a state has a text");
    look_up(module, header.e_entry);
    for (uint64_t address = FROM; address < TO; address += STEP)
        look_up(module, address);
    symbols_free(symbols);
    return 0;
}
