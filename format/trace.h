/* format/trace.h - the trace file, version 1: what stands in it and how to write and read it */
/* SPDX-License-Identifier: MIT */

/*
 * A trace file is a file header and a run of blocks; see doc/FORMAT.md for the bytes.
 *
 *   +--------+-----------------+---------+---------+-----------------+---------+-----+
 *   | header | PROCESS (header,| STRINGS | MODULES | EVENTS          | NODES   | ... |
 *   | 32     |  payload)       |         |         |                 |         |     |
 *   +--------+-----------------+---------+---------+-----------------+---------+-----+
 *
 * It is only ever appended to. It is valid after every complete block; one without an END block is
 * unfinished (its recorder was killed), and then its last block may be torn. Whatever an EVENTS
 * or HEAP block names (strings, nodes, plug-ins, instances) stands in a block before it. Modules
 * are there before the nodes whose pcs lie in them. Table blocks extend the table or replace
 * entries of the same id. All stamps are nanoseconds of CLOCK_MONOTONIC, whatever clock the
 * process used.
 *
 * This header knows the contents of blocks: encode functions turn an array of plain structures into
 * the raw bytes of one block, decode functions turn raw bytes into calls of a function, one per
 * entry. Compression (zstd) and checksums (zlib's crc32) are done by the writer
 * (recorder/trace_writer.c) and the reader (viewer), since this folder needs nothing but the C
 * library.
 *
 * Decoding trusts nothing: every count and length is bounded by the bytes there are, ids that must
 * refer backwards do. Errors: -EBADMSG with a struct trace_fault, or what the called function
 * returned. Texts and arrays handed to such a function are valid during the call only. Thread-safe:
 * no state.
 */
#ifndef NPNTRACE_FORMAT_TRACE_H
#define NPNTRACE_FORMAT_TRACE_H

#include "format/event.h"
#include "format/ring.h"
#include "format/trace_bytes.h"
#include "format/trace_contract.h"

/* ---- framing ----------------------------------------------------------------------------- */

#define TRACE_MAGIC "npntrace" /* 8 bytes, no terminator */
#define TRACE_VERSION 1u
#define TRACE_ENDIAN_MARK 0x01020304u /* little-endian: 04 03 02 01 in the file */
#define TRACE_HEADER_BYTES 32u
#define TRACE_HEADER_SUMMED_BYTES 28u /* crc32 of these stands in the last four */
#define TRACE_BLOCK_MAGIC "npnB"      /* 4 bytes, no terminator */
#define TRACE_BLOCK_HEADER_BYTES 32u
#define TRACE_BLOCK_SUMMED_BYTES 28u /* crc32 of these and then of the stored payload */
#define TRACE_BLOCK_MAX_BYTES (16u << 20) /* raw, and stored */

/* The header without its checksum, which the caller computes and trace_header_seal() stores. */
void trace_header_encode(uint8_t header[TRACE_HEADER_BYTES]);
void trace_header_seal(uint8_t header[TRACE_HEADER_BYTES], uint32_t crc);

/*
 * Is this the header of a file we can read? length: bytes at hand, may be fewer than a header; crc:
 * the caller's crc32 of the first TRACE_HEADER_SUMMED_BYTES (ignored when length is too short).
 * 0; -EBADMSG: not a trace, cut short, damaged; -EPROTONOSUPPORT: a newer version.
 */
int trace_header_check(const uint8_t *header, size_t length, uint32_t crc,
                       struct trace_fault *ret_fault);

enum trace_block_type {
    TRACE_PROCESS = 1, /* struct trace_process; the first block, once */
    TRACE_STRINGS,     /* struct trace_string */
    TRACE_MODULES,     /* struct trace_module */
    TRACE_PLUGINS,     /* struct trace_plugin */
    TRACE_INSTANCES,   /* struct trace_instance */
    TRACE_NODES,       /* struct trace_node */
    TRACE_EVENTS,      /* struct trace_event, struct trace_gap */
    TRACE_SYMBOLS,     /* struct trace_symbol */
    TRACE_LIVE,        /* struct trace_live */
    TRACE_STATE,       /* struct trace_state */
    TRACE_END,         /* struct trace_end; the last block, once */
    TRACE_HEAP,        /* struct trace_heap_event, see format/trace_heap.h */
    TRACE_OBJECTS,     /* struct trace_object */
    TRACE_FINDINGS,    /* struct trace_finding */
    TRACE_INDEX,       /* struct trace_summary, see format/trace_index.h */
    TRACE_BLOCK_TYPES  /* readers skip types that they do not know, and say so */
};

