/* shim/nested.c - calls that are a part of another one that is recorded */
/* SPDX-License-Identifier: MIT */

#include "shim/nested.h"

#include <gnu/libc-version.h>

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

bool nested_is_part(const void *frame, const void *return_address)
{
    uintptr_t address = (uintptr_t)return_address;

    (void)frame;
    return nested_in.frame == NESTED_EVERYTHING ||
           (address >= nested_in.code.start && address < nested_in.code.end) ||
           is_own_code(address);
}

static bool is_start_of(uint64_t start, const void *address)
{
    struct object object;

    return object_at((uintptr_t)address, &object) && object.start == start;
}

bool nested_code_of(const void *function, struct nested_code *ret_code)
{
    struct object object;

    if (!object_at((uintptr_t)function, &object) ||
        is_start_of(object.start, (void *)(uintptr_t)gnu_get_libc_version) ||
        is_start_of(object.start, (void *)(uintptr_t)nested_code_of))
        return false;
    *ret_code = (struct nested_code){object.start, object.end};
    nested_possible = true;
    return true;
}
