/* tests/minihost/table.h: the browser's table of the mini-host, wherever a quirk wants it. */
/* SPDX-License-Identifier: MIT */

/*
 * A table that is not on the stack ends at an inaccessible page, so that a reader who goes beyond
 * its size crashes; with --table=const it cannot be written either. Where it can, its bytes are
 * compared with what they were. Used by one thread at a time.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_TABLE_H
#define NPNTRACE_TESTS_MINIHOST_TABLE_H

#include "shim/npapi.h"

/* A function of the host and its place in the table. The lists end with func NULL. */
struct slot {
    const char *name;
    size_t offset;
    void (*func)(void);
};

#define SLOT(member, function)                                                                     \
    {                                                                                              \
#member, offsetof(NPNetscapeFuncs, member), (void (*)(void))(function)                     \
    }

extern const struct slot object_slots[];
extern const struct slot script_slots[];
extern const struct slot browser_slots[];
extern const struct slot later_slots[];

/* Writes a table of the size and with the holes that the options say, using one set of NPN_Mem*. */
void table_fill(void *place, int set);

/* A place for a table, protected as the options say after table_seal. Lasts for ever. */
NPNetscapeFuncs *table_place(void);
void table_seal(NPNetscapeFuncs *table);
void table_unseal(NPNetscapeFuncs *table);

/* Makes a table vanish: whoever still reads it crashes. */
void table_destroy(NPNetscapeFuncs *table);

/* Whether all tables are as they were written; says so if not. */
bool table_unchanged(void);

/* Memory of that size that ends at an inaccessible page, zeroed. */
void *table_guarded(size_t bytes);

#endif
