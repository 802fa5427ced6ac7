/* tests/unit/viewer_contract.c - a made recording in which everything changes hands */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_contract.h"

enum { FIRST = 1, SECOND = 2 };

static uint32_t stack_in(struct made *made, uint64_t plugin_pc)
{
    return made_stack(made, 0, (uint64_t[]){plugin_pc, 0x401000}, 2);
}

static void hand_over(struct made *made, uint32_t stack)
{
    made_alloc(made, 1, FIRST, 2, 0x710000, 40, stack);
    made_handed(made, 1, FIRST, 2, NPN_WAY_RESULT, 0x710000, stack);
    made_received(made, 1, FIRST, 2, NPN_ORIGIN_VARIANT, 0x720000, 7, stack);
    made_handed(made, 1, FIRST, 2, NPN_WAY_RESULT, 0x720000, stack);
    made_received(made, 1, FIRST, 2, NPN_ORIGIN_VARIANT, 0x730000, 7, stack);
    made_released(made, 1, FIRST, 2, 0x730000, stack);
    made_received(made, 1, FIRST, 2, NPN_ORIGIN_ENUMERATE, 0x740000, 16, stack);
    made_free_block(made, 1, FIRST, 2, 0x740000, stack);
}

static void hold(struct made *made, uint32_t stack, uint32_t last_stack)
{
    made_object(made, 0, FIRST, 1, OBJECT_CREATED, CONTRACT_OBJECT, stack);
    made_object(made, 0, FIRST, 1, OBJECT_RETAINED, CONTRACT_OBJECT, last_stack);
    made_object(made, 0, FIRST, 2, OBJECT_GOT, 0x901000, stack);
    made_object(made, 0, FIRST, 2, OBJECT_RELEASED, 0x901000, stack);
}

struct made *contract_of(unsigned count)
{
    struct made *made = made_new(0);

    made_module(made, "/usr/bin/made-host", 0, 0x400000, 0x500000, RING_MODULE_MAIN);
    made_module(made, "/opt/libnpfirst.so", 0, 0x7f1000000000, 0x7f1000010000, 0);
    made_module(made, "/opt/libnpsecond.so", 0, 0x7f2000000000, 0x7f2000010000, 0);
    made_plugin(made, "/opt/libnpfirst.so");
    made_plugin(made, "/opt/libnpsecond.so");
    struct ring_instance *instances = ring_area(made->base, RING_INSTANCES);
    made_instance(made, FIRST, "application/x-one");
    atomic_store(&instances[0].page, made_string(made, "http://example.org/"));
    made_instance(made, FIRST, "application/x-two");
    made_instance(made, SECOND, "application/x-three");
    uint32_t strings = stack_in(made, 0x7f1000000100), results = stack_in(made, 0x7f1000000200);
    uint32_t created = stack_in(made, 0x7f1000000300), retained = stack_in(made, 0x7f1000000400);

    for (uint32_t i = 0; i < count; i++)
        made_received(made, i % 2, FIRST, 1, NPN_ORIGIN_IDENTIFIER, 0x600000 + 32 * i, 12, strings);
    for (uint32_t i = 0; i < 2; i++)
        made_received(made, 0, FIRST, 2, NPN_ORIGIN_IDENTIFIER, 0x610000 + 32 * i, 12, strings);
    hand_over(made, results);
    hold(made, created, retained);
    made_alloc(made, 0, SECOND, 3, CONTRACT_BLOCK, 64, stack_in(made, 0x7f2000000500));
    made_destroy(made, 1);
    return made;
}

struct made *contract_just_destroyed(void)
{
    return contract_of(CONTRACT_STRINGS);
}

struct made *contract_example(void)
{
    struct made *made = contract_just_destroyed();

    made->now += UINT64_C(1000000000);
    made_flush(made, 0, 2);
    return made;
}

static void own(struct ring_finding *finding, uint32_t plugin, uint32_t instance, uint32_t node)
{
    finding->owner_plugin = (uint16_t)plugin;
    finding->owner_instance = instance;
    finding->owner_node = node;
    finding->owner_stamp = MADE_START + 2000;
}

void contract_add_findings(struct made *made)
{
    uint32_t where = stack_in(made, 0x7f1000000600), from = stack_in(made, 0x7f1000000700);
    uint32_t before = stack_in(made, 0x7f1000000800), second = stack_in(made, 0x7f2000000500);

    struct ring_finding *finding = made_finding(made, FINDING_DOUBLE_FREE, FIRST, 2, where);
    own(finding, FIRST, 2, from);
    finding->released_node = before;
    finding->address = 0x750000;
    finding->size = 32;
    finding->count = 3;
    finding = made_finding(made, FINDING_OTHERS_BLOCK, FIRST, 2, where);
    own(finding, SECOND, 3, second);
    finding->address = 0x760000;
    finding->size = 16;
    finding->owner_flags = NPN_ORIGIN_IDENTIFIER << EVENT_ORIGIN_SHIFT;
    finding = made_finding(made, FINDING_OFF_THREAD, FIRST, 0, where);
    finding->detail = 240;
    finding = made_finding(made, FINDING_FLUSH_SPINS, SECOND, 0, second);
    finding->detail = 64;
    finding = made_finding(made, FINDING_RESULT_WHILE_FALSE, SECOND, 3, second);
    own(finding, SECOND, 3, made_live(made, CONTRACT_BLOCK)->node);
    finding->address = CONTRACT_BLOCK;
    finding->size = 64;
    finding = made_finding(made, FINDING_RESULT_NOT_ALLOC, SECOND, 3, second);
    finding->address = 0x404040;
    finding->detail = NPN_WAY_FORM;
}

struct made *contract_with_findings(void)
{
    struct made *made = contract_example();

    contract_add_findings(made);
    return made;
}
