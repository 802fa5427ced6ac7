/* tests/bench/recorder_speed.c - how many heap events a second the recorder takes */
/* SPDX-License-Identifier: MIT */

/*
 * Threads put made-up heap events (tests/unit/heap_stream.h) into a segment as fast as they can,
 * and wait when it is full; this thread records them into a file. What counts is the processor time
 * of this thread. Prints a line of text, or with --json an object. Usage:
 *
 *   recorder_speed [--json] [WRITERS [MILLIONS_OF_EVENTS [OUTPUT]]]
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "recorder/drain.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/heap_stream.h"

#define RING_BYTES (UINT64_C(256) << 20)
#define STACKS 4000u
#define DEPTH 20u
#define LOOP_EVENTS (1u << 20) /* each writer makes so many beforehand and repeats them */
#define WRITERS_MOST 64u
#define ROUND_NS 500000

struct writer {
    pthread_t thread;
    struct fake_writer fake;
    uint64_t *words; /* of LOOP_EVENTS events, without stamps */
    size_t word_count;
    uint64_t events;
};

static _Atomic unsigned running;

static void insist(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "recorder_speed: %s\n", what);
    exit(99);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t stamp_now(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return clock_ns(CLOCK_MONOTONIC);
#endif
}

static uint32_t clock_kind(void)
{
#if defined(__x86_64__)
    return RING_CLOCK_TSC;
#else
    return RING_CLOCK_MONOTONIC;
#endif
}

static void make_words(struct writer *writer, unsigned number, const uint32_t *nodes)
{
    struct heap_stream *stream = heap_stream_new(number + 1, nodes, STACKS);

    writer->words = malloc(LOOP_EVENTS * 4 * sizeof(*writer->words));
    insist(writer->words != NULL, "no memory");
    for (unsigned i = 0; i < LOOP_EVENTS; i++) {
        struct event event = heap_stream_next(stream);
        writer->word_count += event_encode(&event, 0, writer->words + writer->word_count);
    }
    heap_stream_free(stream);
}

/* As the tracer's fast path: words, then `committed`. */
static void *write_events(void *argument)
{
    struct writer *writer = argument;
    struct fake_writer *fake = &writer->fake;
    uint64_t room = fake->ring->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    size_t at = 0;

    for (uint64_t i = 0; i < writer->events; i++) {
        const uint64_t *words = writer->words + at;
        size_t count = (words[0] & 0xff) == EVENT_HEAP_FREE ? 2 : 3;
        uint64_t stamp = stamp_now();

        if (fake->chunk == NULL || fake->used_bytes + 8 * count > room) {
            struct event event;
            event_decode(words, count, stamp, &event);
            insist(fake_put(fake, &event, 1), "an event was dropped");
        } else {
            uint64_t *to =
                (uint64_t *)((char *)fake->chunk + RING_CHUNK_HEADER_BYTES + fake->used_bytes);
            to[0] = (stamp - fake->chunk->base_stamp) << 8 | words[0];
            to[1] = words[1];
            if (count == 3)
                to[2] = words[2];
            fake->used_bytes += 8 * count;
            fake->events++;
            atomic_store_explicit(&fake->chunk->committed, fake->events << 32 | fake->used_bytes,
                                  memory_order_release);
        }
        at += count;
        at = at == writer->word_count ? 0 : at;
    }
    fake_hand_over(fake);
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Until all writers are done and everything is in the file. Returns the processor time. */
static uint64_t record(struct drain *drain)
{
    struct timespec pause = {.tv_nsec = ROUND_NS};
    uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    while (atomic_load(&running) > 0) {
        drain_round(drain, false);
        insist(drain_merge(drain, drain_horizon(drain)) == 0, "cannot write the file");
        if (drain->round_bytes < DRAIN_COPIED_BYTES / 4)
            nanosleep(&pause, NULL);
    }
    drain_round(drain, true);
    insist(drain_flush(drain, UINT64_MAX) == 0, "cannot write the file");
    return clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static void print(bool json, unsigned writers, const struct drain *drain, uint64_t cpu_ns,
                  uint64_t wall_ns, uint64_t bytes)
{
    double events = (double)drain->heap_events, rate = events * 1e9 / (double)cpu_ns;

    if (json)
        printf("{\"writers\":%u,\"events\":%" PRIu64 ",\"events_per_second\":%.0f,"
               "\"cpu_ns_per_event\":%.2f,\"wall_ns\":%" PRIu64 ",\"bytes_per_event\":%.3f}\n",
               writers, drain->heap_events, rate, (double)cpu_ns / events, wall_ns,
               (double)bytes / events);
    else
        printf("%u writers, %" PRIu64 " events: %.1f million a second of processor time "
               "(%.1f ns each; %.1f million a second elapsed), %.2f bytes each in the file\n",
               writers, drain->heap_events, rate / 1e6, (double)cpu_ns / events,
               events * 1e3 / (double)wall_ns, (double)bytes / events);
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    char **arguments = argv + 1 + json;
    int count = argc - 1 - json;
    unsigned writers = count > 0 ? (unsigned)atoi(arguments[0]) : 1;
    uint64_t millions = count > 1 ? (uint64_t)atoi(arguments[1]) : 50;
    const char *output = count > 2 ? arguments[2] : "recorder_speed.npt";
    static struct writer writer[WRITERS_MOST];
    static uint32_t nodes[STACKS];
    struct segment_locks locks;
    struct segment segment;
    struct trace_writer out;
    struct tables tables;
    struct drain drain;

    insist(writers > 0 && writers <= WRITERS_MOST && millions > 0, "1 to 64 writers, events");
    insist(segment_locks_install(&locks) == 0, "no robust locks");
    insist(segment_create(&segment, &locks, RING_BYTES, RING_BLOCK) == 0, "no segment");
    int fd = open(output, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    insist(fd >= 0 && trace_writer_open(&out, fd) == 0, "cannot make the file");
    insist(tables_open(&tables, &segment, &out) == 0, "no memory");
    insist(drain_open(&drain, &segment, &tables, &out) == 0, "no memory");
    segment.header->clock = clock_kind();
    fake_host_begin(segment.header);
    ticks_begin(&segment.ticks, segment.header->clock);
    for (unsigned i = 0; i < STACKS; i++)
        nodes[i] = fake_stack(segment.header, DEPTH);
    for (unsigned i = 0; i < writers; i++) {
        writer[i].events = millions * 1000000 / writers;
        fake_writer_open(&writer[i].fake, segment.header, i);
        make_words(&writer[i], i, nodes);
    }
    uint64_t begin = clock_ns(CLOCK_MONOTONIC);
    atomic_store(&running, writers);
    for (unsigned i = 0; i < writers; i++)
        insist(pthread_create(&writer[i].thread, NULL, write_events, &writer[i]) == 0, "no thread");
    uint64_t cpu_ns = record(&drain);
    uint64_t wall_ns = clock_ns(CLOCK_MONOTONIC) - begin, expected = 0;
    for (unsigned i = 0; i < writers; i++) {
        pthread_join(writer[i].thread, NULL);
        free(writer[i].words);
        expected += writer[i].events;
    }
    insist(drain.heap_events == expected, "events are missing");
    print(json, writers, &drain, cpu_ns, wall_ns, out.good_bytes);
    drain_close(&drain);
    tables_close(&tables);
    segment_destroy(&segment);
    insist(trace_writer_close(&out) == 0, "cannot write the file");
    unlink(output);
    return 0;
}