enum trace_codec {
    TRACE_CODEC_RAW,  /* stored as it is */
    TRACE_CODEC_ZSTD, /* one zstd frame */
    TRACE_CODECS
};

struct trace_block {
    uint32_t type;         /* enum trace_block_type */
    uint32_t sequence;     /* 0, 1, 2, ... */
    uint32_t codec;        /* enum trace_codec */
    uint32_t stored_bytes; /* payload in the file, after the block header */
    uint32_t raw_bytes;    /* payload after decompression */
    uint32_t crc;
};

/* Everything but the crc, which trace_block_seal() stores. */
void trace_block_encode(const struct trace_block *block, uint8_t header[TRACE_BLOCK_HEADER_BYTES]);
void trace_block_seal(uint8_t header[TRACE_BLOCK_HEADER_BYTES], uint32_t crc);

/* Reads a block header of TRACE_BLOCK_HEADER_BYTES. -EBADMSG: no block begins here, its sizes are
 * beyond TRACE_BLOCK_MAX_BYTES, it is not number `sequence`, or its codec is unknown. The crc is
 * for the caller to compare. */
int trace_block_decode(const uint8_t *header, uint32_t sequence, struct trace_block *ret_block,
                       struct trace_fault *ret_fault);

const char *trace_block_name(unsigned type); /* "EVENTS", ...; NULL if there is none */

/* ---- PROCESS, STATE, END ----------------------------------------------------------------- */

struct trace_process {
    uint32_t pid;       /* in its own pid namespace, as the process saw itself */
    uint32_t outer_pid; /* as the recorder saw it */
    uint32_t ppid;
    uint32_t policy;   /* enum ring_policy */
    uint32_t clock;    /* enum ring_clock: what stamped the events; stamps in the file are
                          nanoseconds of CLOCK_MONOTONIC all the same */
    uint32_t origin;   /* enum ring_origin bits, header.origin | header.host_origin */
    uint32_t unwinder; /* enum ring_unwinder */
    uint32_t heap;      /* enum ring_heap */
    uint32_t selfcheck; /* as in struct ring_header */
    uint64_t start_ticks;
    uint64_t start_stamp; /* as in struct ring_header, but nanoseconds */
    uint64_t start_realtime_ns;
    uint64_t process_start_stamp; /* 0: unknown */
    uint64_t ring_bytes;
    struct trace_text boot_id;
    struct trace_text exe;
    struct trace_text args;    /* NUL-separated, as in /proc/PID/cmdline */
    struct trace_text machine; /* "x86_64" */
    struct trace_text writer;  /* "npntrace 0.1.0" */
};

void trace_process_encode(const struct trace_process *process, struct trace_buffer *out);
/* Texts point into bytes. */
int trace_process_decode(const void *bytes, size_t length, struct trace_process *ret_process,
                         struct trace_fault *ret_fault);

/* struct ring_counters as plain numbers, same order, same meaning. */
struct trace_counters {
    uint64_t allocs;
    uint64_t failed_allocs;
    uint64_t frees;
    uint64_t unknown_frees;
    uint64_t flushes;
    uint64_t bytes_allocated;
    uint64_t live_blocks;
    uint64_t live_bytes;
    uint64_t peak_bytes;
    uint64_t freed_elsewhere;
    uint64_t received_blocks;
    uint64_t received_live_blocks;
    uint64_t handed_over;
};
#define TRACE_COUNTERS (sizeof(struct trace_counters) / sizeof(uint64_t))

/*
 * The counters of the segment. Written when the recording ends, after the final PLUGINS, INSTANCES
 * and LIVE blocks, which belong to it: those are final only if a STATE follows. A reader of a file
 * without STATE has to count events.
 */
