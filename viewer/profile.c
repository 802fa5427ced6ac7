/* viewer/profile.c - one answer that many verbs print: from events to rows */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile.h"
#include "viewer/cursor.h"
#include "viewer/profile_reading.h"
#include "viewer/progress.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

static bool wants_memory(const struct filter *filter, enum filter_memory memory)
{
    return filter == NULL || filter->memory == FILTER_MEMORY_ALL || filter->memory == memory;
}

/* NPN events that come before a heap event of this stamp: as all_events.c says. */
static void read_npn_before(struct reading *reading, struct cursor *cursor,
                            struct recorded_event *next, bool *has_next, uint64_t stamp)
{
    while (*has_next && (next->event.stamp < stamp ||
                         (next->event.stamp == stamp && next->event.type != EVENT_NPN_ALLOC))) {
        reading_npn_event(reading, next);
        *has_next = cursor_next(cursor, next);
    }
}

static void read_heap(struct reading *reading, struct cursor *cursor, struct recorded_event *next,
                      bool *has_next)
{
    struct recording *recording = reading->session->recording;
    /* By another rule what one plug-in did may be charged to another. */
    bool as_recorded = reading->filter == NULL || reading->filter->charge == CHARGE_RECORDED;
    const struct recording_part part = {
        .from_stamp = reading->range.from,
        .to_stamp = reading->range.to,
        .plugins = as_recorded ? reading->session->wanted : NULL,
    };
    const struct trace_heap_event *batch;
    struct progress progress = progress_begin("reading heap events");

    recording_heap_begin_part(recording, &part);
    for (size_t count; (count = recording_heap_batch(recording, &batch)) != 0;) {
        progress.items += count;
        progress_update(&progress, recording->heap_parts_read - 1, recording->heap_part_count);
        for (size_t i = 0; i < count; i++) {
            if (*has_next && next->event.stamp <= batch[i].stamp)
                read_npn_before(reading, cursor, next, has_next, batch[i].stamp);
            reading_fetch(reading, batch + i, count - i);
            reading_heap_event(reading, &batch[i]);
        }
    }
    progress_end(&progress);
}

static void read_events(struct reading *reading)
{
    struct recorded_event next;
    struct cursor *cursor = NULL;
    bool has_next = false;

    if (wants_memory(reading->filter, FILTER_MEMORY_NPN)) {
        cursor = cursor_open(reading->session->recording);
        has_next = cursor_next(cursor, &next);
    }
    if (wants_memory(reading->filter, FILTER_MEMORY_HEAP) && reading->session->model->has_heap)
        read_heap(reading, cursor, &next, &has_next);
    while (has_next) {
        reading_npn_event(reading, &next);
        has_next = cursor_next(cursor, &next);
    }
    cursor_close(cursor);
    reading_end_remembered(reading);
}

/* ---- begin ---------------------------------------------------------------------------------- */

static void begin_time(struct reading *reading, size_t samples)
{
    const struct recording *recording = reading->session->recording;
    const struct model *model = reading->session->model;
    struct profile *profile = reading->profile;
    uint64_t start = recording->process.start_stamp, end = recording->process.end_stamp;

    if (start == 0 || (model->first_stamp != 0 && model->first_stamp < start))
        start = model->first_stamp;
    if (model->last_stamp > end)
        end = model->last_stamp;
    reading->range = filter_range(reading->filter, recording);
    profile->first_stamp = reading->range.from > start ? reading->range.from : start;
    profile->last_stamp = reading->range.to < end ? reading->range.to : end;
    if (profile->last_stamp < profile->first_stamp)
        profile->last_stamp = profile->first_stamp;
    reading->sample_end = UINT64_MAX;
    if (samples == 0)
        return;
    profile->interval_ns = (profile->last_stamp - profile->first_stamp) / samples + 1;
    profile->sample_count = reading->sample_count = samples;
    reading->sample_end = profile->first_stamp + profile->interval_ns;
}

static void begin(struct reading *reading, size_t samples)
{
    const struct recording *recording = reading->session->recording;

    reading->plugins = xalloc_zeroed(recording->plugin_count + 1, sizeof(*reading->plugins));
    reading->instances = xalloc_zeroed(recording->instance_count + 1, sizeof(*reading->instances));
    reading->profile->partial =
        !model_is_complete(reading->session->model) || reading->session->model->stacks_are_partial;
    begin_time(reading, samples);
}

/* ---- what the process listed ---------------------------------------------------------------- */

static bool takes_listed(const struct reading *reading, const struct trace_live *block)
{
    return EVENT_ORIGIN(block->flags) == NPN_ORIGIN_ALLOC && block->stamp >= reading->range.from &&
           filter_takes_size(reading->filter, block->size_bytes);
}

/* NPN blocks are those that the process listed, where its events are not all left; but not as of
 * an earlier time, and of which thread they are is not listed. */
