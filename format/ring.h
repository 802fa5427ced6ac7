/* format/ring.h - the shared-memory segment in which a traced process records itself */
/* SPDX-License-Identifier: MIT */

/*
 * One traced process owns one segment. It is a file in the flight recorder's directory or a memfd
 * that the recorder made; either way it is itself a recording, readable while the process runs and
 * after it was killed at any instruction. Nothing has to be written at exit.
 *
 *   0                                                                       layout.total_bytes
 *   +--------+---------+---------+---------+-----------+---------+----------+-------+--------+
 *   | header | strings | modules | plugins | instances | threads | nodes    | live, | chunks |
 *   |  4 KiB |         |         |         |           |         | (stacks) | reach |        |
 *   +--------+---------+---------+---------+-----------+---------+----------+-------+--------+
 *
 * Writers: threads of the traced process, each into a chunk of its own (events) and lock-free or
 * under the tracer's locks into the tables. The recorder writes only `recorder_lock`, `pool_word`,
 * `pool_head`, and `state` and `next_free` of chunks it has consumed. A viewer writes nothing and
 * may map the segment read-only.
 *
 * Publication. An entry of a table is valid when its index is below the table's used[] word
 * (modules, plug-ins, instances, threads) or when a committed record or a live slot names it
 * (strings, nodes): everything that is named was stored before the release store that names it.
 * Readers load with acquire.
 *
 * All integers are in the byte order of the traced machine; endian_mark tells. Sizes are bytes
 * unless the name says otherwise. Numbers read from a segment are not trusted: see ring_check().
 */
#ifndef NPNTRACE_FORMAT_RING_H
#define NPNTRACE_FORMAT_RING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC "npnring\n" /* 8 bytes, no terminator */
#define RING_VERSION 1u
#define RING_ENDIAN_MARK 0x01020304u
#define RING_MIN_BYTES (1u << 20)
#define RING_MAX_BYTES (UINT64_C(1) << 36)
#define RING_FLIGHT_BYTES (UINT64_C(64) << 20) /* default size of a flight recorder */

/* The tables, in the order in which they lie in the segment. */
enum ring_area {
    RING_STRINGS,   /* bytes; see ring_string() */
    RING_MODULES,   /* struct ring_module */
    RING_PLUGINS,   /* struct ring_plugin; id = index + 1, id 0 is "no plug-in" */
    RING_INSTANCES, /* struct ring_instance; serial = index + 1, serial 0 is "no instance" */
    RING_THREADS,   /* struct ring_thread */
    RING_NODES,     /* struct ring_node; id = index, id 0 is "no stack" */
    RING_LIVE,      /* struct ring_live: the side table of live NPN blocks, a power of two */
    RING_REACH,     /* _Atomic uint8_t per live slot: how far its home's entries lie from it */
    RING_OBJECTS,   /* struct ring_object: a hash table, a power of two */
    RING_FINDINGS,  /* struct ring_finding */
    RING_CHUNKS,    /* chunks of layout.chunk_bytes each, beginning with struct ring_chunk */
    RING_AREAS
};

struct ring_extent {
    uint64_t offset;      /* from the segment's start */
    uint32_t count;       /* entries (bytes for RING_STRINGS) */
    uint32_t entry_bytes; /* size of one entry */
};

struct ring_layout {
    uint64_t total_bytes;
    uint32_t chunk_bytes;
    uint32_t reserved;
    struct ring_extent area[RING_AREAS];
};

enum ring_policy {                /* what a writer does when no chunk is free */
                   RING_BLOCK,    /* wait for the recorder; turns to RING_DROP when the recorder is
                                     gone */
                   RING_DROP,     /* count and forget the event */
                   RING_OVERWRITE /* recycle the oldest full chunk */
};

enum ring_clock {
    RING_CLOCK_MONOTONIC = 1, /* stamps are CLOCK_MONOTONIC nanoseconds */
    RING_CLOCK_TSC = 2        /* ticks of the processors' common time-stamp counter; clock_pairs
                                 tell how they relate to nanoseconds */
};