struct trace_state {
    uint64_t stamp;       /* when it was read, 0: unknown */
    uint32_t ring_state;  /* enum ring_state */
    uint32_t stop_reason; /* enum ring_stop */
    uint64_t stop_stamp;
    uint64_t overwritten_events;
    uint64_t dropped_events;
    uint64_t missed_calls;
    uint64_t untracked_blocks;
    uint64_t unlisted_plugins;
    uint64_t unlisted_instances;
    uint64_t unlisted_modules;
    uint64_t lost_stacks;
    uint64_t truncated_stacks;
    uint64_t abandoned_operations;
    uint64_t selfchecks;
    uint64_t selfcheck_mismatches;
    uint64_t guessed_stacks;
    uint64_t heap_untracked;
    uint64_t unlisted_objects;
    uint64_t unlisted_findings;
    uint64_t injected_failures;
    uint32_t whatif;       /* enum ring_whatif bits */
    uint64_t operations;   /* tracing operations under way when the process died */
    uint64_t live_entries;    /* in all LIVE blocks */
    uint64_t object_entries;  /* in all OBJECTS blocks */
    uint64_t finding_entries; /* in the last FINDINGS block */
    uint64_t live_busy;       /* slots that were being filled or emptied when the process died */
    struct trace_counters totals;
};

void trace_state_encode(const struct trace_state *state, struct trace_buffer *out);
int trace_state_decode(const void *bytes, size_t length, struct trace_state *ret_state,
                       struct trace_fault *ret_fault);

enum trace_exit {
    TRACE_EXIT_UNKNOWN,  /* not the recorder's child: nobody told it */
    TRACE_EXIT_STATUS,   /* exit_value is what it passed to exit() */
    TRACE_EXIT_SIGNAL,   /* exit_value is the signal that ended it */
    TRACE_EXITS
};

enum trace_end_reason {
    TRACE_END_PROCESS,  /* the process ended */
    TRACE_END_EXEC,     /* the process executed another program */
    TRACE_END_RECORDER, /* the recorder was asked to stop; the process went on */
    TRACE_END_DAMAGED,  /* the process overwrote its own segment: reading on was impossible */
    TRACE_END_REASONS
};

struct trace_end {
    uint32_t reason;     /* enum trace_end_reason */
    uint32_t exit_kind;  /* enum trace_exit */
    uint32_t exit_value;
    uint64_t stamp;          /* when the recorder saw it, CLOCK_MONOTONIC */
    uint64_t events;         /* in EVENTS, EVENT_STACKs not counted, and in HEAP blocks */
    uint64_t lost_events;    /* dropped, overwritten or damaged; gaps tell where most were */
    uint64_t damaged_chunks; /* chunks whose contents were impossible from some word on */
};

void trace_end_encode(const struct trace_end *end, struct trace_buffer *out);
int trace_end_decode(const void *bytes, size_t length, struct trace_end *ret_end,
                     struct trace_fault *ret_fault);

/* ---- tables ------------------------------------------------------------------------------ */

/* Encoders of tables take an array and its count; decoders call `each` per entry and stop when it
 * returns other than 0, passing that on. */

/* Ids below TRACE_STRING_OWN are the ring's own (struct ring_string); the others were made by the
 * recorder. Id 0 is the empty string and never listed. */
#define TRACE_STRING_OWN (UINT32_C(1) << 28)

struct trace_string {
    uint32_t id;
    struct trace_text text;
};
typedef int trace_string_each(void *context, const struct trace_string *string);

void trace_strings_encode(const struct trace_string *strings, size_t count,
                          struct trace_buffer *out);
int trace_strings_decode(const void *bytes, size_t length, trace_string_each *each, void *context,
                         struct trace_fault *ret_fault);

/* As struct ring_module. Its name is its index: 0, 1, 2, ... in the order of the ring. */
struct trace_module {
    uint32_t index;
    uint32_t path; /* string */
    uint32_t first_epoch;
    uint32_t flags; /* enum ring_module_flag */
    uint64_t bias;
    uint64_t start;
    uint64_t end;
    uint32_t build_id_bytes; /* <= RING_BUILD_ID_BYTES */
    uint8_t build_id[RING_BUILD_ID_BYTES];
};
typedef int trace_module_each(void *context, const struct trace_module *module);

void trace_modules_encode(const struct trace_module *modules, size_t count,
                          struct trace_buffer *out);
int trace_modules_decode(const void *bytes, size_t length, trace_module_each *each, void *context,
                         struct trace_fault *ret_fault);

/* As struct ring_plugin. What changes with time is as of the moment of writing. */
struct trace_plugin {
    uint32_t id;    /* index in the ring + 1 */
    uint32_t path;  /* string */
    uint32_t flags; /* enum ring_plugin_flag */
    uint64_t device;
    uint64_t inode;
    uint64_t met_stamp;
    uint64_t end_stamp; /* 0: initialised */
    uint32_t initialize_calls;
    uint32_t shutdown_calls;
    uint32_t unloads;
    uint32_t build_id_bytes;
    uint8_t build_id[RING_BUILD_ID_BYTES];
    struct trace_counters npn;
};
typedef int trace_plugin_each(void *context, const struct trace_plugin *plugin);

