/* recorder/tables.c - strings and nodes get their names in the file; all tables are written */
/* SPDX-License-Identifier: MIT */

#include "recorder/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/tables_rows.h"
#include "recorder/tables_stacks.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define STRINGS_IN_BLOCK_BYTES (4u << 20) /* pending texts beyond this are written at once */
#define NODES_IN_BLOCK (256u * 1024)      /* at most 20 bytes each */

struct tables_own_string {
    UT_hash_handle hh;
    uint32_t id;
    char text[];
};

struct tables_own_pc {
    UT_hash_handle hh;
    uint64_t pc; /* to look up: less 1 for a return address */
};

void *tables_array_add(struct tables_array *array, size_t item_bytes)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity ? 2 * array->capacity : 64;
        void *items = reallocarray(array->items, capacity, item_bytes);
        if (items == NULL)
            return NULL;
        array->items = items;
        array->capacity = capacity;
    }
    return (char *)array->items + array->count++ * item_bytes;
}

int tables_open(struct tables *tables, const struct segment *segment, struct trace_writer *out)
{
    uint32_t string_bytes = segment->layout.area[RING_STRINGS].count;

    *tables = (struct tables){.segment = segment, .out = out};
    /* calloc of this size is fresh memory: pages that are never touched cost nothing. */
    tables->string_seen = calloc(string_bytes / 4 / 8 + 1, 1);
    tables->node_map_count = segment->layout.area[RING_NODES].count;
    tables->node_map = calloc(tables->node_map_count, sizeof(*tables->node_map));
    if (tables->string_seen == NULL || tables->node_map == NULL) {
        tables_close(tables);
        return -ENOMEM;
    }
    return 0;
}

static void forget_strings(struct tables *tables)
{
    struct trace_string *strings = tables->strings.items;

    for (size_t i = 0; i < tables->strings.count; i++)
        free((char *)strings[i].text.bytes);
    tables->strings.count = 0;
    tables->string_bytes = 0;
}

void tables_close(struct tables *tables)
{
    struct tables_own_string *own, *next;
    struct tables_own_pc *pc, *next_pc;

    forget_strings(tables);
    tables_stacks_close(tables);
    HASH_ITER(hh, tables->own, own, next) {
        HASH_DEL(tables->own, own);
        free(own);
    }
    HASH_ITER(hh, tables->pcs, pc, next_pc) {
        HASH_DEL(tables->pcs, pc);
        free(pc);
    }
    free(tables->strings.items);
    free(tables->string_seen);
    free(tables->node_map);
    free(tables->nodes.items);
    free(tables->chain.items);
    free(tables->modules.items);
    *tables = (struct tables){0};
}

/* ---- strings ----------------------------------------------------------------------------- */

static int write_strings(struct tables *tables)
{
    struct trace_buffer raw = {0};
    int error = 0;

    if (tables->strings.count == 0)
        return 0;
    trace_strings_encode(tables->strings.items, tables->strings.count, &raw);
    error = trace_writer_put(tables->out, TRACE_STRINGS, &raw);
    trace_buffer_free(&raw);
    forget_strings(tables);
    return error;
}

