/* recorder/symbolize.c - names for the addresses of a recording, stored with it */
/* SPDX-License-Identifier: MIT */

#include "recorder/symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEP_NS 20000000u    /* how long a step may keep the others waiting */
#define STEP_ADDRESSES 2048u /* and how many addresses one block holds at most */

/* The module that was mapped at pc in that epoch: the latest entry that fits. NULL: none. */
static const struct trace_module *module_at(const struct tables *tables, uint64_t pc,
                                            uint64_t epoch)
{
    const struct trace_module *modules = tables->modules.items, *found = NULL;

    for (size_t i = 0; i < tables->modules.count; i++)
        if (pc >= modules[i].start && pc < modules[i].end && modules[i].first_epoch <= epoch &&
            (found == NULL || modules[i].first_epoch >= found->first_epoch))
            found = &modules[i];
    return found;
}

/* Two numbers, ordered by the first: (epoch, pc) or (module, address). */
static int compare_pairs(const void *left, const void *right)
{
    const struct symbolize_address *a = left, *b = right;

    if (a->scope != b->scope)
        return a->scope < b->scope ? -1 : 1;
    return a->address < b->address ? -1 : a->address > b->address;
}

static void sort_once_each(struct tables_array *array)
{
    struct symbolize_address *pair = array->items;
    size_t kept = 0;

    if (array->count > 1)
        qsort(pair, array->count, sizeof(*pair), compare_pairs);
    for (size_t i = 0; i < array->count; i++)
        if (kept == 0 || compare_pairs(&pair[kept - 1], &pair[i]) != 0)
            pair[kept++] = pair[i];
    array->count = kept;
}

static int add_pair(struct symbolize *symbolize, uint64_t epoch, uint64_t pc)
{
    struct symbolize_address *pair = tables_array_add(&symbolize->addresses, sizeof(*pair));

    if (pair == NULL)
        return -ENOMEM;
    *pair = (struct symbolize_address){.scope = epoch, .address = pc};
    return 0;
}

/* Stacks among the events name no epoch: readers take the latest module there. */
static int add_latest(void *symbolize, uint64_t pc)
{
    return add_pair(symbolize, UINT64_MAX, pc);
}

/* All (epoch, pc to look up). The epoch of a node is its root's; parents come before their
 * children. */
static int collect_pcs(struct symbolize *symbolize, uint64_t *epochs)
{
    const struct trace_node *nodes = symbolize->tables->nodes.items;

    for (size_t i = 0; i < symbolize->tables->nodes.count; i++) {
        const struct trace_node *node = &nodes[i];

        if (node->flags & RING_NODE_ROOT) {
            epochs[node->id] = node->pc;
            continue;
        }
        epochs[node->id] = epochs[node->parent];
        uint64_t pc = node->pc - !(node->flags & RING_NODE_EXACT_PC);
        int error = add_pair(symbolize, epochs[node->id], pc);
        if (error != 0)
            return error;
    }
    return tables_each_pc(symbolize->tables, add_latest, symbolize);
}

/* From (epoch, pc) to (module, file virtual address), without those that no module holds. */
static void find_modules(struct symbolize *symbolize)
{
    struct symbolize_address *pair = symbolize->addresses.items;
    size_t kept = 0;

    for (size_t i = 0; i < symbolize->addresses.count; i++) {
        const struct trace_module *module =
            module_at(symbolize->tables, pair[i].address, pair[i].scope);
        if (module != NULL)
            pair[kept++] = (struct symbolize_address){
                .scope = module->index,
                .address = pair[i].address - module->bias,
            };
    }
    symbolize->addresses.count = kept;
}

int symbolize_begin(struct symbolize *symbolize, const struct symbolize_lookup *lookup,
                    struct tables *tables)
{
    uint64_t *epochs = calloc(tables->nodes.count + 1, sizeof(*epochs));