static void take_listed(struct reading *reading)
{
    const struct model *model = reading->session->model;
    struct reading_live *sum = &reading->domains[LEAK_NPN];

    if (model->from_events || reading->range.to != UINT64_MAX ||
        !wants_memory(reading->filter, FILTER_MEMORY_NPN) ||
        (reading->filter != NULL && reading->filter->tids.count != 0))
        return;
    for (size_t i = ROW_FIRST; i < reading->rows.count; i++)
        if (reading->rows.list[i].row.domain == LEAK_NPN)
            reading->rows.list[i].row.live_blocks = reading->rows.list[i].row.live_bytes = 0;
    sum->blocks = sum->bytes = 0;
    for (size_t i = 0; i < model->live_count; i++) {
        const struct trace_live *block = &model->live[i];
        uint32_t row =
            takes_listed(reading, block)
                ? reading_row_of(reading, LEAK_NPN, block->plugin, block->instance, block->node)
                : ROW_NONE;
        if (row == ROW_NONE)
            continue;
        reading->rows.list[row].row.live_blocks++;
        reading->rows.list[row].row.live_bytes += block->size_bytes;
        sum->blocks++;
        sum->bytes += block->size_bytes;
    }
}

/* ---- end ------------------------------------------------------------------------------------ */

static int compare(const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? 1 : -1;
    return 0;
}

static int by_bytes(const void *left, const void *right)
{
    const struct profile_row *a = left, *b = right;
    return compare((uint64_t[]){a->bytes, a->allocs, a->live_bytes, b->domain, b->plugin,
                                b->instance, b->stack},
                   (uint64_t[]){b->bytes, b->allocs, b->live_bytes, a->domain, a->plugin,
                                a->instance, a->stack},
                   7);
}

static int threads_by_bytes(const void *left, const void *right)
{
    const struct profile_thread *a = left, *b = right;
    return compare((uint64_t[]){a->bytes, a->allocs, a->frees, b->tid, b->domain},
                   (uint64_t[]){b->bytes, b->allocs, b->frees, a->tid, a->domain}, 5);
}

static void add_to_totals(struct profile *profile, const struct profile_row *row)
{
    struct trace_counters *counters = &profile->domains[row->domain];

    counters->allocs += row->allocs;
    counters->bytes_allocated += row->bytes;
}

/* A row that was changed by nothing after the peak has what it had then. */
static void take_rows(struct reading *reading)
{
    struct profile *profile = reading->profile;

    profile->number_end = (uint32_t)reading->rows.count; /* with those that were only listed */
    profile->rows = xalloc_zeroed(reading->rows.count, sizeof(*profile->rows));
    for (size_t i = ROW_FIRST; i < reading->rows.count; i++) {
        const struct reading_row *from = &reading->rows.list[i];
        struct profile_row row = from->row;
        row.number = (uint32_t)i;
        if (row.allocs == 0 && row.live_blocks == 0)
            continue;
        if (row.live_bytes > row.peak_bytes)
            row.peak_bytes = row.live_bytes;
        add_to_totals(profile, &row);
        profile->rows[profile->row_count++] = row;
    }
    if (profile->row_count != 0)
        qsort(profile->rows, profile->row_count, sizeof(*profile->rows), by_bytes);
}

static void keep_peaks(struct reading *reading)
{
    for (size_t i = ROW_FIRST; i < reading->rows.count; i++) {
        struct reading_row *row = &reading->rows.list[i];
        if (row->number == reading->peak_numbers[row->row.domain])
            continue;
        row->row.at_peak_blocks = row->row.live_blocks;
        row->row.at_peak_bytes = row->row.live_bytes;
    }
}

static void take_threads(struct reading *reading)
{
    struct profile *profile = reading->profile;

    profile->threads =
        xalloc_zeroed(reading->thread_count * PROFILE_DOMAINS, sizeof(*profile->threads));
    for (size_t i = 0; i < reading->thread_count * PROFILE_DOMAINS; i++) {
        const struct reading_thread *from = &reading->threads[i / PROFILE_DOMAINS];
        struct profile_thread thread = from->sums[i % PROFILE_DOMAINS];
        thread.tid = from->tid;
        thread.domain = (enum leak_domain)(i % PROFILE_DOMAINS);
        if (thread.allocs + thread.frees != 0)
            profile->threads[profile->thread_count++] = thread;
    }
    if (profile->thread_count != 0)
        qsort(profile->threads, profile->thread_count, sizeof(*profile->threads), threads_by_bytes);
}

/* Intervals are rounded up, so the last of a short time may have nothing in them. */
static uint64_t end_of_interval(const struct profile *profile, size_t at, size_t count)
{
    uint64_t whole = profile->last_stamp - profile->first_stamp,
             passed = (at + 1) * profile->interval_ns;

    return at + 1 == count || passed > whole ? profile->last_stamp : profile->first_stamp + passed;
}

