/* viewer/live_stacks.c - the call stacks of a live view, equal ones as one */
/* SPDX-License-Identifier: MIT */

#include "viewer/live.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct live_group {
    struct live_row row;
    uint32_t stack;
    struct live_past past;
    char *text; /* NULL: not looked up yet */
};

struct group_key {
    uint32_t is_heap, plugin, stack;
};

struct live_group_index {
    struct group_key key;
    uint32_t group;
    UT_hash_handle hh;
};

static uint32_t group_of_stack(struct live *live, bool is_heap, uint32_t plugin, uint32_t stack)
{
    struct group_key key = {is_heap, plugin, stack};
    struct live_group_index *found;

    HASH_FIND(hh, live->group_index, &key, sizeof(key), found);
    if (found != NULL)
        return found->group;
    if (live->group_count == 0)
        live->group_count = 1;
    while (live->group_count >= live->group_capacity)
        live->groups = xalloc_grown(live->groups, live->group_capacity, &live->group_capacity,
                                    sizeof(*live->groups));
    found = xalloc_zeroed(1, sizeof(*found));
    found->key = key;
    found->group = (uint32_t)live->group_count++;
    live->groups[found->group] = (struct live_group){
        .row = {.kind = LIVE_STACK, .is_heap = is_heap, .plugin = plugin, .group = found->group},
        .stack = stack,
    };
    HASH_ADD(hh, live->group_index, key, sizeof(found->key), found);
    return found->group;
}

/* Sums keep their numbers, so each is put into its group once. */
static void group_new_sums(struct live *live, bool is_heap, const struct stack_sums *sums)
{
    size_t known = live->group_of_count[is_heap];

    if (sums->count <= known)
        return;
    uint32_t *group_of = xalloc_resized(live->group_of[is_heap], sums->count, sizeof(*group_of));
    for (size_t i = known; i < sums->count; i++) {
        const struct stack_sum *sum = &sums->list[i];
        group_of[i] =
            i == 0 ? 0
                   : group_of_stack(live, is_heap, sum->plugin, stacks_of(live->stacks, sum->node));
    }
    live->group_of[is_heap] = group_of;
    live->group_of_count[is_heap] = sums->count;
}

static void add_up(struct live *live, bool is_heap, const struct stack_sums *sums)
{
    for (size_t i = 1; i < sums->count; i++) {
        const struct stack_sum *sum = &sums->list[i];
        struct live_row *row = &live->groups[live->group_of[is_heap][i]].row;
        row->allocs += sum->allocs;
        row->bytes += sum->bytes;
        row->live_blocks += sum->live_blocks;
        row->live_bytes += sum->live_bytes;
    }
}

static void clear(struct live_row *row)
{
    row->allocs = row->bytes = row->live_blocks = row->live_bytes = 0;
}

static void clip(struct live_row *row)
{
    if (row->live_bytes >> 63 != 0 || row->live_blocks >> 63 != 0)
        row->live_bytes = row->live_blocks = 0;
}

void live_stacks_look(struct live *live)
{
    const struct model *model = live->follow->model;

    group_new_sums(live, false, &model->stacks);
    group_new_sums(live, true, &model->heap.stacks);
    for (size_t i = 1; i < live->group_count; i++)
        clear(&live->groups[i].row);
    add_up(live, false, &model->stacks);
    add_up(live, true, &model->heap.stacks);
    live->stack_row_count = 0;
    for (size_t i = 1; i < live->group_count; i++) {
        struct live_group *group = &live->groups[i];
        clip(&group->row);
        group->row.allocs_per_s = group->row.bytes_per_s = 0;
        live_rate(live, &group->row, &group->past);
        if (!live_wants(live, group->row.plugin))
            continue;
        *live_add_row(&live->stack_rows, &live->stack_row_count, &live->stack_row_capacity) =
            group->row;
    }
}

uint32_t live_stack(const struct live *live, const struct live_row *row)
{
    return live->groups[row->group].stack;
}

/* The line that names a stack. */
struct naming {
    const char *plugin; /* file name; NULL: the host */
    char *first;        /* innermost line */
    char *own;          /* innermost line of the plug-in's own code */
};

static char *text_of(const struct names_line *line)
{
    char *module, *text;

    if (line->function == NULL && line->module == NULL)
        return xalloc_format("0x%" PRIx64, line->offset);
    if (line->function == NULL) {
        module = text_printable(recording_base_name(line->module));
        text = xalloc_format("%s+0x%" PRIx64, module, line->offset);
        free(module);
        return text;
    }
    char *function = text_printable(line->function);
    if (line->file == NULL) {
        module = text_printable(line->module != NULL ? recording_base_name(line->module) : "?");
        text = xalloc_format("%s (%s)", function, module);
    } else {
        module = text_printable(recording_base_name(line->file));
        text = xalloc_format("%s (%s:%" PRIu32 ")", function, module, line->line);
    }
    free(module);
    free(function);
    return text;
}

static bool name_line(void *context, const struct names_line *line)
{
    struct naming *naming = context;

    if (naming->first == NULL)
        naming->first = text_of(line);
    if (naming->plugin == NULL || line->module == NULL ||
        strcmp(recording_base_name(line->module), naming->plugin) != 0)
        return naming->plugin != NULL;
    naming->own = text_of(line);
    return false;
}

const char *live_stack_text(struct live *live, const struct live_row *row)
{
    struct live_group *group = &live->groups[row->group];
    const struct recording *recording = live->follow->recording;
    struct naming naming = {0};

    if (group->text != NULL)
        return group->text;
    if (row->plugin != 0)
        naming.plugin = recording_base_name(recording->plugins[row->plugin - 1].path);
    names_stack(live_names(live), live->stacks, group->stack, name_line, &naming);
    if (naming.own != NULL) {
        group->text = naming.own;
        free(naming.first);
    } else {
        group->text = naming.first != NULL ? naming.first : xalloc_string("(unknown stack)");
    }
    return group->text;
}

void live_stacks_free(struct live *live)
{
    struct live_group_index *entry, *next;

    HASH_ITER(hh, live->group_index, entry, next)
    {
        HASH_DEL(live->group_index, entry);
        free(entry);
    }
    for (size_t i = 1; i < live->group_count; i++)
        free(live->groups[i].text);
    free(live->groups);
    free(live->group_of[0]);
    free(live->group_of[1]);
}
