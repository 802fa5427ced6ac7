/* tests/unit/heap_stream.h - heap events as programs make them, without a program */
/* SPDX-License-Identifier: MIT */

/*
 * A thread that runs through phases: in each it repeats a short list of call paths, now and then
 * another one, most asking for one size and some for any; it frees young blocks mostly, and some
 * old ones. Its allocator caches freed blocks by size, last in first out. One seed makes the same
 * events. For one thread each; what cannot happen ends the process with status 99.
 */
#ifndef NPNTRACE_TESTS_UNIT_HEAP_STREAM_H
#define NPNTRACE_TESTS_UNIT_HEAP_STREAM_H

#include <stdint.h>

#include "format/event.h"
#include "format/trace_heap.h"

struct heap_stream;

/* nodes: the stacks that occur, each as likely as the phases make it. */
struct heap_stream *heap_stream_new(uint64_t seed, const uint32_t *nodes, uint32_t node_count);
void heap_stream_free(struct heap_stream *stream);

/* The next event: type, function, address, size and node; the stamp is the caller's. */
struct event heap_stream_next(struct heap_stream *stream);

/* About how many nanoseconds after the one before. */
uint32_t heap_stream_pause(struct heap_stream *stream);

/* Events of several threads in turns, as a HEAP block holds them; so many of a thousand are such as
 * no sane program makes, but a file must hold. */
void heap_stream_mixed(uint64_t seed, unsigned threads, unsigned odd_of_1000,
                       struct trace_heap_event *events, size_t count);

#endif
