/* tracer/got.h - redirecting what one object calls in others */
/* SPDX-License-Identifier: MIT */

/*
 * Writes into the places where a loaded object keeps the addresses of functions that it does not
 * define for certain: its global offset table, and initialised pointers. So its calls of a function
 * go elsewhere and nobody else's do. Read-only tables are made writable for the moment of the
 * change. The object must stay mapped meanwhile.
 */
#ifndef NPNTRACE_TRACER_GOT_H
#define NPNTRACE_TRACER_GOT_H

#include <link.h>
#include <stdbool.h>

enum got_kind {
    GOT_CALL,    /* of the procedure linkage table; may be unbound yet */
    GOT_ADDRESS, /* of the global offset table: calls and addresses taken */
    GOT_POINTER  /* an initialised variable, which the program may have changed */
};

struct got_slot {
    void **at;
    const char *name;
    unsigned symbol; /* index in the dynamic symbols */
    enum got_kind kind;
};

/* Calls visit for each slot of the object that is bound by name. */
void got_each(const struct link_map *object,
              void (*visit)(const struct got_slot *slot, void *context), void *context);

/* The same for the slots of some symbols alone, named by their indices: much faster. */
void got_each_of(const struct link_map *object, const unsigned *symbols, unsigned count,
                 void (*visit)(const struct got_slot *slot, void *context), void *context);

/* Stores whole and at once, whatever the page's protection. */
bool got_store(void **slot, void *to);

/* True if the object calls the function by its procedure linkage table, which now leads to `to`. */
bool got_redirect(const struct link_map *object, const char *function, void *to);

#endif
