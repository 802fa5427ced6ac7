/* tests/exact/exact_new.cpp - the allocation program's calls of the C++ operators */
/* SPDX-License-Identifier: MIT */

#include <new>

#include "tests/exact/exact_calls.h"

/* Not 0 bytes: of these some operators make 1 before they call malloc. */
extern "C" void leaf_new(struct walk *walk)
{
    size_t size = 1 + walk_size(walk);

    walk_enter(walk, __builtin_return_address(0));
    walk_allocated(walk, EXACT_NEW, ::operator new(size), size, 0);
    walk_leave(walk);
}

extern "C" void leaf_new_array(struct walk *walk)
{
    size_t size = 1 + walk_size(walk);

    walk_enter(walk, __builtin_return_address(0));
    walk_allocated(walk, EXACT_NEW_ARRAY, ::operator new[](size), size, 0);
    walk_leave(walk);
}

extern "C" void exact_delete(enum exact_function how, void *block, size_t size, int sized)
{
    if (how == EXACT_NEW && sized)
        ::operator delete(block, size);
    else if (how == EXACT_NEW)
        ::operator delete(block);
    else if (sized)
        ::operator delete[](block, size);
    else
        ::operator delete[](block);
}
