/* tests/unit/viewer-own-nodes.c - stacks beside events become nodes, equal ones the same */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/splitmix.h"
#include "viewer/own_nodes.h"

#define STACKS 20000u
#define DEPTH 9u
#define PCS 7u

struct made_stack {
    struct event_frame frames[DEPTH];
    uint32_t count, node;
};

static struct made_stack make(uint64_t *random)
{
    struct made_stack stack = {.count = 1 + splitmix_below(random, DEPTH)};

    for (uint32_t i = 0; i < stack.count; i++)
        stack.frames[i] = (struct event_frame){
            .pc = UINT64_C(0x7f0000001000) + splitmix_below(random, PCS) * 0x1000u,
            .flags = splitmix_below(random, 5) == 0 ? RING_NODE_EXACT_PC : 0,
        };
    return stack;
}

static int by_frames(const void *left, const void *right)
{
    const struct made_stack *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return memcmp(a->frames, b->frames, a->count * sizeof(a->frames[0]));
}

/* From a node out to the root: the frames that it was made of. */
static void assert_leads_out(const struct own_nodes *nodes, const struct made_stack *stack)
{
    struct ring_node node;
    uint32_t id = stack->node;

    for (uint32_t i = 0; i < stack->count; i++) {
        assert_true(own_nodes_get(nodes, id, &node));
        assert_int_equal(node.pc, stack->frames[i].pc);
        assert_int_equal(node.flags, stack->frames[i].flags);
        assert_true(node.parent < id);
        id = node.parent;
    }
    assert_true(own_nodes_get(nodes, id, &node));
    assert_int_equal(node.flags, RING_NODE_ROOT);
}

static void equal_stacks_are_one_node(void **state)
{
    struct made_stack *stacks = calloc(STACKS, sizeof(*stacks));
    struct own_nodes nodes = {0};
    uint64_t random = 1;

    (void)state;
    assert_non_null(stacks);
    for (size_t i = 0; i < STACKS; i++) {
        stacks[i] = make(&random);
        stacks[i].node = own_nodes_stack(&nodes, stacks[i].frames, stacks[i].count);
    }
    for (size_t i = 0; i < STACKS; i++)
        assert_leads_out(&nodes, &stacks[i]);
    qsort(stacks, STACKS, sizeof(*stacks), by_frames);
    for (size_t i = 1; i < STACKS; i++)
        assert_int_equal(stacks[i].node == stacks[i - 1].node,
                         by_frames(&stacks[i], &stacks[i - 1]) == 0);
    own_nodes_free(&nodes);
    assert_int_equal(nodes.count, 0);
    free(stacks);
}

static void no_frames_are_no_node(void **state)
{
    struct own_nodes nodes = {0};
    struct ring_node node;

    (void)state;
    assert_int_equal(own_nodes_stack(&nodes, NULL, 0), RING_NODE_NONE);
    assert_false(own_nodes_get(&nodes, OWN_NODES_FIRST + (uint32_t)nodes.count, &node));
    assert_false(own_nodes_get(&nodes, 0, &node));
    own_nodes_free(&nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_are_one_node),
        cmocka_unit_test(no_frames_are_no_node),
    };
    return cmocka_run_group_tests_name("viewer-own-nodes", tests, NULL, NULL);
}
