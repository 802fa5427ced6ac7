/* viewer/page_rows.c - rows of a profile and their changes, as columns of a page */
/* SPDX-License-Identifier: MIT */

#include "viewer/page_rows.h"
#include "viewer/json_out.h"
#include "viewer/page_data.h"
#include "viewer/page_out.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

struct page_row {
    struct profile_row row;
    uint32_t node; /* of the tree */
};

struct page_rows {
    struct page_row *list;
    size_t count, capacity;
    size_t left_out;
    uint32_t *others;    /* by domain and plug-in: the row of what is put together, + 1 */
    uint32_t *of_number; /* by a row's number: where it went */
};

static uint32_t add_row(struct page_rows *rows, const struct profile_row *row, uint32_t node)
{
    rows->list = xalloc_grown(rows->list, rows->count, &rows->capacity, sizeof(*rows->list));
    rows->list[rows->count] = (struct page_row){.row = *row, .node = node};
    return (uint32_t)rows->count++;
}

static void add_to(struct profile_row *to, const struct profile_row *from)
{
    to->allocs += from->allocs;
    to->bytes += from->bytes;
    to->frees += from->frees;
    to->live_blocks += from->live_blocks;
    to->live_bytes += from->live_bytes;
    to->at_peak_blocks += from->at_peak_blocks;
    to->at_peak_bytes += from->at_peak_bytes;
    to->temporary += from->temporary;
}

static uint32_t add_to_others(struct page_rows *rows, const struct profile_row *row)
{
    uint32_t *other = &rows->others[row->plugin * PROFILE_DOMAINS + row->domain];

    rows->left_out++;
    if (*other == 0) {
        struct profile_row alone = *row;
        alone.instance = alone.stack = 0;
        *other = add_row(rows, &alone, 0) + 1;
    } else {
        add_to(&rows->list[*other - 1].row, row);
    }
    return *other - 1;
}

static void choose_rows(struct page_rows *rows, const struct session *session,
                        const struct profile *profile, struct call_tree *tree)
{
    size_t limit = session_limit(session, PAGE_ROWS);

    rows->of_number = xalloc_zeroed(profile->number_end, sizeof(*rows->of_number));
    rows->others = xalloc_zeroed((session->recording->plugin_count + 1) * PROFILE_DOMAINS,
                                 sizeof(*rows->others));
    for (size_t i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        rows->of_number[row->number] = i < limit
                                           ? add_row(rows, row, call_tree_node(tree, row->stack))
                                           : add_to_others(rows, row);
    }
}

static void write_rows(const struct page_rows *rows, FILE *to)
{
    page_out_open(to, "rows", '{');
    PAGE_OUT_COLUMN(to, "domain", rows->list, rows->count, .row.domain, true);
    PAGE_OUT_COLUMN(to, "plugin", rows->list, rows->count, .row.plugin, false);
    PAGE_OUT_COLUMN(to, "instance", rows->list, rows->count, .row.instance, false);
    PAGE_OUT_COLUMN(to, "node", rows->list, rows->count, .node, false);
    PAGE_OUT_COLUMN(to, "allocs", rows->list, rows->count, .row.allocs, false);
    PAGE_OUT_COLUMN(to, "bytes", rows->list, rows->count, .row.bytes, false);
    PAGE_OUT_COLUMN(to, "live_blocks", rows->list, rows->count, .row.live_blocks, false);
    PAGE_OUT_COLUMN(to, "live_bytes", rows->list, rows->count, .row.live_bytes, false);
    PAGE_OUT_COLUMN(to, "at_peak_bytes", rows->list, rows->count, .row.at_peak_bytes, false);
    PAGE_OUT_COLUMN(to, "temporary", rows->list, rows->count, .row.temporary, false);
    page_out_close(to, '}');
    page_out_member(to, "rows_left_out", json_out_number(rows->left_out));
}

static void write_changes(const struct page_rows *rows, const struct profile *profile, FILE *to)
{
    const struct profile_change *list = profile->changes;
    size_t count = profile->change_count;

    page_out_open(to, "changes", '{');
    page_out_column(to, "row", true);
    for (size_t i = 0; i < count; i++)
        page_out_number(to, i == 0, rows->of_number[list[i].number]);
    page_out_close(to, ']');
    PAGE_OUT_COLUMN(to, "sample", list, count, .sample, false);
    PAGE_OUT_COLUMN(to, "allocs", list, count, .allocs, false);
    PAGE_OUT_COLUMN(to, "bytes", list, count, .bytes, false);
    PAGE_OUT_COLUMN(to, "temporary", list, count, .temporary, false);
    PAGE_OUT_COLUMN(to, "blocks", list, count, .live_blocks, false);
    PAGE_OUT_COLUMN(to, "live", list, count, .live_bytes, false);
    page_out_close(to, '}');
}

void page_rows_write(const struct session *session, const struct profile *profile,
                     struct call_tree *tree, FILE *to)
{
    struct page_rows rows = {0};

    choose_rows(&rows, session, profile, tree);
    write_rows(&rows, to);
    write_changes(&rows, profile, to);
    free(rows.list);
    free(rows.others);
    free(rows.of_number);
}
