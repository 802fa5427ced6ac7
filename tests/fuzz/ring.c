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
 *     16  followed, as a process that runs writes to it: this one
 *     32  and it becomes larger meanwhile
 *
 * and of any piece:
 *
 *     64  is drawn when the file was looked at once
 *
 * A process whose pid, start and boot match is taken for a running one: unless the file is
 * followed, pid is made 0.
 */
#include "format/ring.h"
#include "tests/fuzz/following.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/image.h"
#include "tests/fuzz/reading.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOW_AS_IS 1u
#define HOW_CUT 2u
#define HOW_GENTLY 4u
#define HOW_JSON 8u
#define HOW_FOLLOW 16u
#define HOW_LARGER 32u
#define HOW_LATER 64u

const struct pieces_form pieces_form = {image_take, image_put};
static struct ring_layout layout, larger_layout;
static struct ring_header alive; /* what names this process */
static struct pieces pieces;
static int file;

/* "PID (COMMAND) STATE ...": field 22 is when it was started. */
static void name_this_process(void)
{
    char text[2048] = "", boot[64] = "";
    FILE *stat = fopen("/proc/self/stat", "re");
    FILE *boot_id = fopen("/proc/sys/kernel/random/boot_id", "re");
    unsigned long long start = 0;

    fuzz_require(stat != NULL && fgets(text, sizeof(text), stat) != NULL, "/proc/self/stat");
    fuzz_require(boot_id != NULL && fgets(boot, sizeof(boot), boot_id) != NULL, "a boot id");
    fclose(stat);
    fclose(boot_id);
    const char *fields = strrchr(text, ')');
    fuzz_require(fields != NULL &&
                     sscanf(fields + 1,
                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                            "%*d %*d %llu",
                            &start) == 1,
                 "the start of this process");
    alive.pid = (uint32_t)getpid();
    alive.start_ticks = start;
    snprintf(alive.boot_id, sizeof(alive.boot_id), "%.36s", boot);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_require(ring_layout_compute(IMAGE_BYTES, &layout) == 0, "a layout");
    fuzz_require(ring_layout_compute(2 * IMAGE_BYTES, &larger_layout) == 0, "a larger layout");
    name_this_process();
    file = fuzz_file();
    fuzz_hush();
    return 0;
}

static void draw(uint8_t *base, const struct ring_layout *of, unsigned later)
{
    for (size_t i = 0; i < pieces.count; i++) {
        size_t bytes;
        uint64_t at = image_place(of, &pieces.list[i], &bytes);
        if ((pieces.list[i].head[1] & HOW_LATER) == later)
            memcpy(base + at, pieces.room + pieces.list[i].at, bytes);
    }
}

static void mend(struct ring_header *header, const struct ring_layout *of)
{
    memcpy(header->magic, RING_MAGIC, sizeof(header->magic));
    header->version = RING_VERSION;
    header->header_bytes = sizeof(*header);
    header->endian_mark = RING_ENDIAN_MARK;
    header->layout = *of;
    header->prefix_sum = ring_prefix_sum(header);
}

/* Holes, and the pieces of now or of later. */
static void write_file(const struct ring_layout *of, unsigned how, unsigned later)
{
    size_t bytes = of == &layout ? IMAGE_BYTES : 2 * IMAGE_BYTES;

    fuzz_require(ftruncate(file, (off_t)bytes) == 0, "ftruncate");
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    fuzz_require(base != MAP_FAILED, "mmap");
    draw(base, of, later);
    struct ring_header *header = base;
    bool follow = (how & HOW_FOLLOW) != 0;
    header->pid = follow ? alive.pid : 0;
    if (follow) {
        header->start_ticks = alive.start_ticks;
        memcpy(header->boot_id, alive.boot_id, sizeof(header->boot_id));
    }
    if ((how & HOW_AS_IS) == 0)
        mend(header, of);
    munmap(base, bytes);
}

static void grow(void)
{
    unsigned how = pieces.list[0].head[1];

    write_file((how & HOW_LARGER) != 0 ? &larger_layout : &layout, how, HOW_LATER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pieces_clear(&pieces);
    image_take(&pieces, data, size);
    if (pieces.count == 0)
        return 0;
    unsigned how = pieces.list[0].head[1];
    unsigned entry = (unsigned)(pieces.list[0].head[2] | pieces.list[0].head[3] << 8);
    unsigned also = entry + (unsigned)(size / 2);
    fuzz_require(ftruncate(file, 0) == 0, "ftruncate");
    write_file(&layout, how, 0);
    if ((how & HOW_FOLLOW) != 0) {
        following_do(fuzz_path(file), grow, also);
        return 0;
    }
    write_file(&layout, how, HOW_LATER);
    if ((how & HOW_CUT) != 0)
        fuzz_require(ftruncate(file, (off_t)(16 * (uint64_t)entry)) == 0, "ftruncate");
    reading_do(fuzz_path(file), &(struct reading_how){.force = (how & HOW_GENTLY) == 0,
                                                      .as_json = (how & HOW_JSON) != 0,
                                                      .also = also});
    return 0;
}