/* Strings name nothing, so a full block of them may be written at any time. */
static void add_string(struct tables *tables, uint32_t id, const char *text, uint32_t length)
{
    char *copy = malloc(length + 1);
    struct trace_string *string = copy ? tables_array_add(&tables->strings, sizeof(*string)) : NULL;

    if (string == NULL) {
        free(copy);
        tables->error = -ENOMEM;
        return;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    *string = (struct trace_string){.id = id, .text = {.bytes = copy, .length = length}};
    tables->string_bytes += length + 16;
    if (tables->string_bytes >= STRINGS_IN_BLOCK_BYTES)
        write_strings(tables); /* an error sticks in the writer */
}

void tables_want_string(struct tables *tables, uint32_t string)
{
    char text[TABLES_STRING_BYTES];
    uint32_t bit = string / 4;

    if (string == 0 || string >= tables->segment->layout.area[RING_STRINGS].count ||
        (tables->string_seen[bit / 8] & (1u << bit % 8)) != 0)
        return;
    tables->string_seen[bit / 8] |= (uint8_t)(1u << bit % 8);
    add_string(tables, string, text, segment_string(tables->segment, string, text, sizeof(text)));
}

uint32_t tables_own_string(struct tables *tables, const char *text)
{
    struct tables_own_string *own = NULL;
    size_t length = text ? strnlen(text, TABLES_STRING_BYTES - 1) : 0;

    if (length == 0)
        return 0;
    HASH_FIND(hh, tables->own, text, length, own);
    if (own != NULL)
        return own->id;
    own = malloc(sizeof(*own) + length + 1);
    if (own == NULL) {
        tables->error = -ENOMEM;
        return 0;
    }
    own->id = TRACE_STRING_OWN + tables->own_count;
    memcpy(own->text, text, length);
    own->text[length] = '\0';
    own->hh.tbl = NULL;
    HASH_ADD(hh, tables->own, text, length, own);
    if (own->hh.tbl == NULL) { /* uthash found no memory and left it out */
        free(own);
        tables->error = -ENOMEM;
        return 0;
    }
    tables->own_count++;
    add_string(tables, own->id, own->text, (uint32_t)length);
    return own->id;
}

/* ---- nodes ------------------------------------------------------------------------------- */

/* Collects the ring ids from ring_node outwards that have no number yet. False: no memory. */
static int collect_chain(struct tables *tables, uint32_t ring_node, uint32_t *ret_known)
{
    uint32_t capacity = tables->node_map_count;

    tables->chain.count = 0;
    while (ring_node != RING_NODE_NONE && tables->node_map[ring_node] == 0) {
        uint32_t *link = tables_array_add(&tables->chain, sizeof(*link));
        struct ring_node copy;

        if (link == NULL)
            return -ENOMEM;
        *link = ring_node;
        memcpy(&copy, segment_entry(tables->segment, RING_NODES, ring_node), sizeof(copy));
        if (copy.parent >= ring_node || copy.parent >= capacity) { /* not a tree: damaged */
            tables->damaged++;
            copy.parent = RING_NODE_NONE;
        }
        ring_node = copy.parent;
    }
    *ret_known = ring_node == RING_NODE_NONE ? 0 : tables->node_map[ring_node];
    return 0;
}

uint32_t tables_add_node(struct tables *tables, uint32_t parent, uint32_t flags, uint64_t pc)
{
    struct trace_node *node = tables_array_add(&tables->nodes, sizeof(*node));

    if (node == NULL) {
        tables->error = -ENOMEM;
        return RING_NODE_NONE;
    }
    *node = (struct trace_node){
        .id = (uint32_t)tables->nodes.count,
        .parent = parent,
        .flags = flags,
        .pc = pc,
    };
    return node->id;
}

uint32_t tables_want_node(struct tables *tables, uint32_t ring_node)
{
    uint32_t parent;

    if (ring_node == RING_NODE_NONE || ring_node == RING_NODE_INLINE)
        return ring_node;
    if (ring_node >= tables->node_map_count) {
        tables->damaged++;
        return RING_NODE_NONE;
    }
    if (tables->node_map[ring_node] != 0)
        return tables->node_map[ring_node];
    if (collect_chain(tables, ring_node, &parent) != 0) {
        tables->error = -ENOMEM;
        return RING_NODE_NONE;
    }
    for (size_t i = tables->chain.count; i-- > 0;) {
        uint32_t id = ((uint32_t *)tables->chain.items)[i];
        struct ring_node copy;

        memcpy(&copy, segment_entry(tables->segment, RING_NODES, id), sizeof(copy));
        parent = tables->index.slots != 0
                     ? tables_stacks_node(tables, parent, copy.flags, copy.pc)
                     : tables_add_node(tables, parent, copy.flags, copy.pc);
        if (parent == RING_NODE_NONE)
            return RING_NODE_NONE;
        tables->node_map[id] = parent;
    }
    return parent;
}

/* Inline stacks name no epoch; they are written while it lasts, so it is the latest. */
static uint64_t latest_epoch(struct tables *tables)
{
    uint32_t used = segment_used(tables->segment, RING_MODULES);

    for (; tables->epoch_modules < used; tables->epoch_modules++) {
        const struct ring_module *module =
            segment_entry(tables->segment, RING_MODULES, tables->epoch_modules);
        if (module->first_epoch > tables->epoch)
            tables->epoch = module->first_epoch;
    }
    return tables->epoch;
}

uint32_t tables_want_stack(struct tables *tables, const struct event_frame *frames,
                           uint32_t count)
{
    if (count == 0)
        return RING_NODE_NONE;
    uint32_t node = tables_stacks_node(tables, RING_NODE_NONE, RING_NODE_ROOT,
                                       latest_epoch(tables));
    for (uint32_t i = count; node != RING_NODE_NONE && i-- > 0;)
        node = tables_stacks_node(tables, node,
                                  (uint32_t)frames[i].flags & ~(uint32_t)RING_NODE_ROOT,
                                  frames[i].pc);
    return node;
}

void tables_want_pc(struct tables *tables, uint64_t pc, uint64_t flags)
{
    struct tables_own_pc *own = NULL;

    pc -= !(flags & RING_NODE_EXACT_PC);
    HASH_FIND(hh, tables->pcs, &pc, sizeof(pc), own);
    if (own != NULL)
        return;
    own = calloc(1, sizeof(*own));
    if (own != NULL) {
        own->pc = pc;
        HASH_ADD(hh, tables->pcs, pc, sizeof(own->pc), own);
        if (own->hh.tbl != NULL)
            return;
    }
    free(own);
    tables->error = -ENOMEM;
}

int tables_each_pc(const struct tables *tables, int (*each)(void *context, uint64_t pc),
                   void *context)
{
    int result = 0;

    for (struct tables_own_pc *own = tables->pcs; own != NULL && result == 0; own = own->hh.next)
        result = each(context, own->pc);
    return result;
}

static int write_nodes(struct tables *tables)
{
    const struct trace_node *nodes = tables->nodes.items;
    struct trace_buffer raw = {0};
    int error = 0;

    while (error == 0 && tables->nodes_written < tables->nodes.count) {
        size_t count = tables->nodes.count - tables->nodes_written;
        if (count > NODES_IN_BLOCK)
            count = NODES_IN_BLOCK;
        trace_buffer_clear(&raw);
        trace_nodes_encode(nodes + tables->nodes_written, count, &raw);
        error = trace_writer_put(tables->out, TRACE_NODES, &raw);
        tables->nodes_written += count;
    }
    trace_buffer_free(&raw);
    return error;
}

/* ---- all of them ------------------------------------------------------------------------- */

int tables_flush(struct tables *tables)
{
    /* Rows are collected before strings are written, since they want strings of their own. */
    struct tables_rows rows = {0};
    int error = tables_rows_collect(tables, &rows);

    if (error == 0)
        error = tables->error; /* nothing is written that names what is missing */
    if (error == 0)
        error = write_strings(tables);
    if (error == 0)
        error = tables_rows_write(tables, &rows);
    if (error == 0)
        error = write_nodes(tables);
    tables_rows_free(&rows);
    return error ? error : tables->error;
}

int tables_write_final(struct tables *tables)
{
    tables->plugins_written = 0;
    tables->instances_written = 0;
    return tables_flush(tables);
}
