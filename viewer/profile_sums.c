/* viewer/profile_sums.c - what one block adds to a profile */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_reading.h"
#include "viewer/xalloc.h"

/* Before a row changes: what it had at the latest peak. */
static void keep_peak(const struct reading *reading, struct reading_row *row)
{
    uint64_t number = reading->peak_numbers[row->row.domain];

    if (row->number == number)
        return;
    row->number = number;
    row->row.at_peak_blocks = row->row.live_blocks;
    row->row.at_peak_bytes = row->row.live_bytes;
}

static void add_live(struct reading_live *live, uint64_t size_bytes)
{
    live->blocks++;
    live->bytes += size_bytes;
    if (live->bytes > live->peak_bytes)
        live->peak_bytes = live->bytes;
}

static void take_live(struct reading_live *live, uint64_t size_bytes)
{
    live->blocks--;
    live->bytes -= size_bytes;
}

static void note_peak_of_both(struct reading *reading, uint64_t stamp)
{
    struct profile *profile = reading->profile;

    if (reading->sums.bytes <= profile->peak_bytes)
        return;
    profile->peak_bytes = reading->sums.bytes;
    profile->peak_blocks = reading->sums.blocks;
    profile->peak_stamp = stamp;
    for (size_t i = 0; i < PROFILE_DOMAINS; i++)
        reading->peak_numbers[i] += !reading->has_peak_of_each;
}

static void note_peak_of(struct reading *reading, enum leak_domain domain, uint64_t stamp)
{
    const struct reading_live *live = &reading->domains[domain];
    struct profile_peak *peak = &reading->profile->peaks[domain];

    if (live->bytes <= peak->bytes)
        return;
    *peak = (struct profile_peak){stamp, live->bytes, live->blocks};
    reading->peak_numbers[domain] += reading->has_peak_of_each;
}

static void add_to_row(struct profile_row *row, uint64_t size_bytes, uint64_t stamp)
{
    row->allocs++;
    row->bytes += size_bytes;
    row->live_blocks++;
    row->live_bytes += size_bytes;
    if (row->live_bytes > row->peak_bytes)
        row->peak_bytes = row->live_bytes;
    if (row->first_stamp == 0 || stamp < row->first_stamp)
        row->first_stamp = stamp;
    if (stamp > row->last_stamp)
        row->last_stamp = stamp;
}

static void add_to_plugin(struct reading_plugin *plugin, uint64_t size_bytes)
{
    plugin->has_any = true;
    add_live(&plugin->live, size_bytes);
    plugin->now.allocs++;
    plugin->now.bytes += size_bytes;
    if (plugin->live.bytes > plugin->now.peak_bytes)
        plugin->now.peak_bytes = plugin->live.bytes;
}

void reading_add_block(struct reading *reading, uint32_t number, uint64_t size_bytes,
                       uint64_t stamp, uint32_t thread)
{
    struct reading_row *row = &reading->rows.list[number];
    enum leak_domain domain = row->row.domain;
    struct profile_thread *sums = &reading->threads[thread].sums[domain];
    unsigned class = profile_class(size_bytes);

    if (stamp >= reading->sample_end)
        reading_close_intervals(reading, stamp);
    if (reading->changes.most != 0)
        reading_note_alloc(reading, number, size_bytes);
    keep_peak(reading, row);
    add_to_row(&row->row, size_bytes, stamp);
    add_to_plugin(&reading->plugins[row->row.plugin], size_bytes);
    add_live(&reading->sums, size_bytes);
    add_live(&reading->domains[domain], size_bytes);
    if (row->row.instance != 0)
        add_live(&reading->instances[row->row.instance], size_bytes);
    add_live(&reading->groups[row->row.group], size_bytes);
    reading->profile->sizes[domain][class]++;
    reading->profile->size_bytes[domain][class] += size_bytes;
    sums->allocs++;
    sums->bytes += size_bytes;
    note_peak_of_both(reading, stamp);
    note_peak_of(reading, domain, stamp);
    if (reading->watch != NULL)
        reading->watch->begin(reading->watch->context, &row->row, size_bytes, stamp);
}

void reading_end_block(struct reading *reading, const struct heap_block *block, uint64_t stamp)
{
    struct reading_row *row = &reading->rows.list[block->sum];
    enum leak_domain domain = row->row.domain;
    unsigned class = profile_class(stamp > block->stamp ? stamp - block->stamp : 0);

    if (stamp >= reading->sample_end)
        reading_close_intervals(reading, stamp);
    if (reading->changes.most != 0)
        reading_note_end(reading, block->sum, block->size_bytes);
    keep_peak(reading, row);
    row->row.frees++;
    row->row.live_blocks--;
    row->row.live_bytes -= block->size_bytes;
    take_live(&reading->plugins[row->row.plugin].live, block->size_bytes);
    reading->plugins[row->row.plugin].now.frees++;
    take_live(&reading->sums, block->size_bytes);
    take_live(&reading->domains[domain], block->size_bytes);
    if (row->row.instance != 0)
        take_live(&reading->instances[row->row.instance], block->size_bytes);
    take_live(&reading->groups[row->row.group], block->size_bytes);
    reading->profile->lifetimes[domain][class]++;
    reading->profile->lifetime_bytes[domain][class] += block->size_bytes;
    if (reading->watch != NULL)
        reading->watch->end(reading->watch->context, &row->row, block->size_bytes, stamp);
}

/* Of a plug-in without allocations there is nothing to keep, and a recording may list many. */
static void close_interval(struct reading *reading)
{
    size_t plugins = reading->session->recording->plugin_count;

    for (size_t id = 0; id <= plugins; id++) {
        struct reading_plugin *plugin = &reading->plugins[id];
        if (!plugin->has_any)
            continue;
        if (plugin->samples == NULL)
            plugin->samples = xalloc_zeroed(reading->sample_count, sizeof(*plugin->samples));
        plugin->now.stamp = reading->sample_end;
        plugin->now.live_blocks = plugin->live.blocks;
        plugin->now.live_bytes = plugin->live.bytes;
        plugin->samples[reading->sample_at] = plugin->now;
        plugin->now = (struct profile_sample){.peak_bytes = plugin->live.bytes};
    }
    reading->sample_at++;
    reading->sample_end += reading->profile->interval_ns;
}

/* What comes behind the last interval's end is of the last one. */
void reading_close_intervals(struct reading *reading, uint64_t stamp)
{
    while (stamp >= reading->sample_end && reading->sample_at + 1 < reading->sample_count)
        close_interval(reading);
    if (reading->sample_at + 1 >= reading->sample_count)
        reading->sample_end = UINT64_MAX;
}

void reading_end_intervals(struct reading *reading)
{
    while (reading->sample_at < reading->sample_count)
        close_interval(reading);
}