void trace_plugins_encode(const struct trace_plugin *plugins, size_t count,
                          struct trace_buffer *out);
int trace_plugins_decode(const void *bytes, size_t length, trace_plugin_each *each, void *context,
                         struct trace_fault *ret_fault);

/* As struct ring_instance. */
struct trace_instance {
    uint32_t serial; /* index in the ring + 1 */
    uint32_t plugin; /* id */
    uint32_t mime;   /* string, 0: none */
    uint32_t page;   /* string, 0: none */
    uint32_t flags;  /* enum ring_instance_flag */
    uint64_t npp;
    uint64_t created_stamp;
    uint64_t destroyed_stamp; /* 0: not destroyed */
    struct trace_counters npn;
};
typedef int trace_instance_each(void *context, const struct trace_instance *instance);

void trace_instances_encode(const struct trace_instance *instances, size_t count,
                            struct trace_buffer *out);
int trace_instances_decode(const void *bytes, size_t length, trace_instance_each *each,
                           void *context, struct trace_fault *ret_fault);

/* As struct ring_node, but ids are the recorder's: 1, 2, 3, ... without holes, in file order. Node
 * 0 is "no stack" and not listed; parent < id; RING_NODE_INLINE keeps its meaning in events. */
struct trace_node {
    uint32_t id;
    uint32_t parent;
    uint32_t flags; /* enum ring_node_flag */
    uint64_t pc;
};
typedef int trace_node_each(void *context, const struct trace_node *node);

/* Ids must be consecutive within the array. */
void trace_nodes_encode(const struct trace_node *nodes, size_t count, struct trace_buffer *out);
int trace_nodes_decode(const void *bytes, size_t length, trace_node_each *each, void *context,
                       struct trace_fault *ret_fault);

/* A block in the side table when the recording ended. Ascending addresses. */
struct trace_live {
    uint64_t address;
    uint64_t stamp;
    uint32_t size_bytes;
    uint32_t node; /* of NODES */
    uint32_t instance;
    uint16_t plugin;
    uint16_t flags; /* enum event_flag of its allocation */
};
typedef int trace_live_each(void *context, const struct trace_live *live);

void trace_live_encode(const struct trace_live *live, size_t count, struct trace_buffer *out);
int trace_live_decode(const void *bytes, size_t length, trace_live_each *each, void *context,
                      struct trace_fault *ret_fault);

/* OBJECTS and FINDINGS: format/trace_contract.h. */

/* ---- symbols ----------------------------------------------------------------------------- */

#define TRACE_SYMBOL_MAX_FRAMES 256u

/* One source position of an address; inlined ones first, the function that holds the code last. */
struct trace_symbol_frame {
    uint32_t function; /* string, demangled; 0: unknown */
    uint32_t file;     /* string; 0: unknown */
    uint32_t line;     /* 0: unknown */
    uint32_t column;   /* 0: unknown */
    uint32_t inlined;  /* 1: this frame's function was inlined into that of the next */
};

/* What stood at an address of a module. address is the ELF file's virtual address that was looked
 * up: pc - bias, less 1 unless the node is RING_NODE_EXACT_PC. No frames: nothing was found. */
struct trace_symbol {
    uint32_t module; /* index */
    /* Of the file that the symbols were read from: the module's, or none if nobody could tell. */
    uint32_t build_id_bytes;
    uint8_t build_id[RING_BUILD_ID_BYTES];
    uint64_t address;
    uint32_t frame_count; /* <= TRACE_SYMBOL_MAX_FRAMES */
    const struct trace_symbol_frame *frames;
};
typedef int trace_symbol_each(void *context, const struct trace_symbol *symbol);

/* Cheapest when entries of a module stand together with ascending addresses. */
void trace_symbols_encode(const struct trace_symbol *symbols, size_t count,
                          struct trace_buffer *out);
int trace_symbols_decode(const void *bytes, size_t length, trace_symbol_each *each, void *context,
                         struct trace_fault *ret_fault);

/* ---- events ------------------------------------------------------------------------------ */

