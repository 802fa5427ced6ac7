/* recorder/tables.h - from the segment's tables to those of the trace file */
/* SPDX-License-Identifier: MIT */

/*
 * Whatever is going to be named in the file is asked for here first and gets its name in the file;
 * tables_flush() then writes everything that was asked for and has not been written, in an order in
 * which each block names only what stands before it. Modules, plug-ins and instances are not asked
 * for: all that the process has listed are written, and again at the end with their last counters.
 *
 * Nodes are numbered anew, 1, 2, 3, ... in the order of writing, so that the file holds only stacks
 * that occur; strings keep the ring's numbers. Stamps become nanoseconds. Memory: a word per node
 * of the segment (touched as needed), and each written node and module once more for the symbols.
 *
 * Errors: running out of memory sticks and comes out of tables_flush(). For one thread.
 */
#ifndef NPNTRACE_RECORDER_TABLES_H
#define NPNTRACE_RECORDER_TABLES_H

#include "format/trace.h"
#include "recorder/segment.h"
#include "recorder/trace_writer.h"

#define TABLES_STRING_BYTES 16384u /* longer texts are cut; the tracer's own limit is 8 KiB */

/* Elements of one size, growing. */
struct tables_array {
    void *items;
    size_t count;
    size_t capacity;
};

struct tables_index { /* nodes by their contents, see recorder/tables_stacks.h */
    uint32_t *ids;
    uint32_t slots; /* 0: not made yet */
};

struct tables_own_string;
struct tables_own_pc;

struct tables {
    const struct segment *segment;
    struct trace_writer *out;
    int error;

    uint8_t *string_seen;           /* a bit per possible string of the ring */
    struct tables_array strings;    /* struct trace_string: not written yet; texts are malloc's */
    size_t string_bytes;            /* of their texts */
    struct tables_own_string *own;  /* uthash: strings made here, by text */
    uint32_t own_count;
    struct tables_own_pc *pcs;     /* uthash: of inline stacks, each once */

    uint32_t *node_map;             /* ring id -> id in the file, 0: not asked for yet */
    uint32_t node_map_count;
    struct tables_array nodes;      /* struct trace_node, all; node id stands at index id - 1 */
    size_t nodes_written;
    struct tables_index index;
    uint64_t epoch;                 /* the latest of the process's modules */
    uint32_t epoch_modules;         /* so many were looked at for it */
    struct tables_array chain;      /* uint32_t: ring ids on the way to the root */

    struct tables_array modules;    /* struct trace_module, all */
    size_t modules_written;
    uint32_t plugins_written;
    uint32_t instances_written;

    uint64_t damaged;               /* impossible names: nodes outside the tree, ... */
};

/* segment and out stay the caller's and must outlive tables. 0 or -errno. */
int tables_open(struct tables *tables, const struct segment *segment, struct trace_writer *out);
void tables_close(struct tables *tables);

/* The string of the ring will be in the file under the same number. */
void tables_want_string(struct tables *tables, uint32_t string);

/* A string of the recorder's own; the same number for the same text. 0 for NULL and "". */
uint32_t tables_own_string(struct tables *tables, const char *text);

/* The number in the file of a node of the ring. RING_NODE_NONE and _INLINE stay what they are. */
uint32_t tables_want_node(struct tables *tables, uint32_t ring_node);

/* The same for the stack of a heap event, quickly where it has one. */
static inline uint32_t tables_node(struct tables *tables, uint32_t ring_node)
{
    uint32_t known = ring_node < tables->node_map_count ? tables->node_map[ring_node] : 0;
    return known != 0 ? known : tables_want_node(tables, ring_node);
}

/* The number in the file of a stack that stood among the events, innermost frame first; its nodes
 * are made if need be. RING_NODE_NONE: no memory, or no frames. */
uint32_t tables_want_stack(struct tables *tables, const struct event_frame *frames,
                           uint32_t count);

/* A new node at the end; returns its number, 0 without memory. */
uint32_t tables_add_node(struct tables *tables, uint32_t parent, uint32_t flags, uint64_t pc);

/* A frame of a stack that stands among the events: its pc is to get a symbol, too. */
void tables_want_pc(struct tables *tables, uint64_t pc, uint64_t flags);

/* Calls each(context, pc to look up) for these until it returns other than 0; passes that on. */
int tables_each_pc(const struct tables *tables, int (*each)(void *context, uint64_t pc),
                   void *context);

/* Writes what was asked for, and new modules, plug-ins and instances. 0 or -errno. */
int tables_flush(struct tables *tables);

/* Writes all plug-ins and instances again, with their counters as they are now. 0 or -errno. */
int tables_write_final(struct tables *tables);

/* Copies counters out of the segment. */
struct trace_counters tables_counters(const struct ring_counters *from);

/* Room for one more element of item_bytes at the end: NULL when there is no memory. */
void *tables_array_add(struct tables_array *array, size_t item_bytes);

#endif
