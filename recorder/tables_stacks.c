/* recorder/tables_stacks.c - finds a node by what it is */
/* SPDX-License-Identifier: MIT */

#include "recorder/tables_stacks.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 4096u

static uint32_t home_of(const struct tables_index *index, uint32_t parent, uint32_t flags,
                        uint64_t pc)
{
    uint64_t hash = (pc ^ (uint64_t)parent << 32 ^ flags) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32) & (index->slots - 1);
}

/* The slot of a node, or the empty one where it belongs: there always is one. */
static uint32_t *find(const struct tables *tables, uint32_t parent, uint32_t flags, uint64_t pc)
{
    const struct tables_index *index = &tables->index;
    const struct trace_node *nodes = tables->nodes.items;
    uint32_t at = home_of(index, parent, flags, pc);

    for (; index->ids[at] != 0; at = (at + 1) & (index->slots - 1)) {
        const struct trace_node *node = &nodes[index->ids[at] - 1];
        if (node->pc == pc && node->parent == parent && node->flags == flags)
            break;
    }
    return &index->ids[at];
}

/* A table for at least twice as many nodes as there are, with all of them. */
static int rebuild(struct tables *tables)
{
    const struct trace_node *nodes = tables->nodes.items;
    struct tables_index made = {.slots = FIRST_SLOTS};

    while (made.slots / 4 < tables->nodes.count && made.slots < UINT32_C(1) << 31)
        made.slots *= 2;
    made.ids = calloc(made.slots, sizeof(*made.ids));
    if (made.ids == NULL || made.slots / 2 < tables->nodes.count) {
        free(made.ids);
        return -ENOMEM;
    }
    free(tables->index.ids);
    tables->index = made;
    for (size_t i = 0; i < tables->nodes.count; i++)
        *find(tables, nodes[i].parent, nodes[i].flags, nodes[i].pc) = nodes[i].id;
    return 0;
}

uint32_t tables_stacks_node(struct tables *tables, uint32_t parent, uint32_t flags, uint64_t pc)
{
    if (tables->nodes.count >= tables->index.slots / 2 && rebuild(tables) != 0) {
        tables->error = -ENOMEM;
        return 0;
    }
    uint32_t *slot = find(tables, parent, flags, pc);
    if (*slot == 0)
        *slot = tables_add_node(tables, parent, flags, pc);
    return *slot;
}

void tables_stacks_close(struct tables *tables)
{
    free(tables->index.ids);
    tables->index = (struct tables_index){0};
}
