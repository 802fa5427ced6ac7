/* tests/plugins/tally_page.h: a list of finished allocations that survives SIGKILL. */
/* SPDX-License-Identifier: MIT */

/*
 * If $NPNSAMPLE_TALLY names a file, the first process that opens it maps it shared and notes every
 * allocation in it once the call has returned. After a kill the harness compares it with the
 * recording: TALLY_LIVE entries must be live there, TALLY_FREED ones must not, TALLY_FREEING ones
 * may be either, and at most one further block per thread may have been on its way.
 *
 * The file's size, set by the harness, gives the number of entries; those that do not fit are
 * counted in `lost`. Written with the tally's lock held, read by anybody; tests/support/tally.py
 * reads it.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_TALLY_PAGE_H
#define NPNTRACE_TESTS_PLUGINS_TALLY_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#define TALLY_PAGE_MAGIC UINT64_C(0x3145474150504e54)

enum { TALLY_PAGE_PLUGINS = 32, TALLY_PAGE_NAME_BYTES = 64 };

enum tally_state { TALLY_UNUSED, TALLY_LIVE, TALLY_FREEING, TALLY_FREED, TALLY_ELSEWHERE };

struct tally_entry {
    uint64_t address;
    uint32_t size;
    uint32_t plugin;        /* index in names */
    _Atomic uint32_t state; /* enum tally_state, stored last */
    uint32_t zero;
};

struct tally_page {
    uint64_t magic;
    _Atomic uint32_t pid; /* of the process that writes, 0 before that */
    uint32_t plugin_count;
    uint64_t capacity;
    _Atomic uint64_t entry_count;
    uint64_t lost;
    char names[TALLY_PAGE_PLUGINS][TALLY_PAGE_NAME_BYTES];
    struct tally_entry entries[];
};

/* Maps $NPNSAMPLE_TALLY. Returns NULL if there is none or another process has it. */
struct tally_page *tally_page_open(void);

void tally_page_name(struct tally_page *page, uint32_t plugin, const char *name);

/* Adds a live block. Returns its number, from 1, or 0 if it was not noted (page NULL or full). */
uint32_t tally_page_add(struct tally_page *page, uint32_t plugin, void *block, uint32_t size);

/* Changes the state of a block; does nothing for number 0. */
void tally_page_set(struct tally_page *page, uint32_t number, enum tally_state state);

#endif
