/* viewer/profile_columns.c - the numbers of a profile as columns of a table */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_columns.h"
#include "viewer/choose.h"

const struct profile_column_facts profile_columns[PROFILE_COLUMNS] = {
    [COLUMN_BYTES] = {"bytes", "bytes", true, 0},
    [COLUMN_ALLOCS] = {"allocs", "allocs", false, 40},
    [COLUMN_RATE] = {"rate", "allocs/s", false, 110},
    [COLUMN_FREES] = {"frees", "frees", false, 120},
    [COLUMN_LIVE] = {"live", "live", true, 50},
    [COLUMN_BLOCKS] = {"blocks", "blocks", false, 90},
    [COLUMN_PEAK] = {"peak", "peak", true, 60},
    [COLUMN_AT_PEAK] = {"at-peak", "at peak", true, 70},
    [COLUMN_AT_PEAK_BLOCKS] = {"at-peak-blocks", "blocks then", false, 140},
    [COLUMN_TEMPORARY] = {"temporary", "temporary", false, 80},
};

int profile_column_named(const char *name, unsigned columns)
{
    const char *names[PROFILE_COLUMNS];

    for (unsigned i = 0; i < PROFILE_COLUMNS; i++)
        names[i] = (columns & COLUMN_BIT(i)) != 0 ? profile_columns[i].name : NULL;
    return choose_by_name("column", name, names, PROFILE_COLUMNS);
}

void profile_numbers_add(struct profile_numbers *numbers, const struct profile_row *row)
{
    numbers->of[COLUMN_BYTES] += row->bytes;
    numbers->of[COLUMN_ALLOCS] += row->allocs;
    numbers->of[COLUMN_RATE] += row->allocs;
    numbers->of[COLUMN_FREES] += row->frees;
    numbers->of[COLUMN_LIVE] += row->live_bytes;
    numbers->of[COLUMN_BLOCKS] += row->live_blocks;
    numbers->of[COLUMN_AT_PEAK] += row->at_peak_bytes;
    numbers->of[COLUMN_AT_PEAK_BLOCKS] += row->at_peak_blocks;
    numbers->of[COLUMN_TEMPORARY] += row->temporary;
}

/* Ties: by bytes, then by calls. */
int profile_numbers_compare(const struct profile_numbers *a, const struct profile_numbers *b,
                            enum profile_column column)
{
    const enum profile_column order[] = {column, COLUMN_BYTES, COLUMN_ALLOCS, COLUMN_FREES};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (a->of[order[i]] != b->of[order[i]])
            return a->of[order[i]] < b->of[order[i]] ? 1 : -1;
    return 0;
}

unsigned profile_columns_shown(const struct terminal *terminal, unsigned columns,
                               enum profile_column sorted)
{
    unsigned shown = COLUMN_BIT(sorted);

    for (unsigned i = 0; i < PROFILE_COLUMNS; i++)
        if ((columns & COLUMN_BIT(i)) != 0 &&
            (!terminal->cut || terminal->width >= profile_columns[i].least_width))
            shown |= COLUMN_BIT(i);
    return shown;
}

struct text profile_cell(const struct profile_numbers *numbers, enum profile_column column,
                         const struct terminal *terminal, uint64_t duration_ns)
{
    uint64_t number = numbers->of[column];

    if (column == COLUMN_RATE)
        return text_rate(number, duration_ns);
    if (!profile_columns[column].is_bytes)
        return text_count(number);
    return terminal->cut ? text_bytes_brief(number) : text_bytes(number);
}

void profile_numbers_json(json_t *json, const struct profile_numbers *numbers, unsigned columns)
{
    static const char *const keys[PROFILE_COLUMNS] = {
        [COLUMN_BYTES] = "bytes",           [COLUMN_ALLOCS] = "allocs",
        [COLUMN_FREES] = "frees",           [COLUMN_LIVE] = "live_bytes",
        [COLUMN_BLOCKS] = "live_blocks",    [COLUMN_PEAK] = "peak_bytes",
        [COLUMN_AT_PEAK] = "at_peak_bytes", [COLUMN_AT_PEAK_BLOCKS] = "at_peak_blocks",
        [COLUMN_TEMPORARY] = "temporary",
    };

    for (unsigned i = 0; i < PROFILE_COLUMNS; i++)
        if (keys[i] != NULL && (columns & COLUMN_BIT(i)) != 0)
            json_object_set_new(json, keys[i], json_out_number(numbers->of[i]));
}
