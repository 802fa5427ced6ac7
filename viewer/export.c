/* viewer/export.c - what several formats write: values, owners, rows */
/* SPDX-License-Identifier: MIT */

#include "viewer/export.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define VALUE(field) offsetof(struct profile_row, field)

const struct export_value_kind export_values[EXPORT_VALUES] = {
    [EXPORT_BYTES] = {"bytes", "bytes allocated", VALUE(bytes), true},
    [EXPORT_ALLOCS] = {"allocs", "allocations", VALUE(allocs), false},
    [EXPORT_FREES] = {"frees", "blocks freed", VALUE(frees), false},
    [EXPORT_LIVE_BYTES] = {"live-bytes", "bytes live at the end", VALUE(live_bytes), true},
    [EXPORT_LIVE_BLOCKS] = {"live-blocks", "blocks live at the end", VALUE(live_blocks), false},
    [EXPORT_PEAK_BYTES] = {"peak-bytes", "bytes live at the peak", VALUE(at_peak_bytes), true},
    [EXPORT_PEAK_BLOCKS] = {"peak-blocks", "blocks live at the peak", VALUE(at_peak_blocks), false},
    [EXPORT_TEMPORARY] = {"temporary", "temporary allocations", VALUE(temporary), false},
};

const char *export_memory_name(enum leak_domain domain)
{
    return domain == LEAK_NPN ? "npn" : "heap";
}

char *export_plugin_name(const struct export_job *job, enum leak_domain domain, uint32_t plugin)
{
    const struct recording *recording = job->session->recording;

    if (plugin == 0)
        return xalloc_string(domain == LEAK_HEAP ? "host" : "unknown");
    return verdict_plugin_label(recording, plugin);
}

uint32_t export_owner(struct export_job *job, enum leak_domain domain, uint32_t plugin)
{
    char *name = export_plugin_name(job, domain, plugin);
    char *owner = xalloc_format("%s [%s]", name, domain == LEAK_NPN ? "NPN" : "heap");
    uint32_t frame = export_names_plain(job->names, owner);

    free(name);
    free(owner);
    return frame;
}

static int compare(const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int by_owner(const void *left, const void *right)
{
    const struct profile_row *a = left, *b = right;
    return compare((uint64_t[]){a->domain, a->plugin, a->stack},
                   (uint64_t[]){b->domain, b->plugin, b->stack}, 3);
}

static int by_bytes(const void *left, const void *right)
{
    const struct profile_row *a = left, *b = right;
    return compare((uint64_t[]){b->bytes, b->allocs, a->domain, a->plugin, a->stack},
                   (uint64_t[]){a->bytes, a->allocs, b->domain, b->plugin, b->stack}, 5);
}

static void add_row(struct profile_row *to, const struct profile_row *from)
{
    to->allocs += from->allocs;
    to->bytes += from->bytes;
    to->frees += from->frees;
    to->live_blocks += from->live_blocks;
    to->live_bytes += from->live_bytes;
    to->at_peak_blocks += from->at_peak_blocks;
    to->at_peak_bytes += from->at_peak_bytes;
    to->peak_bytes += from->peak_bytes;
    to->temporary += from->temporary;
    if (from->first_stamp != 0 && (to->first_stamp == 0 || from->first_stamp < to->first_stamp))
        to->first_stamp = from->first_stamp;
    if (from->last_stamp > to->last_stamp)
        to->last_stamp = from->last_stamp;
}

struct profile_row *export_rows(const struct export_job *job, size_t *ret_count)
{
    size_t left = job->profile->row_count, count = 0;
    struct profile_row *rows = xalloc_zeroed(left, sizeof(*rows));

    if (left != 0)
        memcpy(rows, job->profile->rows, left * sizeof(*rows));
    qsort(rows, left, sizeof(*rows), by_owner);
    for (size_t i = 0; i < left; i++) {
        if (count != 0 && by_owner(&rows[count - 1], &rows[i]) == 0) {
            add_row(&rows[count - 1], &rows[i]);
            continue;
        }
        rows[count] = rows[i];
        rows[count++].instance = 0;
    }
    qsort(rows, count, sizeof(*rows), by_bytes);
    *ret_count = count;
    return rows;
}

struct profile_row export_total(const struct export_job *job)
{
    struct profile_row total = {0};

    for (size_t i = 0; i < job->profile->row_count; i++)
        add_row(&total, &job->profile->rows[i]);
    return total;
}

char *export_command(const struct export_job *job)
{
    const struct recording_process *process = &job->session->recording->process;

    if (process->args_bytes == 0)
        return text_printable(process->exe);
    char *joined = xalloc_zeroed(process->args_bytes + 1, 1);
    memcpy(joined, process->args, process->args_bytes);
    for (size_t i = 0; i + 1 < process->args_bytes; i++)
        if (joined[i] == '\0')
            joined[i] = ' ';
    char *printable = text_printable(joined);
    free(joined);
    return printable;
}