    *symbolize = (struct symbolize){.lookup = lookup, .tables = tables};
    int error = epochs == NULL ? -ENOMEM : collect_pcs(symbolize, epochs);
    free(epochs);
    if (error != 0) {
        symbolize_end(symbolize);
        return error;
    }
    sort_once_each(&symbolize->addresses);
    find_modules(symbolize);
    sort_once_each(&symbolize->addresses);
    return 0;
}

void symbolize_end(struct symbolize *symbolize)
{
    free(symbolize->addresses.items);
    *symbolize = (struct symbolize){0};
}

/* The frames of all symbols stand in one growing array: pointers into it are set at the end. */
struct found {
    struct tables_array symbols; /* struct trace_symbol, .frames not set yet */
    struct tables_array frames;  /* struct trace_symbol_frame */
};

static int add_frames(struct symbolize *symbolize, struct found *found,
                      const struct symbolize_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct trace_symbol_frame *frame = tables_array_add(&found->frames, sizeof(*frame));
        if (frame == NULL)
            return -ENOMEM;
        *frame = (struct trace_symbol_frame){
            .function = tables_own_string(symbolize->tables, frames[i].function),
            .file = tables_own_string(symbolize->tables, frames[i].file),
            .line = frames[i].line,
            .column = frames[i].column,
            .inlined = frames[i].inlined,
        };
    }
    return 0;
}

static int look_up(struct symbolize *symbolize, struct found *found,
                   const struct symbolize_address *address)
{
    const struct tables *tables = symbolize->tables;
    const struct trace_module *module =
        (const struct trace_module *)tables->modules.items + address->scope;
    struct trace_symbol *symbol = tables_array_add(&found->symbols, sizeof(*symbol));
    struct symbolize_frame frames[TRACE_SYMBOL_MAX_FRAMES];
    char path[TABLES_STRING_BYTES];
    bool verified = false;

    if (symbol == NULL)
        return -ENOMEM;
    segment_string(tables->segment, module->path, path, sizeof(path));
    size_t count = symbolize->lookup->frames(symbolize->lookup->context, module, path,
                                             address->address, frames, TRACE_SYMBOL_MAX_FRAMES,
                                             &verified);
    *symbol = (struct trace_symbol){
        .module = module->index,
        .build_id_bytes = verified ? module->build_id_bytes : 0,
        .address = address->address,
        .frame_count = (uint32_t)count,
    };
    if (verified)
        memcpy(symbol->build_id, module->build_id, module->build_id_bytes);
    return add_frames(symbolize, found, frames, count);
}

static int write_found(struct symbolize *symbolize, struct found *found)
{
    struct trace_symbol *symbols = found->symbols.items;
    const struct trace_symbol_frame *frames = found->frames.items;
    struct trace_buffer raw = {0};
    size_t at = 0;
    int error = tables_flush(symbolize->tables);

    for (size_t i = 0; i < found->symbols.count; i++) {
        symbols[i].frames = frames + at;
        at += symbols[i].frame_count;
    }
    if (error == 0) {
        trace_symbols_encode(symbols, found->symbols.count, &raw);
        error = trace_writer_put(symbolize->tables->out, TRACE_SYMBOLS, &raw);
    }
    trace_buffer_free(&raw);
    return error;
}

int symbolize_step(struct symbolize *symbolize)
{
    const struct symbolize_address *addresses = symbolize->addresses.items;
    struct found found = {0};
    uint64_t until = ticks_clock_ns() + STEP_NS;
    int error = 0;

    while (error == 0 && symbolize->done < symbolize->addresses.count &&
           found.symbols.count < STEP_ADDRESSES && ticks_clock_ns() < until)
        error = look_up(symbolize, &found, &addresses[symbolize->done++]);
    if (error == 0 && found.symbols.count > 0)
        error = write_found(symbolize, &found);
    free(found.symbols.items);
    free(found.frames.items);
    return error ? error : symbolize->done < symbolize->addresses.count;
}
