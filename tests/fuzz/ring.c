/* tests/fuzz/ring.c - harness: the flight recorder's file, by every verb that reads one */
/* SPDX-License-Identifier: MIT */

/*
 * The input is an image (tests/fuzz/image.h) of a segment of the least size. `how` of its first
 * piece:
 *
 *     1   layout and checksum stay as the input has them; otherwise they are made right at the end
 *     2   the file is cut: entry * 16 bytes of it are left
 *     4   without --force
 *     8   as JSON
 *
 * A process whose pid, start and boot match would be taken for a running one: pid is made 0.
 */
#include "format/ring.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/image.h"
#include "tests/fuzz/reading.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOW_AS_IS 1u
#define HOW_CUT 2u
#define HOW_GENTLY 4u
#define HOW_JSON 8u

static const struct pieces_form form = {image_take, image_put};
static struct ring_layout layout;
static struct pieces pieces;
static int file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_require(ring_layout_compute(IMAGE_BYTES, &layout) == 0, "a layout");
    file = fuzz_file();
    fuzz_hush();
    return 0;
}

static void draw(uint8_t *base)
{
    for (size_t i = 0; i < pieces.count; i++) {
        size_t bytes;
        uint64_t at = image_place(&layout, &pieces.list[i], &bytes);
        memcpy(base + at, pieces.room + pieces.list[i].at, bytes);
    }
}

static void mend(struct ring_header *header)
{
    memcpy(header->magic, RING_MAGIC, sizeof(header->magic));
    header->version = RING_VERSION;
    header->header_bytes = sizeof(*header);
    header->endian_mark = RING_ENDIAN_MARK;
    header->layout = layout;
    header->prefix_sum = ring_prefix_sum(header);
}

/* From holes: a file of zeros. */
static void make_file(unsigned how, uint64_t cut)
{
    fuzz_require(ftruncate(file, 0) == 0 && ftruncate(file, IMAGE_BYTES) == 0, "ftruncate");
    void *base = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    fuzz_require(base != MAP_FAILED, "mmap");
    draw(base);
    if ((how & HOW_AS_IS) == 0)
        mend(base);
    ((struct ring_header *)base)->pid = 0;
    munmap(base, IMAGE_BYTES);
    if ((how & HOW_CUT) != 0)
        fuzz_require(ftruncate(file, (off_t)cut) == 0, "ftruncate");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pieces_clear(&pieces);
    image_take(&pieces, data, size);
    if (pieces.count == 0)
        return 0;
    unsigned how = pieces.list[0].head[1];
    uint64_t cut = 16 * (uint64_t)(pieces.list[0].head[2] | pieces.list[0].head[3] << 8);
    make_file(how, cut);
    reading_do(fuzz_path(file), (how & HOW_GENTLY) == 0, (how & HOW_JSON) != 0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return pieces_mutate(&form, data, size, room, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t room, unsigned seed)
{
    return pieces_cross(&form, data, size, other, other_size, out, room, seed);
}
