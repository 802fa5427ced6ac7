/* shim/nested.h - calls that are a part of another one that is recorded */
/* SPDX-License-Identifier: MIT */

/*
 * An allocator's operator new, or calloc, may do its work inside, or call malloc by name, which is
 * ours: then one block would be recorded twice. So while we run a function of an allocator other
 * than the C library's (which is known not to do that), our frame is left here, and a call is a
 * part of ours if it comes from below that frame and from the allocator's code, or straight from us
 * (where the allocator's function ended in a jump).
 *
 * A frame that was left by an exception or longjmp stays behind. That does no harm: calls from the
 * allocator's code are made inside calls of it, which leave a newer frame, and what we allocate
 * ourselves is excepted (shim/provided.c).
 */
#ifndef NPNTRACE_SHIM_NESTED_H
#define NPNTRACE_SHIM_NESTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NESTED_EVERYTHING ((const void *)UINTPTR_MAX)

struct nested_code { /* an allocator's */
    uintptr_t start;
    uintptr_t end;
};

struct nested {
    const void *frame; /* ours; NULL: none; NESTED_EVERYTHING: see scope.c */
    struct nested_code code;
};

/* Initial-exec: __tls_get_addr may allocate through the functions that are being traced. */
extern __thread struct nested nested_in
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Whether there is such an allocator. Looked at first: the loader may call before there are
 * thread-local variables. */
extern bool nested_possible __attribute__((visibility("hidden")));

/* Of a call from below the frame: does it come from the allocator, or straight from us? */
bool nested_is_part(const void *return_address);

/* Is the call with this frame and return address to be left to the one it is a part of? */
static inline bool nested(const void *frame, const void *return_address)
{
    return __builtin_expect(nested_possible, 0) && nested_in.frame > frame &&
           nested_is_part(return_address);
}

/* Around a call of an allocator's function. code NULL: it calls nothing of ours. */
static inline struct nested nested_begin(const struct nested_code *code, const void *frame)
{
    if (__builtin_expect(code == NULL, 1))
        return (struct nested){.frame = NULL};
    struct nested outer = nested_in;
    nested_in = (struct nested){.frame = frame, .code = *code};
    atomic_signal_fence(memory_order_seq_cst); /* compilers know of free that it does not look */
    return outer;
}

static inline void nested_end(const struct nested_code *code, const struct nested *outer)
{
    if (__builtin_expect(code == NULL, 1))
        return;
    atomic_signal_fence(memory_order_seq_cst);
    nested_in = *outer;
}

/* The code of a function's object. False: it is the C library's, or our own. */
bool nested_code_of(const void *function, struct nested_code *ret_code);

#endif