/* Both clocks read at one moment. */
struct ring_clock_pair {
    uint64_t stamp;
    uint64_t ns; /* CLOCK_MONOTONIC */
};

enum ring_heap {      /* which calls of malloc and its family are recorded */
                 RING_HEAP_OFF,
                 RING_HEAP_PLUGINS, /* those of plug-ins, and the frees of their blocks by others */
                 RING_HEAP_ALL,     /* the whole process's */
};

enum ring_whatif {
    RING_WHATIF_FAIL = 1,  /* chosen NPN_MemAlloc calls return NULL */
    RING_WHATIF_LIMIT = 2, /* a plug-in has a memory budget */
    RING_WHATIF_CHECK = 4, /* red zones behind NPN blocks, and a quarantine */
};

enum ring_unwinder {
    RING_UNWINDER_NONE,     /* stacks have one frame: the caller */
    RING_UNWINDER_LIBUNWIND, /* libunwind steps over a table found by the tracer */
    RING_UNWINDER_RULES      /* the tracer's own rules, verified reuse, libunwind for the rest */
};

enum ring_state {
    RING_EMPTY,   /* laid out, no process yet */
    RING_READY,   /* a process records into it */
    RING_STOPPED, /* tracing could not go on: stop_reason says why */
};

enum ring_stop {
    RING_STOP_NONE,
    RING_STOP_RECORDER_GONE, /* events are dropped since; tables stay exact */
};

enum ring_origin {                          /* bits of header.origin */
                   RING_ORIGIN_FLIGHT = 1,  /* a file made by the process itself */
                   RING_ORIGIN_RECORD = 2,  /* a memfd made by the recorder */
                   RING_ORIGIN_FORKED = 4,  /* the process was forked from a traced one: blocks it
                                               inherited are unknown here */
                   RING_ORIGIN_PRIVATE = 8, /* nobody can read it: no file could be made */
};

/* What one plug-in, one instance or everybody together did with NPN_Mem*. Each word is exact by
 * itself. */
struct ring_counters {
    _Atomic uint64_t allocs;          /* successful NPN_MemAlloc calls */
    _Atomic uint64_t failed_allocs;   /* NPN_MemAlloc calls that returned NULL */
    _Atomic uint64_t frees;           /* NPN_MemFree calls with a non-NULL pointer, known or not */
    _Atomic uint64_t unknown_frees;   /* those whose pointer was not in the side table */
    _Atomic uint64_t flushes;         /* NPN_MemFlush calls */
    _Atomic uint64_t bytes_allocated; /* as requested */
    _Atomic uint64_t live_blocks;     /* of what this one allocated, whoever freed it */
    _Atomic uint64_t live_bytes;
    _Atomic uint64_t peak_bytes; /* highest live_bytes */
    _Atomic uint64_t
        freed_elsewhere; /* blocks whose address was issued again without a free that we saw */
    /* All above but the frees are about what the plug-in itself allocated; these are not. */
    _Atomic uint64_t received_blocks;      /* that the browser gave it to release */
    _Atomic uint64_t received_live_blocks; /* those not released yet */
    _Atomic uint64_t handed_over; /* blocks, allocated or received, that it gave to the browser */
};

struct ring_header {
    /* Written once, before state leaves RING_EMPTY; prefix_sum covers what lies before it. */
    char magic[8];
    uint32_t version;
    uint32_t header_bytes;
    uint32_t endian_mark;
    uint32_t policy; /* enum ring_policy */
    uint32_t reserved1;
    uint32_t
        origin; /* RING_ORIGIN_... without FORKED and PRIVATE, which the host adds to host_origin */
    struct ring_layout layout;
    uint32_t prefix_sum; /* ring_prefix_sum() */

