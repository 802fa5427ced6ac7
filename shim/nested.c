/* shim/nested.c - calls that are a part of another one that is recorded */
/* SPDX-License-Identifier: MIT */

#include "shim/nested.h"

#include "shim/loaded.h"
#include "tracer/object.h"

__thread struct nested nested_in __attribute__((tls_model("initial-exec")));
bool nested_possible;

static bool is_own_code(uintptr_t address)
{
    static _Atomic uintptr_t own_start, own_end;
    struct object own;

    if (own_end == 0 && object_at((uintptr_t)is_own_code, &own)) {
        own_start = own.start;
        own_end = own.end;
    }
    return address >= own_start && address < own_end;
}

bool nested_is_part(const void *return_address)
{
    uintptr_t address = (uintptr_t)return_address;

    return nested_in.frame == NESTED_EVERYTHING ||
           (address >= nested_in.code.start && address < nested_in.code.end) ||
           is_own_code(address);
}

bool nested_code_of(const void *function, struct nested_code *ret_code)
{
    const struct link_map *map = loaded_at(function);
    struct object object;

    if (map == loaded_libc() || map == loaded_self() || !object_at((uintptr_t)function, &object))
        return false;
    *ret_code = (struct nested_code){object.start, object.end};
    nested_possible = true;
    return true;
}
