/* shim/hook_operators.c - redirected calls of operators new and delete */
/* SPDX-License-Identifier: MIT */

/*
 * Only operators that do not end in a call of malloc that we see are redirected. They may end in
 * one all the same, and that is then a part of the call here (shim/nested.h). A new that throws is
 * not recorded: there is no block, and nothing here stands in the exception's way.
 */
#include "shim/hook_calls.h"
#include "shim/check.h"
#include "shim/heap_calls.h"
#include "shim/hooks.h"

/* The real function has the same parameters but the last, `set`. */
#define ORIGINAL(name, type)                                                                       \
    type original =                                                                                \
        (type)atomic_load_explicit(&hooks_sets[set].original[HOOK_##name], memory_order_acquire);

#define HOOK_NEW(name, function, type, parameters, arguments)                                      \
    void *hook_##name parameters                                                                   \
    {                                                                                              \
        ORIGINAL(name, type)                                                                       \
                                                                                                   \
        if (HEAP_IS_LEFT_ALONE)                                                                    \
            return original arguments;                                                             \
        uint32_t by = hooks_by(set);                                                               \
        const struct nested_code *code = hooks_code(set, HOOK_##name);                             \
        struct nested outer = nested_begin(code, HEAP_FRAME);                                      \
        void *block = original arguments;                                                          \
        nested_end(code, &outer);                                                                  \
        heap_allocated(block, size, HEAP_FRAME, by | function);                                    \
        return block;                                                                              \
    }

#define HOOK_DELETE(name, function, type, parameters, arguments)                                   \
    void hook_##name parameters                                                                    \
    {                                                                                              \
        ORIGINAL(name, type)                                                                       \
                                                                                                   \
        check_heap_free(block, set);                                                               \
        if (HEAP_IS_LEFT_ALONE || block == NULL) {                                                 \
            original arguments;                                                                    \
            return;                                                                                \
        }                                                                                          \
        heap_freeing(block, HEAP_FRAME, hooks_by(set) | function);                                 \
        const struct nested_code *code = hooks_code(set, HOOK_##name);                             \
        struct nested outer = nested_begin(code, HEAP_FRAME);                                      \
        original arguments;                                                                        \
        nested_end(code, &outer);                                                                  \
    }

/* clang-format off: a table */

typedef void *new_function(size_t size);
typedef void *new_2_function(size_t size, size_t second);
typedef void *new_3_function(size_t size, size_t second, size_t third);
typedef void delete_function(void *block);
typedef void delete_2_function(void *block, size_t second);
typedef void delete_3_function(void *block, size_t second, size_t third);

/* Sizes, alignments and references to std::nothrow are passed alike. */
#define NEW_1(name, function)                                                                      \
    HOOK_NEW(name, function, new_function *, (size_t size, uint32_t set), (size))
#define NEW_2(name, function)                                                                      \
    HOOK_NEW(name, function, new_2_function *, (size_t size, size_t second, uint32_t set),         \
             (size, second))
#define NEW_3(name, function)                                                                      \
    HOOK_NEW(name, function, new_3_function *,                                                     \
             (size_t size, size_t second, size_t third, uint32_t set), (size, second, third))
#define DELETE_1(name, function)                                                                   \
    HOOK_DELETE(name, function, delete_function *, (void *block, uint32_t set), (block))
#define DELETE_2(name, function)                                                                   \
    HOOK_DELETE(name, function, delete_2_function *, (void *block, size_t second, uint32_t set),   \
                (block, second))
#define DELETE_3(name, function)                                                                   \
    HOOK_DELETE(name, function, delete_3_function *,                                               \
                (void *block, size_t second, size_t third, uint32_t set), (block, second, third))

NEW_1(new, EVENT_NEW)
NEW_2(new_nothrow, EVENT_NEW)
NEW_2(new_aligned, EVENT_NEW)
NEW_3(new_aligned_nothrow, EVENT_NEW)
NEW_1(array_new, EVENT_NEW_ARRAY)
NEW_2(array_new_nothrow, EVENT_NEW_ARRAY)
NEW_2(array_new_aligned, EVENT_NEW_ARRAY)
NEW_3(array_new_aligned_nothrow, EVENT_NEW_ARRAY)
DELETE_1(delete, EVENT_DELETE)
DELETE_2(delete_sized, EVENT_DELETE)
DELETE_2(delete_nothrow, EVENT_DELETE)
DELETE_2(delete_aligned, EVENT_DELETE)
DELETE_3(delete_sized_aligned, EVENT_DELETE)
DELETE_3(delete_aligned_nothrow, EVENT_DELETE)
DELETE_1(array_delete, EVENT_DELETE_ARRAY)
DELETE_2(array_delete_sized, EVENT_DELETE_ARRAY)
DELETE_2(array_delete_nothrow, EVENT_DELETE_ARRAY)
DELETE_2(array_delete_aligned, EVENT_DELETE_ARRAY)
DELETE_3(array_delete_sized_aligned, EVENT_DELETE_ARRAY)
DELETE_3(array_delete_aligned_nothrow, EVENT_DELETE_ARRAY)