    /* Written by the traced process before it stores RING_READY. */
    uint32_t host_origin; /* enum ring_origin bits found out by the process */
    uint32_t pid;         /* in the process's own pid namespace */
    uint32_t ppid;
    uint64_t start_ticks; /* field 22 of /proc/self/stat: with pid and boot_id a unique name */
    char boot_id[40];     /* /proc/sys/kernel/random/boot_id, NUL-terminated */
    uint64_t start_stamp; /* stamp at which tracing began */
    uint64_t start_realtime_ns;   /* CLOCK_REALTIME at start_stamp */
    uint64_t process_start_stamp; /* stamp at which the process was started, 0 if unknown */
    uint32_t exe;                 /* string: /proc/self/exe */
    uint32_t args;                /* string: /proc/self/cmdline, NUL-separated, cut at 8 KiB */
    uint32_t unwinder;            /* enum ring_unwinder */
    uint32_t clock;               /* enum ring_clock: of every stamp in the segment */
    uint32_t heap;                /* enum ring_heap */
    uint32_t selfcheck; /* every so many stacks are unwound by libunwind as well; 0: none */
    _Atomic uint32_t
        state; /* enum ring_state; release store by the host, acquire load by readers */
    _Atomic uint32_t stop_reason; /* enum ring_stop */
    _Atomic uint64_t stop_stamp;

    /* Counters of the whole recording. */
    _Atomic uint32_t
        used[RING_AREAS]; /* entries in use (bytes for strings); unused for live, reach */
    _Atomic uint64_t next_sequence; /* of the next chunk handed to a writer */
    _Atomic uint64_t
        committed_events; /* in chunks already handed over (not in those being written) */
    _Atomic uint64_t overwritten_events; /* recycled before anybody consumed them */
    _Atomic uint64_t dropped_events;     /* never written: no chunk; counted all the same */
    _Atomic uint64_t missed_calls;       /* not even counted: no thread slot, or nested too deep */
    _Atomic uint64_t untracked_blocks;   /* the side table had no room */
    _Atomic uint64_t unlisted_plugins;   /* plug-ins beyond the tables: not traced */
    _Atomic uint64_t
        unlisted_instances; /* instances beyond the table: charged to their plug-in only */
    _Atomic uint64_t unlisted_modules;
    _Atomic uint64_t lost_stacks;      /* stacks not interned because the tree was full */
    _Atomic uint64_t truncated_stacks; /* the unwinder stopped before the thread's first frame */
    _Atomic uint64_t abandoned_operations; /* left half done by a signal handler that jumped out */
    _Atomic uint64_t selfchecks;           /* stacks that were unwound twice */
    _Atomic uint64_t selfcheck_mismatches; /* and came out differently */
    _Atomic uint64_t guessed_stacks;       /* stacks with frames found through frame pointers */
    _Atomic uint64_t heap_untracked;       /* plug-ins' heap blocks whose frees by others go unseen:
                                              there was no room to remember them */
    _Atomic uint64_t unlisted_objects;     /* NPObjects beyond the table: references not balanced */
    _Atomic uint64_t unlisted_findings;    /* findings of a new kind or stack beyond the table */
    _Atomic uint64_t injected_failures;    /* NPN_MemAlloc calls that were made to fail */
    _Atomic uint32_t whatif; /* enum ring_whatif bits: what was done to the plug-ins on demand */
    uint32_t reserved3;
    struct ring_counters totals;           /* all plug-ins together; peak is of the sum */

    /* How stamps relate to time, for RING_CLOCK_TSC: the pair of the start and a later one. The
     * writer fills the other of the two later pairs, then stores its index. */
    struct ring_clock_pair start_pair;
    struct ring_clock_pair later_pair[2];
    _Atomic uint32_t later_index; /* 0, 1; 2: there is none yet */
    uint32_t reserved2;

    /* Chunks that are FREE and whose turn it is: a stack, see format/ring_pool.h. */
    _Alignas(64) _Atomic uint64_t pool_head;