static void take_tracks(struct reading *reading)
{
    size_t plugins = reading->session->recording->plugin_count;
    struct profile *profile = reading->profile;

    reading_end_intervals(reading);
    profile->tracks = xalloc_zeroed(plugins + 1, sizeof(*profile->tracks));
    for (uint32_t id = 0; id <= plugins; id++) {
        struct reading_plugin *plugin = &reading->plugins[id];
        if (reading->sample_count == 0 || !plugin->has_any)
            continue;
        for (size_t i = 0; i < reading->sample_count; i++)
            plugin->samples[i].stamp = end_of_interval(profile, i, reading->sample_count);
        profile->tracks[profile->track_count++] = (struct profile_track){id, plugin->samples};
    }
}

static void take_peaks(struct reading *reading)
{
    const struct recording *recording = reading->session->recording;
    struct profile *profile = reading->profile;

    profile->plugin_peaks = xalloc_zeroed(recording->plugin_count + 1, sizeof(uint64_t));
    profile->instance_peaks = xalloc_zeroed(recording->instance_count + 1, sizeof(uint64_t));
    for (size_t i = 0; i <= recording->plugin_count; i++)
        profile->plugin_peaks[i] = reading->plugins[i].live.peak_bytes;
    for (size_t i = 0; i <= recording->instance_count; i++)
        profile->instance_peaks[i] = reading->instances[i].peak_bytes;
    profile->group_count = reading->group_count;
    profile->group_peaks = xalloc_zeroed(reading->group_count, sizeof(uint64_t));
    for (size_t i = 0; i < reading->group_count; i++)
        profile->group_peaks[i] = reading->groups[i].peak_bytes;
}

static void add_counters(struct trace_counters *to, const struct trace_counters *from)
{
    uint64_t sum[TRACE_COUNTERS], add[TRACE_COUNTERS];

    memcpy(sum, to, sizeof(sum));
    memcpy(add, from, sizeof(add));
    for (size_t i = 0; i < TRACE_COUNTERS; i++)
        sum[i] += add[i];
    memcpy(to, sum, sizeof(sum));
}

static void take_totals(struct reading *reading)
{
    struct profile *profile = reading->profile;

    for (size_t i = 0; i < PROFILE_DOMAINS; i++) {
        struct trace_counters *counters = &profile->domains[i];
        const struct reading_live *live = &reading->domains[i];
        counters->live_blocks = live->blocks;
        counters->live_bytes = live->bytes;
        counters->peak_bytes = live->peak_bytes > live->bytes ? live->peak_bytes : live->bytes;
        add_counters(&profile->totals, counters);
    }
    profile->totals.peak_bytes = profile->peak_bytes;
    if (profile->totals.live_bytes > profile->totals.peak_bytes)
        profile->totals.peak_bytes = profile->totals.live_bytes;
}

static void take_changes(struct reading *reading)
{
    struct profile *profile = reading->profile;

    free(reading->changes.latest);
    if (reading->changes.most == 0) {
        free(reading->changes.list);
        return;
    }
    profile->changes = reading->changes.list != NULL ? reading->changes.list : xalloc_zeroed(0, 1);
    profile->change_count = reading->changes.count;
}

static void end(struct reading *reading)
{
    keep_peaks(reading);
    take_changes(reading);
    take_listed(reading);
    take_tracks(reading);
    take_rows(reading);
    take_threads(reading);
    take_peaks(reading);
    take_totals(reading);
    for (size_t i = 0; i < PROFILE_DOMAINS; i++)
        heap_table_free(&reading->live[i]);
    heap_table_free(&reading->remembered);
    heap_table_free(&reading->early);
    reading_rows_free(&reading->rows);
    reading_threads_free(reading);
    free(reading->plugins);
    free(reading->instances);
    free(reading->groups);
}

static struct profile *build(struct reading *reading, size_t samples)
{
    reading->profile = xalloc_zeroed(1, sizeof(*reading->profile));
    begin(reading, samples);
    read_events(reading);
    end(reading);
    return reading->profile;
}

struct profile *profile_build(struct session *session, const struct filter *filter, size_t samples)
{
    struct reading reading = {.session = session, .filter = filter};

    return build(&reading, samples);
}

struct profile *profile_build_grouped(struct session *session, const struct filter *filter,
                                      size_t samples, const struct profile_grouping *grouping)
{
    struct reading reading = {
        .session = session, .filter = filter, .grouping = grouping, .has_peak_of_each = true};

    return build(&reading, samples);
}

struct profile *profile_build_watched(struct session *session, const struct filter *filter,
                                      size_t samples, const struct profile_watch *watch)
{
    struct reading reading = {.session = session, .filter = filter, .watch = watch};

    return build(&reading, samples);
}

struct profile *profile_build_changes(struct session *session, const struct filter *filter,
                                      size_t samples, size_t most)
{
    struct reading reading = {.session = session, .filter = filter, .changes = {.most = most}};

    return build(&reading, samples);
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    for (size_t i = 0; i < profile->track_count; i++)
        free(profile->tracks[i].samples);
    free(profile->tracks);
    free(profile->rows);
    free(profile->changes);
    free(profile->threads);
    free(profile->plugin_peaks);
    free(profile->instance_peaks);
    free(profile->group_peaks);
    free(profile);
}
