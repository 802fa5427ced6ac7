/* tests/fuzz/block.c - harness: the payload of one block of a trace file */
/* SPDX-License-Identifier: MIT */

/* The input is a byte for the type of the block, and the payload. Faster than whole files: neither
 * files nor sums, and nothing is made of what was decoded. */
#include "format/trace.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/trace_decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* for the assertions of trace_decode() */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_fault fault = {0};

    if (size == 0)
        return 0;
    uint8_t *payload = malloc(size - 1 + (size == 1)); /* no byte more */
    fuzz_require(payload != NULL, "malloc");
    memcpy(payload, data + 1, size - 1);
    enum trace_block_type type = TRACE_PROCESS + data[0] % (TRACE_BLOCK_TYPES - TRACE_PROCESS);
    int result = trace_decode(type, payload, size - 1, &fault);
    fuzz_require(result == 0 || fault.what != NULL, "a block that is refused says why");
    free(payload);
    return 0;
}
