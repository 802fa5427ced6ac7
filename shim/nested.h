/* shim/nested.h - calls that are a part of another one that is recorded */
/* SPDX-License-Identifier: MIT */

/*
 * An allocator's operator new may do its work inside, or call malloc by name, which is ours: then
 * one block would be recorded twice. So while a hook of an operator runs the allocator's function,
 * it leaves its frame here, and a call of an exported function is a part of it if it comes from
 * below that frame and from the allocator's code, or straight from the hook (where the allocator's
 * function ended in a jump).
 *
 * A hook that was left by an exception or longjmp leaves its frame behind. That does no harm: all
 * operators of the allocator are hooked, so whatever comes from its code has a newer frame.
 */
#ifndef NPNTRACE_SHIM_NESTED_H
#define NPNTRACE_SHIM_NESTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NESTED_EVERYTHING ((const void *)UINTPTR_MAX)

struct nested {
    const void *frame; /* of the hook; NULL: none; NESTED_EVERYTHING: see scope.c */
    uintptr_t start;   /* the allocator's code */
    uintptr_t end;
};

/* Initial-exec: __tls_get_addr may allocate through the functions that are being traced. */
extern __thread struct nested nested_in
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Whether any hook of an operator has ever been made. Looked at first: the loader may call before
 * there are thread-local variables. */
extern bool nested_possible __attribute__((visibility("hidden")));

/* Is the call with this frame and return address to be left to the one it is a part of? */
bool nested_is_part(const void *frame, const void *return_address);

static inline bool nested(const void *frame, const void *return_address)
{
    return __builtin_expect(nested_possible, 0) && nested_in.frame > frame &&
           nested_is_part(frame, return_address);
}

#endif
