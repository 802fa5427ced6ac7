/* viewer/call_tree.c - all stacks of a recording as one tree of named places */
/* SPDX-License-Identifier: MIT */

#include "viewer/call_tree.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define LINES_MAX 256u /* of one frame: what the compiler put into one function there */

struct call_text {
    uint32_t id;
    char *text;
    UT_hash_handle hh;
};

/* A place or a node by what it is made of. */
struct call_seen {
    union {
        struct call_place place;
        struct call_node node;
    } key;
    uint32_t id;
    UT_hash_handle hh;
};

static uint32_t text_id(struct call_tree *tree, const char *text)
{
    struct call_text *seen;

    if (text == NULL)
        text = "";
    HASH_FIND_STR(tree->text_index, text, seen);
    if (seen != NULL)
        return seen->id;
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->text = xalloc_string(text);
    seen->id = (uint32_t)tree->text_count;
    tree->texts =
        xalloc_grown(tree->texts, tree->text_count, &tree->text_capacity, sizeof(*tree->texts));
    tree->texts[tree->text_count++] = seen->text;
    HASH_ADD_KEYPTR(hh, tree->text_index, seen->text, strlen(seen->text), seen);
    return seen->id;
}

static struct call_seen *new_seen(size_t id)
{
    struct call_seen *seen = xalloc_zeroed(1, sizeof(*seen));

    seen->id = (uint32_t)id;
    return seen;
}

static uint32_t place_id(struct call_tree *tree, const struct call_place *place)
{
    struct call_seen *seen;

    HASH_FIND(hh, tree->place_index, place, sizeof(*place), seen);
    if (seen != NULL)
        return seen->id;
    seen = new_seen(tree->place_count);
    seen->key.place = *place;
    tree->places =
        xalloc_grown(tree->places, tree->place_count, &tree->place_capacity, sizeof(*tree->places));
    tree->places[tree->place_count++] = *place;
    HASH_ADD(hh, tree->place_index, key.place, sizeof(*place), seen);
    return seen->id;
}

static uint32_t node_id(struct call_tree *tree, uint32_t parent, uint32_t place)
{
    struct call_node node = {parent, place};
    struct call_seen *seen;

    HASH_FIND(hh, tree->node_index, &node, sizeof(node), seen);
    if (seen != NULL)
        return seen->id;
    seen = new_seen(tree->node_count);
    seen->key.node = node;
    tree->nodes =
        xalloc_grown(tree->nodes, tree->node_count, &tree->node_capacity, sizeof(*tree->nodes));
    tree->nodes[tree->node_count++] = node;
    HASH_ADD(hh, tree->node_index, key.node, sizeof(node), seen);
    return seen->id;
}

void call_tree_init(struct call_tree *tree, struct names *names, const struct stacks *stacks)
{
    *tree = (struct call_tree){.names = names, .stacks = stacks};
    text_id(tree, "");
    place_id(tree, &(struct call_place){0});
    node_id(tree, 0, 0);
}

static void free_seen(struct call_seen **index)
{
    struct call_seen *seen, *next;

    HASH_ITER(hh, *index, seen, next)
    {
        HASH_DEL(*index, seen);
        free(seen);
    }
}

void call_tree_free(struct call_tree *tree)
{
    struct call_text *text, *next;

    HASH_ITER(hh, tree->text_index, text, next)
    {
        HASH_DEL(tree->text_index, text);
        free(text->text);
        free(text);
    }
    free_seen(&tree->place_index);
    free_seen(&tree->node_index);
    free(tree->texts);
    free(tree->places);
    free(tree->nodes);
    free(tree->of_frame);
    *tree = (struct call_tree){0};
}

struct frame_lines { /* places of one frame, innermost first */
    struct call_tree *tree;
    uint32_t places[LINES_MAX];
    size_t count;
};

static bool take_line(void *context, const struct names_line *line)
{
    struct frame_lines *lines = context;
    struct call_tree *tree = lines->tree;
    struct call_place place = {
        .function = text_id(tree, line->function),
        .module = text_id(tree, line->module),
        .file = text_id(tree, line->file),
        .line = line->line,
        .offset = line->function == NULL ? line->offset : 0,
        .flags = (line->inlined ? (uint32_t)CALL_PLACE_INLINED : 0) |
                 (line->guessed ? (uint32_t)CALL_PLACE_GUESSED : 0) |
                 (line->truncated ? (uint32_t)CALL_PLACE_TRUNCATED : 0),
    };

    lines->places[lines->count++] = place_id(tree, &place);
    /* The function that the frame is of ends its lines; more would be the caller's. */
    return line->inlined && lines->count < LINES_MAX;
}

static uint32_t *frame_slot(struct call_tree *tree, uint32_t frame)
{
    while (frame >= tree->frame_count) {
        tree->of_frame = xalloc_grown(tree->of_frame, tree->frame_count, &tree->frame_capacity,
                                      sizeof(*tree->of_frame));
        tree->of_frame[tree->frame_count++] = 0;
    }
    return &tree->of_frame[frame];
}

static uint32_t add_frame(struct call_tree *tree, uint32_t frame, uint32_t node)
{
    struct frame_lines lines = {.tree = tree};

    names_stack(tree->names, tree->stacks, frame, take_line, &lines);
    while (lines.count-- > 0)
        node = node_id(tree, node, lines.places[lines.count]);
    *frame_slot(tree, frame) = node + 1;
    return node;
}

/* Goes outwards to the first frame that is known already, then inwards again. */
uint32_t call_tree_node(struct call_tree *tree, uint32_t stack)
{
    uint32_t path[STACKS_MAX_DEPTH], at = stack, node = 0;
    size_t count = 0;

    for (; at != 0 && *frame_slot(tree, at) == 0 && count < STACKS_MAX_DEPTH;
         at = stacks_frame(tree->stacks, at)->parent)
        path[count++] = at;
    if (at != 0 && *frame_slot(tree, at) != 0)
        node = *frame_slot(tree, at) - 1;
    while (count-- > 0)
        node = add_frame(tree, path[count], node);
    return node;
}

char *call_tree_label(const struct call_tree *tree, uint32_t place)
{
    const struct call_place *at = &tree->places[place];
    const char *module = recording_base_name(tree->texts[at->module]);

    if (at->function != 0)
        return text_printable(tree->texts[at->function]);
    if (module[0] == '\0')
        return xalloc_format("0x%" PRIx64, at->offset);
    char *printable = text_printable(module);
    char *label = xalloc_format("%s+0x%" PRIx64, printable, at->offset);
    free(printable);
    return label;
}