    /* Shared with the recorder. */
    _Alignas(64) pthread_mutex_t
        recorder_lock; /* robust, process-shared, held by the recorder all its life; */
                       /* its first word is the kernel's robust futex */
    _Alignas(
        64) _Atomic uint32_t pool_word; /* futex: bumped by the recorder when it frees chunks */
    _Atomic uint32_t pool_waiters;      /* writers asleep on pool_word */
    _Atomic uint64_t heartbeat;         /* bumped by the recorder at each round */
};

#define RING_HEADER_BYTES 4096u
_Static_assert(sizeof(struct ring_header) <= RING_HEADER_BYTES, "the header is one page");

/* A string: its length, then its bytes, then a NUL. A string's name is its offset in RING_STRINGS.
 */
struct ring_string {
    uint32_t bytes; /* without the NUL */
    char text[];
};

enum ring_module_flag {
    RING_MODULE_TRACER = 1, /* this library: its frames are left out of reports */
    RING_MODULE_MAIN = 2,   /* the program itself */
    RING_MODULE_VDSO = 4,
    RING_MODULE_UNSEEN_ALLOCATOR = 8, /* it allocates by a malloc of its own, which is not traced */
};

#define RING_BUILD_ID_BYTES 32

/* One ELF object as it was mapped when a stack first went through it. A pc of epoch E belongs to
 * the module with the greatest first_epoch <= E (the latest such entry) with start <= pc < end. */
struct ring_module {
    uint32_t path;        /* string; empty if unknown */
    uint32_t first_epoch; /* when it was first seen; an epoch ends whenever an object may have been
                             unloaded */
    uint64_t bias;        /* load bias: pc - bias is the ELF file's virtual address */
    uint64_t start;       /* lowest mapped address */
    uint64_t end;         /* one past the highest */
    uint32_t flags;       /* enum ring_module_flag */
    uint8_t build_id_bytes; /* 0: none found */
    uint8_t build_id[RING_BUILD_ID_BYTES];
    uint8_t reserved[27];
};
_Static_assert(sizeof(struct ring_module) == 96, "no holes by accident");

enum ring_plugin_flag {
    RING_PLUGIN_BY_CALLER =
        1, /* beyond the pool of stubs: attributed by the caller's address, no instances */
    RING_PLUGIN_PROVIDED = 2, /* met through the exported NPN_Mem*, without a host's table */
    RING_PLUGIN_NESTED = 4,   /* initialised by another plug-in with one of our tables */
    RING_PLUGIN_UNSEEN = 8,   /* beyond the pool, and under another host than the first beyond it:
                                 its calls go straight to the host, and nothing is known of them */
    RING_PLUGIN_CLASS_UNSEEN = 16, /* a class of its objects could not be observed */
};

struct ring_plugin {
    uint32_t path;   /* string: the link map's name of the object, made absolute; the exe's for the
                        program */
    uint32_t flags;  /* enum ring_plugin_flag */
    uint64_t device; /* st_dev and st_ino of the file when it was met, 0 if unknown */
    uint64_t inode;
    uint8_t build_id_bytes;
    uint8_t build_id[RING_BUILD_ID_BYTES];
    uint8_t reserved[7];
    uint64_t met_stamp;
    _Atomic uint32_t initialize_calls; /* NP_Initialize */
    _Atomic uint32_t shutdown_calls;   /* NP_Shutdown that returned */
    _Atomic uint32_t unloads;          /* times its object left the process */
    uint32_t reserved1;
    _Atomic uint64_t
        end_stamp; /* last return of NP_Shutdown or unload; 0 again while initialised */
    struct ring_counters npn;
};

enum ring_instance_flag {
    RING_INSTANCE_FAILED = 1,    /* NPP_New returned an error: there will be no NPP_Destroy */
    RING_INSTANCE_DESTROYED = 2, /* NPP_Destroy returned, or NPP_New failed */
};

