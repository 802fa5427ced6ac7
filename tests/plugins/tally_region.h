/* tests/plugins/tally_region.h: the memory layout of the tally, for its own files only. */
/* SPDX-License-Identifier: MIT */

/*
 * All sample plug-ins of a process, each with its own copy of this code, share one struct
 * tally_region at TALLY_REGION_ADDRESS. It is 190 MiB of address space without reserve; pages
 * that are not touched cost nothing. References inside are indices, index 0 meaning none.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_TALLY_REGION_H
#define NPNTRACE_TESTS_PLUGINS_TALLY_REGION_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/plugins/tally.h"
#include "tests/plugins/tally_page.h"

#define TALLY_REGION_ADDRESS ((void *)0x4e50000000)
#define TALLY_MAGIC UINT64_C(0x31594c4c4154504e)

enum {
    TALLY_PLUGINS = 32,
    TALLY_INSTANCES = 1 << 14,
    TALLY_STACKS = 1 << 14,
    TALLY_STACK_DEPTH = 64,
    TALLY_STRING_BYTES = 1 << 18,
    TALLY_BUCKETS = 1 << 20,
    TALLY_BLOCKS = 1 << 22,
    TALLY_ERRNOS = 8,
    TALLY_NAME_BYTES = 64,
};

struct tally_counts {
    uint64_t allocs, frees, flushes, bytes_allocated;
    uint64_t live_blocks, live_bytes, peak_bytes, freed_elsewhere, handed_over;
};

struct tally_plugin {
    char name[TALLY_NAME_BYTES];
    struct tally_counts counts;
    struct {
        int value;
        unsigned count;
    } errnos[TALLY_ERRNOS];
};

struct tally_instance {
    uint32_t plugin;
    bool destroyed;
    uint32_t mime; /* offset in strings */
    struct tally_counts counts;
};

struct tally_stack {
    uint32_t depth;
    struct {
        uint32_t function, file; /* offsets in strings */
        int line;
    } frames[TALLY_STACK_DEPTH]; /* innermost first */
};

struct tally_block {
    void *address;
    uint32_t size;
    uint32_t plugin;
    int32_t instance;
    uint32_t stack;
    uint32_t next;  /* in its bucket, or in the list of unused blocks */
    uint32_t entry; /* in the shared page, plus one */
    bool received;  /* from the browser */
};

struct tally_region {
    uint64_t magic;
    pid_t pid;
    bool forked;
    atomic_flag lock;
    uint32_t plugin_count, instance_count, stack_count, string_bytes, block_count;
    uint32_t unused_blocks;
    struct tally_page *page; /* NULL if none was asked for */
    void *board[TALLY_BOARD_SLOTS];
    struct tally_plugin plugins[TALLY_PLUGINS];
    struct tally_instance instances[TALLY_INSTANCES];
    struct tally_stack stacks[TALLY_STACKS];
    char strings[TALLY_STRING_BYTES];
    uint32_t buckets[TALLY_BUCKETS];
    struct tally_block blocks[TALLY_BLOCKS];
};

/* Set by tally_open, in each plug-in's copy of the code. */
extern struct tally_region *tally_region;
extern uint32_t tally_plugin;

sigset_t tally_lock(void);
void tally_unlock(const sigset_t *before);
_Noreturn void tally_fail(const char *why);

/* With the lock held. Returns the offset of a copy of text that stays. */
uint32_t tally_string_locked(const char *text);

/* With the lock held. Returns the number of this thread's present stack. */
uint32_t tally_stack_locked(void);

#endif
