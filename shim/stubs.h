/* shim/stubs.h - one function per plug-in for each entry point that we stand in */
/* SPDX-License-Identifier: MIT */

/*
 * Most NPAPI calls carry nothing that names the plug-in: NPN_MemAlloc has a size, NP_Initialize two
 * tables. What names it is which function was called. So there is a fixed pool of functions that
 * differ only in a number, made by macros: set N of table (stubs_table.c) and pFuncs stubs belongs
 * to one plug-in, trampoline N to one plug-in's NP_Initialize and NP_Shutdown, class set N to one
 * NPClass. The stubs for the table are one more than there are sets: the plug-ins beyond share it.
 */
#ifndef NPNTRACE_SHIM_STUBS_H
#define NPNTRACE_SHIM_STUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct stubs_pool {
    size_t offset;      /* of the slot in NPNetscapeFuncs, NPPluginFuncs or NPClass */
    void *const *stubs; /* by set */
};

extern const struct stubs_pool stubs_pfuncs[];
extern const unsigned stubs_pfuncs_count;

#define STUBS_CLASS_SETS 64
extern const struct stubs_pool stubs_class[];
extern const unsigned stubs_class_count;

/* The pool for a slot; NULL: there is none. */
const struct stubs_pool *stubs_pool_of(const struct stubs_pool *pools, unsigned count,
                                       size_t offset);

/* True if value is a stub of one of that many sets of the pool, and of which. pool may be NULL. */
bool stubs_pool_has(const struct stubs_pool *pool, uint32_t sets, const void *value,
                    uint32_t *ret_set);

/* The stub for a slot of NPNetscapeFuncs; NULL: that slot is left alone. */
void *stubs_table_stub(size_t offset, uint32_t set);

/* True if value is a stub for that slot of NPNetscapeFuncs, and whose. */
bool stubs_is_table_stub(const void *value, size_t offset, uint32_t *ret_set);

/* The same for a slot of NPClass. */
bool stubs_is_class_stub(const void *value, size_t offset, uint32_t *ret_set);

/* A slot of any such table. It is stored whole: another thread may be reading it. */
static inline void *stubs_slot(const void *table, size_t offset)
{
    void *value;

    memcpy(&value, (const char *)table + offset, sizeof(value));
    return value;
}

static inline void stubs_slot_store(void *table, size_t offset, void *value)
{
    __atomic_store_n((void **)((char *)table + offset), value, __ATOMIC_RELEASE);
}

void *stubs_initialize(uint32_t place);
void *stubs_shutdown(uint32_t place);

#endif
