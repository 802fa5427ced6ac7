/* tests/fuzz/seeds.c - inputs to begin with, one directory for each harness */
/* SPDX-License-Identifier: MIT */

/*
 *     seeds DIRECTORY
 *
 * Made anew with each version of the format, from the recordings that the unit tests use. What
 * fuzzing found beyond them is kept in tests/fuzz/corpus.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/image.h"
#include "tests/fuzz/seeds_archive.h"
#include "tests/fuzz/seeds_heavy.h"
#include "tests/fuzz/trace_pieces.h"
#include "tests/unit/heap_made.h"
#include "tests/unit/viewer_contract.h"

#define INPUT_BYTES (1u << 20)
#define EVENTS_BYTES 4096u
#define HEAP_EVENTS 200u
#define DRAIN_HOW 3 /* a round, then merged */

static const char *directory;
static struct pieces pieces;
static uint8_t input[INPUT_BYTES];

static void save(const char *harness, const char *name, const void *bytes, size_t length)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, harness);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/%s/%s", directory, harness, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        err(2, "%s", path);
}

/* ---- trace files, and the blocks that they are made of -------------------------------------- */

static void save_blocks(const char *name)
{
    char one[100];

    for (size_t i = 0; i < pieces.count; i++) {
        const struct piece *piece = &pieces.list[i];
        if (piece->length + 1 > EVENTS_BYTES)
            continue;
        input[0] = (uint8_t)(piece->head[0] - TRACE_PROCESS);
        memcpy(input + 1, pieces.room + piece->at, piece->length);
        snprintf(one, sizeof(one), "%s-%zu", name, i);
        save("block", one, input, piece->length + 1);
    }
}

/* Uncompressed: what is to be varied is to be seen. */
static void save_trace(const char *name, int fd)
{
    ssize_t bytes = pread(fd, input, sizeof(input), 0);

    if (bytes <= 0)
        err(2, "%s", name);
    pieces_clear(&pieces);
    trace_pieces_take(&pieces, input, (size_t)bytes);
    for (size_t i = 0; i < pieces.count; i++)
        pieces.list[i].head[4] = 0;
    save("trace", name, input, trace_pieces_put(&pieces, input, sizeof(input), 0));
    save_blocks(name);
}

/* ---- segments, and the events in their chunks ----------------------------------------------- */

static void save_ring(const char *name, const struct made *made)
{
    pieces_clear(&pieces);
    image_of(&pieces, made->base, &made->header->layout);
    save("ring", name, input, image_put(&pieces, input, sizeof(input), 0));
    if (pieces.count != 0)
        pieces.list[pieces.count - 1].head[1] = DRAIN_HOW;
    save("drain", name, input, image_put(&pieces, input, sizeof(input), 0));
}

static void save_events(const char *name, const struct made *made)
{
    uint64_t words[EVENT_MAX_WORDS];
    size_t length = 0;

    for (size_t i = 0; i < made->event_count && length < EVENTS_BYTES; i++) {
        size_t count = event_encode(&made->events[i].event, MADE_START, words);
        memcpy(input + length, words, count * sizeof(words[0]));
        length += count * sizeof(words[0]);
    }
    save("event", name, input, length);
}

static void save_made(const char *name, struct made *made)
{
    char unfinished[100];
    int fd = made_file();

    save_ring(name, made);
    save_events(name, made);
    made_save_trace(made, fd, true);
    save_trace(name, fd);
    snprintf(unfinished, sizeof(unfinished), "%s-unfinished", name);
    made_save_trace(made, fd, false);
    save_trace(unfinished, fd);
    close(fd);
    made_free(made);
}

/* A name of 9 bytes, then the file. */
static void save_suppressions(void)
{
    static const char text[] = "\11grow_zoneleak:grow\n# known\n\n leak:^grow_*$ max=10\n"
                               "leak:*zone* max-bytes=64K\nleak:^libnp*+0x1f$\n";
    static const char wrong[] = "\11grow_zoneleak:one max=ten\n";

    save("suppressions", "good", text, sizeof(text) - 1);
    save("suppressions", "wrong", wrong, sizeof(wrong) - 1);
}

static void save_heap(void)
{
    struct heap_made *made = heap_made_new(1, 20, 30);
    int fd = made_file();

    heap_made_save(made, HEAP_EVENTS, dup(fd));
    save_trace("heap-only", fd);
    heap_made_free(made);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: seeds DIRECTORY");
    directory = argv[1];
    mkdir(directory, 0777);
    save_made("empty", made_new(0));
    save_made("example", made_example());
    save_made("heap", made_heap_example());
    save_made("contract", contract_of(3));
    save_made("findings", contract_with_findings());
    save_heap();
    save_suppressions();
    seeds_archive_save(directory);
    seeds_heavy_save(directory);
    return 0;
}
