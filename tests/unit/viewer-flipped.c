/* tests/unit/viewer-flipped.c - recordings with every byte changed and of every length: no harm */
/* SPDX-License-Identifier: MIT */

/*
 * Each damaged recording is opened with and without --force, and everything that a verb would print
 * is printed to /dev/null. Run with sanitizers this proves that nothing out of bounds is touched;
 * the test ends, so no loop is endless. What a checksum covers must be noticed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "tests/unit/viewer_contract.h"
#include "tests/unit/viewer_made.h"
#include "viewer/all_events.h"
#include "viewer/consistency.h"
#include "viewer/event_out.h"
#include "viewer/findings_text.h"
#include "viewer/info.h"
#include "viewer/json_out.h"
#include "viewer/leaks.h"
#include "viewer/report_text.h"

static int file;
static int out, kept_out;

static void hush(void)
{
    fflush(stdout);
    kept_out = dup(STDOUT_FILENO);
    dup2(out, STDOUT_FILENO);
}

static void speak(void)
{
    fflush(stdout);
    dup2(kept_out, STDOUT_FILENO);
    close(kept_out);
}

static void print_leaks(struct session *session)
{
    struct leaks leaks =
        leaks_find(session->model, session->stacks, &(struct leaks_wanted){.host = true});

    for (size_t i = 0; i < leaks.count; i++)
        json_out_print(
            json_out_stack(session->names, session->stacks, leaks.list[i].stacks->stack));
    leaks_free(&leaks);
}

static void print_findings(struct session *session)
{
    struct findings findings = findings_find(session->model, NULL);

    findings_find_heap_blocks(session->recording, &findings);
    findings_text_print(session, &findings);
    findings_free(&findings);
}

static void print_events(struct session *session)
{
    struct all_events *all = all_events_open(session->recording, true);
    struct recorded_event event;

    for (unsigned i = 0; all_events_next(all, &event); i++)
        if (i % 2 == 0)
            event_out_json(session, &event);
        else
            event_out_text(session, &event);
    all_events_close(all);
}

/* What all verbs together do. Returns the damages that were noticed. */
static uint64_t read_all(struct recording *recording)
{
    struct options options = {0};
    struct session session = {
        .options = &options, .recording = recording, .model = model_build(recording)};

    session.wanted = options_wanted_plugins(&options, recording);
    session.stacks = stacks_new(session.model);
    session.names = names_new(recording, true);
    session.terminal = (struct terminal){.width = 80, .cut = true, .colored = true};
    report_text_print(&session);
    info_print_text(&session);
    info_print_json(&session);
    print_leaks(&session);
    print_findings(&session);
    print_events(&session);
    recording_verify(recording);
    consistency_check(session.model, false);
    uint64_t damages = recording->problems.damages;
    session_end(&session);
    return damages;
}

/* True if something was found wrong, or the file was refused. */
static bool is_noticed(bool force)
{
    struct problem problem;
    struct recording *recording = recording_open(made_path(file), force, &problem);

    if (recording == NULL) {
        assert_true(strlen(problem.text) > 0);
        return true;
    }
    if (problems_first_damage(&recording->problems) != NULL && !force) {
        recording_close(recording);
        return true;
    }
    return read_all(recording) != 0;
}

static void write_byte(uint64_t offset, uint8_t byte)
{
    assert_int_equal(pwrite(file, &byte, 1, (off_t)offset), 1);
}

static uint8_t read_byte(uint64_t offset)
{
    uint8_t byte;

    assert_int_equal(pread(file, &byte, 1, (off_t)offset), 1);
    return byte;
}

static const uint8_t changes[] = {0x01, 0x80, 0xff};

/* Where a ring's content is: its header, and everything that is not zero. */
static bool is_interesting(uint64_t offset, uint8_t byte)
{
    return offset < sizeof(struct ring_header) || byte != 0;
}

static void flip_ring(struct made *made)
{
    uint64_t tried = 0, noticed = 0;

    made_save_ring(made, file);
    hush();
    for (uint64_t offset = 0; offset < made->bytes; offset++) {
        uint8_t byte = ((const uint8_t *)made->base)[offset];
        for (size_t i = 0; i < sizeof(changes) && is_interesting(offset, byte); i++) {
            write_byte(offset, byte ^ changes[i]);
            tried += 2;
            noticed += is_noticed(false);
            noticed += is_noticed(true);
        }
        if (is_interesting(offset, byte))
            write_byte(offset, byte);
    }
    bool still_good = !is_noticed(false);
    speak();
    assert_true(still_good);
    assert_true(tried > 6000);
    print_message("%lu of %lu changed rings were noticed\n", (unsigned long)noticed,
                  (unsigned long)tried);
    made_free(made);
}

static void ring_flipped(void **state)
{
    (void)state;
    flip_ring(made_heap_example());
}

