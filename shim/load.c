/* shim/load.c - when the library is loaded */
/* SPDX-License-Identifier: MIT */

#include "shim/operators.h"
#include "shim/unseen.h"
#include "tracer/heap.h"

/* After the constructors of what the program is linked to, before those of the program. */
__attribute__((constructor)) static void load(void)
{
    heap_load();
    if (atomic_load_explicit(&heap_tracing, memory_order_relaxed) == 0)
        return;
    operators_make_visible();
    unseen_note_all();
}
