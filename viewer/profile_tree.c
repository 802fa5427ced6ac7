/* viewer/profile_tree.c - the rows of a profile as a tree of calls */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_tree.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct seen_name {
    char *key;
    uint32_t name;
    UT_hash_handle hh;
};

struct node_key {
    uint32_t parent, name;
};

struct seen_node {
    struct node_key key;
    uint32_t node;
    UT_hash_handle hh;
};

/* A function on the way of one stack. */
struct step {
    const char *function, *module;
    uint64_t offset;
    uint32_t name;
};

struct building {
    struct profile_tree *tree;
    struct seen_name *names;
    struct seen_node *nodes;
    struct step *path; /* of the stack at hand, innermost first */
    size_t path_count, path_capacity;
};

static uint32_t name_of(struct building *building, const struct step *step)
{
    char *key = xalloc_format("%s\n%s\n%" PRIx64, step->module != NULL ? step->module : "",
                              step->function != NULL ? step->function : "",
                              step->function != NULL ? 0 : step->offset);
    struct seen_name *seen;

    HASH_FIND_STR(building->names, key, seen);
    if (seen != NULL) {
        free(key);
        return seen->name;
    }
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->key = key;
    seen->name = (uint32_t)HASH_COUNT(building->names) + 1;
    HASH_ADD_KEYPTR(hh, building->names, seen->key, strlen(seen->key), seen);
    return seen->name;
}

static bool take_line(void *context, const struct names_line *line)
{
    struct building *building = context;
    struct step step = {line->function, line->module, line->offset, 0};

    step.name = name_of(building, &step);
    building->path = xalloc_grown(building->path, building->path_count, &building->path_capacity,
                                  sizeof(*building->path));
    building->path[building->path_count++] = step;
    return true;
}

static uint32_t add_node(struct profile_tree *tree, const struct step *step)
{
    tree->nodes =
        xalloc_grown(tree->nodes, tree->node_count, &tree->node_capacity, sizeof(*tree->nodes));
    tree->nodes[tree->node_count] = (struct profile_node){.function = step->function,
                                                          .module = step->module,
                                                          .offset = step->offset,
                                                          .name = step->name,
                                                          .is_unknown = step->name == 0};
    return (uint32_t)tree->node_count++;
}

static void add_child(struct profile_node *parent, uint32_t child)
{
    parent->children = xalloc_grown(parent->children, parent->child_count, &parent->child_capacity,
                                    sizeof(*parent->children));
    parent->children[parent->child_count++] = child;
}

static uint32_t child_of(struct building *building, uint32_t parent, const struct step *step)
{
    struct node_key key = {parent, step->name};
    struct seen_node *seen;

    HASH_FIND(hh, building->nodes, &key, sizeof(key), seen);
    if (seen == NULL) {
        seen = xalloc_zeroed(1, sizeof(*seen));
        seen->key = key;
        seen->node = add_node(building->tree, step);
        add_child(&building->tree->nodes[parent], seen->node);
        HASH_ADD(hh, building->nodes, key, sizeof(seen->key), seen);
    }
    return seen->node;
}

static void add_row(struct building *building, const struct profile_row *row,
                    enum profile_direction direction, size_t depth)
{
    const struct step unknown = {0};
    uint32_t at = (uint32_t)row->domain;
    size_t count = building->path_count;

    profile_numbers_add(&building->tree->nodes[at].numbers, row);
    if (count == 0) {
        at = child_of(building, at, &unknown);
        profile_numbers_add(&building->tree->nodes[at].numbers, row);
    }
    for (size_t i = 0; i < count && (depth == 0 || i < depth); i++) {
        at = child_of(building, at,
                      &building->path[direction == PROFILE_TOP_DOWN ? count - 1 - i : i]);
        profile_numbers_add(&building->tree->nodes[at].numbers, row);
    }
}

static void free_seen(struct building *building)
{
    struct seen_name *name, *next_name;
    struct seen_node *node, *next_node;

    HASH_ITER(hh, building->names, name, next_name)
    {
        HASH_DEL(building->names, name);
        free(name->key);
        free(name);
    }
    HASH_ITER(hh, building->nodes, node, next_node)
    {
        HASH_DEL(building->nodes, node);
        free(node);
    }
    free(building->path);
}

struct profile_tree profile_tree_build(struct session *session, const struct profile *profile,
                                       enum profile_direction direction, bool from_charged,
                                       size_t depth)
{
    struct profile_tree tree = {0};
    struct building building = {.tree = &tree};

    for (size_t i = 0; i < PROFILE_DOMAINS; i++)
        add_node(&tree, &(struct step){0});
    for (size_t i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        bool charged = from_charged && direction == PROFILE_BOTTOM_UP;
        building.path_count = 0;
        names_stack(session->names, session->stacks, charged ? row->charged : row->stack, take_line,
                    &building);
        add_row(&building, row, direction, depth);
    }
    free_seen(&building);
    return tree;
}

struct order {
    const struct profile_tree *tree;
    enum profile_column column;
};

static int by_column(const void *left, const void *right, void *context)
{
    const struct order *order = context;
    const struct profile_node *a = &order->tree->nodes[*(const uint32_t *)left];
    const struct profile_node *b = &order->tree->nodes[*(const uint32_t *)right];
    int result = profile_numbers_compare(&a->numbers, &b->numbers, order->column);

    return result != 0 ? result : (a->name > b->name) - (a->name < b->name);
}

void profile_tree_sort(struct profile_tree *tree, enum profile_column column)
{
    struct order order = {tree, column};

    for (size_t i = 0; i < tree->node_count; i++)
        if (tree->nodes[i].child_count > 1)
            qsort_r(tree->nodes[i].children, tree->nodes[i].child_count, sizeof(uint32_t),
                    by_column, &order);
}

void profile_tree_free(struct profile_tree *tree)
{
    for (size_t i = 0; i < tree->node_count; i++)
        free(tree->nodes[i].children);
    free(tree->nodes);
    *tree = (struct profile_tree){0};
}
