/* viewer/symbols_functions.c - which functions an address lies in, one inlined into the other */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_functions.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/ranges.h"
#include "viewer/xalloc.h"

#define DEPTH_MAX 1024               /* of scopes; more is damage */
#define RANGES_MAX ((size_t)1 << 22) /* of a unit; more is damage */

struct range {
    Dwarf_Addr start, end;
    Dwarf_Die function;
};

struct unit {
    void *unit;           /* the address of its first DIE: its name */
    struct range *ranges; /* by start */
    size_t count, capacity;
};

struct symbols_functions {
    struct unit *units; /* in the order in which they were asked for */
    size_t count, capacity;
    size_t last; /* asked for last: addresses come in order */
};

struct symbols_functions *symbols_functions_new(void)
{
    return xalloc_zeroed(1, sizeof(struct symbols_functions));
}

void symbols_functions_free(struct symbols_functions *functions)
{
    if (functions == NULL)
        return;
    for (size_t i = 0; i < functions->count; i++)
        free(functions->units[i].ranges);
    free(functions->units);
    free(functions);
}

static int add_function(Dwarf_Die *function, void *context)
{
    struct unit *unit = context;
    Dwarf_Addr base, start, end;
    ptrdiff_t next = 0;

    while ((next = dwarf_ranges(function, next, &base, &start, &end)) > 0) {
        if (start >= end)
            continue;
        if (unit->count == RANGES_MAX)
            return DWARF_CB_ABORT;
        unit->ranges =
            xalloc_grown(unit->ranges, unit->count, &unit->capacity, sizeof(*unit->ranges));
        unit->ranges[unit->count++] = (struct range){start, end, *function};
    }
    return DWARF_CB_OK;
}

static const struct unit *unit_of(struct symbols_functions *functions, Dwarf_Die *die)
{
    if (functions->count > 0 && functions->units[functions->last].unit == die->addr)
        return &functions->units[functions->last];
    for (size_t i = 0; i < functions->count; i++)
        if (functions->units[i].unit == die->addr) {
            functions->last = i;
            return &functions->units[i];
        }
    functions->units = xalloc_grown(functions->units, functions->count, &functions->capacity,
                                    sizeof(*functions->units));
    struct unit *unit = &functions->units[functions->count];
    functions->last = functions->count++;
    *unit = (struct unit){.unit = die->addr};
    dwarf_getfuncs(die, add_function, unit, 0);
    if (unit->count != 0)
        qsort(unit->ranges, unit->count, sizeof(*unit->ranges), ranges_compare);
    return unit;
}

static const struct range *find_range(const struct unit *unit, Dwarf_Addr address)
{
    size_t low = ranges_upto(unit->ranges, unit->count, sizeof(*unit->ranges), address);

    return low > 0 && address < unit->ranges[low - 1].end ? &unit->ranges[low - 1] : NULL;
}

/* The child scope that holds the address. */
static bool go_inside(Dwarf_Die *scope, Dwarf_Addr address, Dwarf_Die *ret_child)
{
    Dwarf_Die child;

    if (dwarf_child(scope, &child) != 0)
        return false;
    do {
        int tag = dwarf_tag(&child);
        if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
             tag == DW_TAG_try_block || tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt) &&
            dwarf_haspc(&child, address) > 0) {
            *ret_child = child;
            return true;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

size_t symbols_functions_at(struct symbols_functions *functions, Dwarf_Die *unit,
                            Dwarf_Addr address, Dwarf_Die *scopes, size_t capacity)
{
    const struct range *range = find_range(unit_of(functions, unit), address);
    size_t count = 0;

    if (range == NULL || capacity == 0)
        return 0;
    /* Found from the outside; the innermost ones are kept. */
    Dwarf_Die scope = range->function;
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine || depth == 0) {
            if (count == capacity)
                count--;
            memmove(scopes + 1, scopes, count * sizeof(*scopes));
            scopes[0] = scope;
            count++;
        }
        Dwarf_Die child;
        if (!go_inside(&scope, address, &child))
            break;
        scope = child;
    }
    return count;
}