/* Few strings: what matters are objects, findings and the events about them. */
static struct made *small_contract(void)
{
    struct made *made = contract_of(2);

    contract_add_findings(made);
    return made;
}

static void ring_flipped_contract(void **state)
{
    (void)state;
    flip_ring(small_contract());
}

/* The part that the header's checksum covers. */
static void ring_prefix_flipped(void **state)
{
    struct made *made = made_example();

    (void)state;
    made_save_ring(made, file);
    for (uint64_t offset = 0; offset < offsetof(struct ring_header, prefix_sum) + 4; offset++) {
        uint8_t byte = read_byte(offset);
        write_byte(offset, byte ^ 0x10);
        hush();
        bool noticed = is_noticed(false);
        speak();
        assert_true(noticed);
        write_byte(offset, byte);
    }
    made_free(made);
}

static void ring_cut(void **state)
{
    struct made *made = made_example();

    (void)state;
    made_save_ring(made, file);
    for (off_t bytes = (off_t)made->bytes - 1; bytes >= 0; bytes -= bytes > 8192 ? 4099 : 61) {
        assert_int_equal(ftruncate(file, bytes), 0);
        hush();
        bool noticed = is_noticed(false) && is_noticed(true);
        speak();
        assert_true(noticed);
    }
    made_free(made);
}

static void trace_flipped(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    made_save_trace(made, file, true);
    off_t bytes = lseek(file, 0, SEEK_END);
    assert_true(bytes > 500);
    for (off_t offset = 0; offset < bytes; offset++) {
        uint8_t byte = read_byte((uint64_t)offset);
        for (size_t i = 0; i < sizeof(changes); i++) {
            write_byte((uint64_t)offset, byte ^ changes[i]);
            hush();
            bool noticed = is_noticed(false), noticed_with_force = is_noticed(true);
            speak();
            assert_true(noticed);
            assert_true(noticed_with_force);
        }
        write_byte((uint64_t)offset, byte);
    }
    hush();
    bool still_good = !is_noticed(false);
    speak();
    assert_true(still_good);
    made_free(made);
}

/* ---- sound checksums over changed content: what a hostile file looks like -------------------- */

struct block_copy {
    struct trace_block block;
    uint8_t raw[1 << 16];
};

static size_t split(struct block_copy *blocks, size_t capacity)
{
    static uint8_t content[1 << 17];
    ssize_t bytes = pread(file, content, sizeof(content), 0);
    size_t count = 0;

    for (ssize_t at = TRACE_HEADER_BYTES; at < bytes; count++) {
        struct block_copy *copy = &blocks[count];
        assert_true(count < capacity);
        assert_int_equal(trace_block_decode(content + at, (uint32_t)count, &copy->block, NULL), 0);
        const uint8_t *stored = content + at + TRACE_BLOCK_HEADER_BYTES;
        assert_true(copy->block.raw_bytes <= sizeof(copy->raw));
        if (copy->block.codec == TRACE_CODEC_RAW)
            memcpy(copy->raw, stored, copy->block.raw_bytes);
        else
            assert_int_equal(
                ZSTD_decompress(copy->raw, sizeof(copy->raw), stored, copy->block.stored_bytes),
                copy->block.raw_bytes);
        at += TRACE_BLOCK_HEADER_BYTES + (ssize_t)copy->block.stored_bytes;
        copy->block.codec = TRACE_CODEC_RAW;
        copy->block.stored_bytes = copy->block.raw_bytes;
    }
    return count;
}

static void join(const struct block_copy *blocks, size_t count)
{
    uint8_t header[TRACE_BLOCK_HEADER_BYTES];
    off_t at = TRACE_HEADER_BYTES;

    for (size_t i = 0; i < count; i++) {
        trace_block_encode(&blocks[i].block, header);
        uLong sum = crc32(crc32(0, header, TRACE_BLOCK_SUMMED_BYTES), blocks[i].raw,
                          blocks[i].block.raw_bytes);
        trace_block_seal(header, (uint32_t)sum);
        assert_int_equal(pwrite(file, header, sizeof(header), at), sizeof(header));
        at += (off_t)sizeof(header);
        assert_int_equal(pwrite(file, blocks[i].raw, blocks[i].block.raw_bytes, at),
                         blocks[i].block.raw_bytes);
        at += (off_t)blocks[i].block.raw_bytes;
    }
    assert_int_equal(ftruncate(file, at), 0);
}

static void reseal(struct made *made)
{
    static struct block_copy blocks[16];
    unsigned long tried = 0, noticed = 0;

    made_save_trace(made, file, true);
    size_t count = split(blocks, 16);
    hush();
    for (size_t i = 0; i < count; i++)
        for (size_t offset = 0; offset < blocks[i].block.raw_bytes; offset++) {
            uint8_t byte = blocks[i].raw[offset];
            for (size_t change = 0; change < sizeof(changes); change++, tried++) {
                blocks[i].raw[offset] = byte ^ changes[change];
                join(blocks, count);
                noticed += is_noticed(true);
            }
            blocks[i].raw[offset] = byte;
        }
    join(blocks, count);
    bool still_good = !is_noticed(false);
    speak();
    assert_true(still_good);
    assert_true(noticed > 0);
    print_message("%lu of %lu changed and resealed traces were noticed\n", noticed, tried);
    made_free(made);
}

