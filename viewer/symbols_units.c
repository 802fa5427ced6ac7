/* viewer/symbols_units.c - which compilation unit an address belongs to, without .debug_aranges */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_units.h"
#include "viewer/ranges.h"
#include "viewer/xalloc.h"

#include <elfutils/libdw.h>
#include <stdlib.h>

#define RANGES_MAX (UINT64_C(1) << 24) /* a guard against damaged files; WebKit has about 2^20 */

struct range {
    Dwarf_Addr start, end; /* in libdwfl's address space */
    Dwarf_Addr bias;
    Dwarf_Die *unit;
};

struct symbols_units {
    struct range *ranges; /* sorted by start */
    size_t count, capacity;
};

static void add_unit(struct symbols_units *units, Dwarf_Die *unit, Dwarf_Addr bias)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t next = 0;

    while ((next = dwarf_ranges(unit, next, &base, &start, &end)) > 0) {
        if (start >= end || units->count >= RANGES_MAX)
            continue;
        units->ranges =
            xalloc_grown(units->ranges, units->count, &units->capacity, sizeof(*units->ranges));
        units->ranges[units->count++] = (struct range){start + bias, end + bias, bias, unit};
    }
}

struct symbols_units *symbols_units_new(Dwfl_Module *module)
{
    struct symbols_units *units = xalloc_zeroed(1, sizeof(*units));
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = NULL;

    while ((unit = dwfl_module_nextcu(module, unit, &bias)) != NULL)
        add_unit(units, unit, bias);
    if (units->count != 0)
        qsort(units->ranges, units->count, sizeof(*units->ranges), ranges_compare);
    return units;
}

void symbols_units_free(struct symbols_units *units)
{
    if (units == NULL)
        return;
    free(units->ranges);
    free(units);
}

Dwarf_Die *symbols_units_find(const struct symbols_units *units, Dwarf_Addr address,
                              Dwarf_Addr *ret_bias)
{
    size_t low = ranges_upto(units->ranges, units->count, sizeof(*units->ranges), address);

    if (low == 0 || address >= units->ranges[low - 1].end)
        return NULL;
    *ret_bias = units->ranges[low - 1].bias;
    return units->ranges[low - 1].unit;
}
