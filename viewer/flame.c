/* viewer/flame.c - stacks of a profile as a flame graph */
/* SPDX-License-Identifier: MIT */

#include "viewer/flame.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct flame_key {
    uint32_t parent, function, module, reserved;
    uint64_t offset;
};

struct flame_seen {
    struct flame_key key;
    uint32_t id;
    UT_hash_handle hh;
};

const char *const flame_measure_names[FLAME_MEASURES] = {
    [FLAME_BYTES] = "bytes",   [FLAME_ALLOCS] = "allocs", [FLAME_LIVE] = "live",
    [FLAME_BLOCKS] = "blocks", [FLAME_PEAK] = "peak",     [FLAME_TEMPORARY] = "temporary",
};

const char *const flame_measure_texts[FLAME_MEASURES] = {
    [FLAME_BYTES] = "bytes allocated",       [FLAME_ALLOCS] = "allocations",
    [FLAME_LIVE] = "bytes live at the end",  [FLAME_BLOCKS] = "blocks live at the end",
    [FLAME_PEAK] = "bytes live at the peak", [FLAME_TEMPORARY] = "temporary allocations",
};

static uint64_t value_of(const struct profile_row *row, enum flame_measure measure)
{
    const uint64_t values[FLAME_MEASURES] = {
        [FLAME_BYTES] = row->bytes,        [FLAME_ALLOCS] = row->allocs,
        [FLAME_LIVE] = row->live_bytes,    [FLAME_BLOCKS] = row->live_blocks,
        [FLAME_PEAK] = row->at_peak_bytes, [FLAME_TEMPORARY] = row->temporary,
    };
    return values[measure];
}

struct text flame_text(const struct flame *flame, uint64_t value)
{
    bool is_bytes = flame->measure == FLAME_BYTES || flame->measure == FLAME_LIVE ||
                    flame->measure == FLAME_PEAK;
    return is_bytes ? text_bytes(value) : text_count(value);
}

static uint32_t child_of(struct flame *flame, uint32_t parent, uint32_t place_id)
{
    const struct call_place *place = &flame->tree.places[place_id];
    struct flame_key key = {
        .parent = parent,
        .function = place->function,
        .module = place->module,
        .offset = place->offset,
    };
    struct flame_seen *seen;

    HASH_FIND(hh, flame->seen, &key, sizeof(key), seen);
    if (seen != NULL)
        return seen->id;
    flame->nodes =
        xalloc_grown(flame->nodes, flame->count, &flame->capacity, sizeof(*flame->nodes));
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->key = key;
    seen->id = (uint32_t)flame->count++;
    flame->nodes[seen->id] = (struct flame_node){
        .parent = parent, .place = place_id, .depth = flame->nodes[parent].depth + 1};
    HASH_ADD(hh, flame->seen, key, sizeof(key), seen);
    return seen->id;
}

/* Goes outwards as far as the tree's nodes go, then takes the path in the order asked for. */
static void add_row(struct flame *flame, uint32_t node, uint64_t value)
{
    uint32_t path[STACKS_MAX_DEPTH], at = 0;
    size_t count = 0;

    for (; node != 0 && count < STACKS_MAX_DEPTH; node = flame->tree.nodes[node].parent)
        path[count++] = flame->tree.nodes[node].place;
    flame->nodes[0].value += value;
    for (size_t i = 0; i < count; i++) {
        at = child_of(flame, at, path[flame->upside_down ? i : count - 1 - i]);
        flame->nodes[at].value += value;
    }
}

static int by_value(const void *left, const void *right, void *context)
{
    const struct flame *flame = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t of_a = flame->nodes[a].value, of_b = flame->nodes[b].value;

    if (of_a != of_b)
        return of_a < of_b ? 1 : -1;
    return (a > b) - (a < b);
}

/* Biggest last, so that putting each in front leaves the biggest first. */
static void link_children(struct flame *flame)
{
    uint32_t *order = xalloc_zeroed(flame->count, sizeof(*order));

    for (uint32_t i = 0; i < flame->count; i++)
        order[i] = i;
    qsort_r(order, flame->count, sizeof(*order), by_value, flame);
    for (size_t i = flame->count; i-- > 0;) {
        uint32_t id = order[i];
        if (id == 0)
            continue;
        struct flame_node *node = &flame->nodes[id], *parent = &flame->nodes[node->parent];
        node->next = parent->first;
        parent->first = id;
    }
    free(order);
}

struct flame *flame_build(struct session *session, const struct profile *profile,
                          enum flame_measure measure, bool upside_down)
{
    struct flame *flame = xalloc_zeroed(1, sizeof(*flame));

    flame->measure = measure;
    flame->upside_down = upside_down;
    call_tree_init(&flame->tree, session->names, session->stacks);
    flame->nodes = xalloc_grown(NULL, 0, &flame->capacity, sizeof(*flame->nodes));
    flame->nodes[0] = (struct flame_node){0};
    flame->count = 1;
    for (size_t i = 0; i < profile->row_count; i++) {
        uint64_t value = value_of(&profile->rows[i], measure);
        if (value != 0)
            add_row(flame, call_tree_node(&flame->tree, profile->rows[i].stack), value);
    }
    link_children(flame);
    return flame;
}

void flame_free(struct flame *flame)
{
    struct flame_seen *seen, *next;

    if (flame == NULL)
        return;
    HASH_ITER(hh, flame->seen, seen, next)
    {
        HASH_DEL(flame->seen, seen);
        free(seen);
    }
    call_tree_free(&flame->tree);
    free(flame->nodes);
    free(flame);
}
