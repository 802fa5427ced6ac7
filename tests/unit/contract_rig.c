/* tests/unit/contract_rig.c - plug-ins whose calls are made up, and what is found of them */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/contract_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tracer/heap.h"
#include "tracer/objects.h"
#include "tracer/registry.h"

struct tracer *rig_tracer;
uint32_t rig_plugin, rig_one, rig_other;
uint16_t rig_flags;

static inline __attribute__((always_inline)) struct npn_caller caller_here(void)
{
    return (struct npn_caller){
        .plugin = rig_plugin,
        .address = (uint64_t)(uintptr_t)__builtin_return_address(0),
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
        .flags = rig_flags,
    };
}

int rig_begin(void **state)
{
    (void)state;
    setenv("NPNTRACE_HEAP", "plugins", 1);
    rig_tracer = scratch_start("1M");
    if (rig_tracer == NULL || rig_tracer->heap_blocks == NULL)
        return -1;
    rig_one = scratch_plugin(rig_tracer, "/nowhere/libnpone.so");
    rig_other = scratch_plugin(rig_tracer, "/nowhere/libnpother.so");
    rig_plugin = rig_one;
    return rig_one != 0 && rig_other != 0 ? 0 : -1;
}

int rig_end(void **state)
{
    return scratch_end(state);
}

void *rig_block(unsigned number)
{
    return (void *)(uintptr_t)(0x600000000000 + (uint64_t)number * 4096);
}

__attribute__((noinline)) void rig_alloc(void *block, uint32_t size)
{
    struct npn_caller caller = caller_here();
    npn_alloc_end(&caller, npn_alloc_begin(&caller), block, size);
}

__attribute__((noinline)) void rig_free(void *block)
{
    struct npn_caller caller = caller_here();
    npn_free_end(&caller, npn_free_begin(&caller, block));
}

__attribute__((noinline)) void rig_refused(void *block)
{
    struct npn_caller caller = caller_here();
    npn_free_refused(&caller, block);
}

__attribute__((noinline)) void rig_received(void *block, uint32_t size, enum npn_origin origin)
{
    struct npn_caller caller = caller_here();
    npn_received(&caller, 0, block, size, origin);
}

__attribute__((noinline)) void rig_released(void *block)
{
    struct npn_caller caller = caller_here();
    npn_released(&caller, block);
}

__attribute__((noinline)) void rig_handed(void *block, bool empty, enum npn_way way)
{
    struct npn_caller caller = caller_here();
    npn_handed_over(&caller, block, empty, way);
}

__attribute__((noinline)) void rig_result_while_false(void *block)
{
    struct npn_caller caller = caller_here();
    npn_result_while_false(&caller, block);
}

__attribute__((noinline)) void rig_flush(uint32_t returned)
{
    struct npn_caller caller = caller_here();
    npn_flush_end(&caller, npn_flush_begin(&caller), 1000, returned);
}

__attribute__((noinline)) void rig_malloc(void *block, enum event_function function)
{
    heap_allocated(block, 10, __builtin_frame_address(0), HEAP_BY(rig_plugin) | function);
}

__attribute__((noinline)) void rig_heap_free(void *block, enum event_function function)
{
    heap_freeing(block, __builtin_frame_address(0), HEAP_BY(rig_plugin) | function);
}

__attribute__((noinline)) void rig_held(void *object, enum object_step step)
{
    struct npn_caller caller = caller_here();
    object_held(&caller, 0, object, step);
}

__attribute__((noinline)) void rig_dropped(void *object, enum object_step step)
{
    struct npn_caller caller = caller_here();
    object_dropped(&caller, object, step);
}

__attribute__((noinline)) void rig_gone(void *object)
{
    struct npn_caller caller = caller_here();
    object_gone(&caller, object);
}

uint32_t rig_findings(void)
{
    return atomic_load(&rig_tracer->ring->used[RING_FINDINGS]);
}

const struct ring_finding *rig_found(uint32_t count, enum finding_kind kind, const void *address)
{
    const struct ring_finding *entries = ring_area(rig_tracer->ring, RING_FINDINGS);

    assert_int_equal(rig_findings(), count);
    const struct ring_finding *found = &entries[count - 1];
    assert_string_equal(finding_name(found->kind), finding_name(kind));
    assert_int_equal(found->address, (uint64_t)(uintptr_t)address);
    assert_int_equal(found->plugin, rig_plugin);
    assert_int_equal(found->count, 1);
    assert_int_not_equal(found->node, RING_NODE_NONE);
    assert_true(found->first_stamp != 0 && found->first_stamp == found->last_stamp);
    return found;
}

const struct ring_counters *rig_counters(uint32_t plugin)
{
    return &registry_plugin(rig_tracer, plugin)->npn;
}