/* A place where events are missing. */
enum trace_gap_kind {
    TRACE_GAP_DROPPED,     /* no chunk was free */
    TRACE_GAP_OVERWRITTEN, /* a chunk was recycled before it was read */
    TRACE_GAP_DAMAGED,     /* a chunk could not be decoded; events: what its header claimed */
    TRACE_GAP_KINDS
};

struct trace_gap {
    uint32_t kind; /* enum trace_gap_kind */
    uint32_t tid;  /* of the thread whose events they were, 0: unknown */
    uint64_t after_stamp;  /* last known event of that thread before the gap, 0: none */
    uint64_t before_stamp; /* first after it, 0: none */
    uint64_t events;       /* how many, 0: unknown */
};

struct trace_event {
    uint32_t tid; /* of the thread, in the process's pid namespace */
    struct event event; /* nodes are those of NODES; strings those of STRINGS */
};

/*
 * The columns of an EVENTS block. An event has a value in those columns that its type has (see
 * trace_event_columns()), so columns are of different lengths. TYPE is bytes; FLAGS, SIZE, PLUGIN,
 * OWNER_PLUGIN, OWNER_FLAGS, FRAME_COUNT and FRAME_FLAGS are varints; the others are differences to
 * the column's value before (0 at the start of a block), OWNER_STAMP is one to the event's own
 * stamp.
 */
enum trace_column {
    TRACE_COLUMN_TYPE,
    TRACE_COLUMN_FLAGS,
    TRACE_COLUMN_STAMP,
    TRACE_COLUMN_THREAD,
    TRACE_COLUMN_ADDRESS,
    TRACE_COLUMN_SIZE,
    TRACE_COLUMN_NODE,
    TRACE_COLUMN_PLUGIN,
    TRACE_COLUMN_INSTANCE,
    TRACE_COLUMN_OWNER_PLUGIN,
    TRACE_COLUMN_OWNER_FLAGS,
    TRACE_COLUMN_OWNER_INSTANCE,
    TRACE_COLUMN_OWNER_NODE,
    TRACE_COLUMN_OWNER_STAMP,
    TRACE_COLUMN_FRAME_COUNT,
    TRACE_COLUMN_FRAME_PC,
    TRACE_COLUMN_FRAME_FLAGS,
    TRACE_COLUMNS /* readers skip columns that they do not know */
};

/* Bits 1 << enum trace_column of an event type; 0: no such type. */
uint32_t trace_event_columns(unsigned type);

#define TRACE_EVENTS_MAX 65536u          /* events in a block */
#define TRACE_EVENTS_FULL_BYTES (8u << 20) /* a writer ends its block beyond this */

struct trace_events_writer {
    struct trace_buffer column[TRACE_COLUMNS];
    uint64_t last[TRACE_COLUMNS];
    struct trace_buffer gaps;
    uint32_t count;
    uint32_t gap_count;
};

/* All-zero is an empty writer. */
void trace_events_free(struct trace_events_writer *writer);
void trace_events_reset(struct trace_events_writer *writer);
void trace_events_add(struct trace_events_writer *writer, const struct trace_event *event);
void trace_events_add_gap(struct trace_events_writer *writer, const struct trace_gap *gap);
int trace_events_is_full(const struct trace_events_writer *writer);
void trace_events_encode(const struct trace_events_writer *writer, struct trace_buffer *out);

/* Pulls events out of a block one by one: memory does not depend on their count. */
struct trace_events_reader {
    struct trace_cursor column[TRACE_COLUMNS];
    uint64_t last[TRACE_COLUMNS];
    struct trace_cursor gaps;
    size_t base[TRACE_COLUMNS]; /* where the column begins in the block, for faults */
    size_t gaps_base;
    uint64_t left;      /* events not read yet */
    uint64_t gaps_left; /* gaps not read yet */
    struct event_frame frames[EVENT_MAX_FRAMES];
};

/* The reader borrows bytes until the last _next(). */
int trace_events_open(struct trace_events_reader *reader, const void *bytes, size_t length,
                      struct trace_fault *ret_fault);
/* 1: *ret_event is set, its frames valid until the next call; 0: no more; -EBADMSG. */
int trace_events_next(struct trace_events_reader *reader, struct trace_event *ret_event,
                      struct trace_fault *ret_fault);
int trace_events_next_gap(struct trace_events_reader *reader, struct trace_gap *ret_gap,
                          struct trace_fault *ret_fault);

#endif