struct ring_instance {
    uint32_t plugin;                  /* id */
    uint32_t mime;                    /* string, 0: none */
    uint64_t npp;                     /* address of the host's NPP_t: reused by hosts, no name */
    uint64_t created_stamp;           /* entry of NPP_New */
    _Atomic uint64_t destroyed_stamp; /* return of NPP_Destroy or of the failed NPP_New, 0 before */
    _Atomic uint32_t flags;           /* enum ring_instance_flag */
    _Atomic uint32_t page; /* string: where it stands, as the host told it, 0: it did not */
    struct ring_counters npn;
};

#define RING_NESTING                                                                               \
    4 /* an event, and handlers interrupting it, and handlers interrupting those                   \
       */

struct ring_thread {
    _Atomic uint32_t tid;        /* in the process's pid namespace; 0: free slot */
    _Atomic uint32_t operations; /* tracing operations under way: what may be half done if the
                                    thread dies here */
    _Atomic uint64_t dropped_events;
    _Atomic uint64_t realloc_stamp; /* of the free of a realloc that is under way, 0: none */
    uint8_t reserved[40];
};

enum ring_node_flag {
    RING_NODE_EXACT_PC =
        1, /* pc was interrupted, not called from: look it up as it is, not at pc - 1 */
    RING_NODE_GUESSED =
        2, /* found through frame pointers: the code has no call-frame information */
    RING_NODE_TRUNCATED = 4, /* the unwinder stopped here although the stack goes on */
    RING_NODE_ROOT = 8,      /* pc is the epoch of the stacks below */
};

/* A frame in a call stack. A stack's name is the id of its innermost frame; following parent leads
 * outwards to a root. parent < own id, always. */
struct ring_node {
    uint32_t parent;
    uint32_t flags; /* enum ring_node_flag */
    uint64_t pc;
};

#define RING_NODE_NONE 0u
#define RING_NODE_INLINE                                                                           \
    0xffffffffu /* the tree was full: the stack stands in an EVENT_STACK before the event */

/* A live NPN block. address: 0 free, RING_LIVE_BUSY while being filled or emptied, else the block.
 */
#define RING_LIVE_BUSY 1u

struct ring_live {
    _Atomic uint64_t address;
    uint32_t size_bytes;
    uint32_t node;
    uint16_t plugin;
    uint16_t flags; /* enum event_flag of its allocation */
    uint32_t instance;
    uint64_t stamp;
};
_Static_assert(sizeof(struct ring_live) == 32, "two to a cache line");

/* What one plug-in holds of one NPObject. Changed under the tracer's table lock; a slot is emptied
 * when nothing is held, and readers may find one that is just being changed. */
struct ring_object {
    _Atomic uint64_t address; /* 0: free */
    uint64_t stamp;           /* when the plug-in came to hold it */
    uint32_t node;            /* where */
    uint32_t last_node;       /* where it took the last reference */
    uint32_t instance;        /* that it was made or got for */
    uint16_t plugin;
    uint16_t step;          /* enum object_step: how it came to hold it; OBJECT_SHARED */
    _Atomic uint32_t refs;  /* references held */
    uint32_t most_refs;     /* at one time */
};
_Static_assert(sizeof(struct ring_object) == 40, "no holes by accident");

/* Misuse of the API. The same at the same place is one entry with a count. */
struct ring_finding {
    uint16_t kind;   /* enum finding_kind (format/finding.h) */
    uint16_t plugin; /* who did it */
    uint32_t instance;
    uint32_t node;       /* where */
    uint32_t owner_node; /* where the block or object came from, 0: unknown */
    uint16_t owner_plugin;
    uint16_t owner_flags; /* enum event_flag, and the origin of the block */
    uint32_t owner_instance;
    uint32_t released_node; /* where it was released before, 0: unknown */
    uint32_t detail;        /* depends on the kind */
    uint64_t address;       /* of the block or object, the first time */
    uint64_t size;
    uint64_t owner_stamp;
    uint64_t first_stamp;
    _Atomic uint64_t last_stamp;
    _Atomic uint64_t count; /* 0: not a whole entry yet */
};
_Static_assert(sizeof(struct ring_finding) == 80, "no holes by accident");