static void trace_resealed(void **state)
{
    (void)state;
    reseal(made_heap_example());
}

static void trace_resealed_contract(void **state)
{
    (void)state;
    reseal(small_contract());
}

/* Cut behind a block the file is unfinished, and good; cut anywhere else it is damaged. */
static void trace_cut(void **state)
{
    struct made *made = made_heap_example();
    unsigned good = 0;

    (void)state;
    made_save_trace(made, file, true);
    for (off_t bytes = lseek(file, 0, SEEK_END) - 1; bytes >= 0; bytes--) {
        assert_int_equal(ftruncate(file, bytes), 0);
        hush();
        good += !is_noticed(false);
        is_noticed(true);
        speak();
    }
    /* Behind PROCESS, STRINGS, MODULES, PLUGINS, INSTANCES, NODES, two of EVENTS, two of HEAP,
     * LIVE, STATE, SYMBOLS. */
    assert_int_equal(good, 13);
    made_free(made);
}

/* With --force what stands behind a damaged block is found again. */
static void trace_block_lost(void **state)
{
    struct made *made = made_example();
    struct problem problem;

    (void)state;
    made_save_trace(made, file, true);
    uint8_t magic[4];
    off_t at = 32, blocks = 0;
    while (pread(file, magic, 4, at) == 4 && memcmp(magic, TRACE_BLOCK_MAGIC, 4) == 0 &&
           blocks < 6) {
        uint8_t stored[4];
        assert_int_equal(pread(file, stored, 4, at + 16), 4);
        at += TRACE_BLOCK_HEADER_BYTES + (off_t)trace_load_u32(stored);
        blocks++;
    }
    write_byte((uint64_t)at, 'X'); /* the first EVENTS block's magic */
    struct recording *recording = recording_open(made_path(file), true, &problem);
    assert_non_null(recording);
    assert_true(recording->problems.damages > 0);
    assert_true(recording->has_counters);
    assert_int_equal(recording->run_count, 1);
    struct model *model = model_build(recording);
    assert_int_equal(model->sums->totals.allocs, 12);
    assert_int_equal(model->live_count, 4);
    model_free(model);
    recording_close(recording);
    made_free(made);
}

static void foreign_files(void **state)
{
    static const struct {
        const char *content;
        size_t bytes;
        const char *words;
    } files[] = {
        {"", 0, "empty"},
        {"npn", 3, "ends inside its header"},
        {"#!/bin/sh\nexit 0\n", 17, "not a recording"},
        {"npnring\nxxxxxxxx", 16, "ends inside the header"},
        {"npntracexxxxxxxx", 16, "ends inside its header"},
    };
    struct problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, files[i].content, files[i].bytes, 0), files[i].bytes);
        assert_null(recording_open(made_path(file), true, &problem));
        assert_non_null(strstr(problem.text, files[i].words));
    }
    assert_null(recording_open("/nonexistent/file.npt", false, &problem));
    assert_non_null(strstr(problem.text, "No such file"));
    assert_null(recording_open("/", false, &problem));
    assert_null(recording_open("/dev/zero", false, &problem));
    assert_non_null(strstr(problem.text, "not a regular file"));
}

static void newer_versions(void **state)
{
    struct made *made = made_example();
    struct problem problem;

    (void)state;
    made->header->version = RING_VERSION + 1;
    made_save_ring(made, file);
    assert_null(recording_open(made_path(file), false, &problem));
    assert_non_null(strstr(problem.text, "newer version"));
    made->header->version = RING_VERSION;
    made_save_trace(made, file, true);
    write_byte(8, TRACE_VERSION + 1);
    assert_null(recording_open(made_path(file), false, &problem));
    assert_non_null(strstr(problem.text, "newer version"));
    made_free(made);
}

static int set_up(void **state)
{
    (void)state;
    file = made_file();
    out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return out < 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(out);
    return close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_flipped),
        cmocka_unit_test(ring_flipped_contract),
        cmocka_unit_test(ring_prefix_flipped),
        cmocka_unit_test(ring_cut),
        cmocka_unit_test(trace_flipped),
        cmocka_unit_test(trace_cut),
        cmocka_unit_test(trace_block_lost),
        cmocka_unit_test(trace_resealed),
        cmocka_unit_test(trace_resealed_contract),
        cmocka_unit_test(foreign_files),
        cmocka_unit_test(newer_versions),
    };
    return cmocka_run_group_tests_name("viewer-flipped", tests, set_up, tear_down);
}