enum ring_chunk_state {
    RING_CHUNK_FREE,
    RING_CHUNK_WRITING, /* owned by a thread's slot, at one nesting level */
    RING_CHUNK_FULL,    /* handed over; nobody writes to it any more */
};

/*
 * Chunk life: FREE -> WRITING (writer, popped from the pool) -> FULL (writer) -> FREE (recorder,
 * after consuming; then pushed to the pool)
 *                                             FULL -> WRITING (writer, RING_OVERWRITE: oldest
 * sequence first) `committed` is the only word that a writer stores per event: bytes in the low
 * half, events in the high half, release. A passive reader copies a chunk and then compares
 * `sequence` again.
 */
struct ring_chunk {
    _Atomic uint32_t state;
    uint32_t thread;           /* slot of the writer */
    _Atomic uint64_t sequence; /* starts at 1, never reused; 0 while the chunk is being recycled */
    uint64_t base_stamp;       /* stamps in the chunk count from here */
    uint64_t dropped_before;   /* the thread's dropped_events when the chunk was taken */
    uint32_t level;            /* nesting level of the writer, 0 .. RING_NESTING - 1 */
    uint32_t tid;
    _Atomic uint32_t next_free; /* in the pool: index + 1 of the next, 0: none */
    uint8_t reserved[20];
    _Atomic uint64_t committed; /* on its own cache line */
    uint8_t reserved1[56];
};
#define RING_CHUNK_HEADER_BYTES 128u
_Static_assert(sizeof(struct ring_chunk) == RING_CHUNK_HEADER_BYTES, "events begin at 128");

/* Computes the layout of a segment of total_bytes (rounded down to pages). -EINVAL if out of range.
 */
int ring_layout_compute(uint64_t total_bytes, struct ring_layout *ret_layout);

/* Lays out an all-zero segment of layout->total_bytes at base; state stays RING_EMPTY. */
void ring_format(void *base, const struct ring_layout *layout, enum ring_policy policy,
                 uint32_t origin);

/* A stamp in CLOCK_MONOTONIC nanoseconds. `later` is a pair read after the start, the later the
 * better; NULL: the header's own. RING_CLOCK_MONOTONIC: the stamp itself. 0 stays 0. */
uint64_t ring_stamp_ns(const struct ring_header *header, const struct ring_clock_pair *later,
                       uint64_t stamp);

/* What is wrong with the segment at base of bytes: 0, or a negative errno with *ret_what set to a
 * constant phrase and *ret_offset to where. After 0 every area lies inside the segment and every
 * count fits; contents of entries are still not trusted. -EPROTONOSUPPORT: a newer version. */
int ring_check(const void *base, uint64_t bytes, const char **ret_what, uint64_t *ret_offset);

uint32_t ring_prefix_sum(const struct ring_header *header);

/* First entry of an area. */
static inline void *ring_area(const void *base, enum ring_area area)
{
    const struct ring_header *header = base;
    return (char *)base + header->layout.area[area].offset;
}

static inline uint32_t ring_capacity(const void *base, enum ring_area area)
{
    const struct ring_header *header = base;
    return header->layout.area[area].count;
}

static inline struct ring_chunk *ring_chunk_at(const void *base, uint32_t index)
{
    const struct ring_header *header = base;
    return (struct ring_chunk *)((char *)ring_area(base, RING_CHUNKS) +
                                 (size_t)index * header->layout.chunk_bytes);
}

/* The text of a string and its length, or "" for 0 and for anything outside the area. */
const char *ring_string_at(const void *base, uint32_t string, uint32_t *ret_bytes);

/* Home slot of a block in RING_LIVE; mask = capacity - 1. */
static inline uint32_t ring_live_home(uint64_t address, uint32_t mask)
{
    return (uint32_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
}

#endif
