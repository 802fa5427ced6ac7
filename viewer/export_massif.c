/* viewer/export_massif.c - the format of valgrind's massif */
/* SPDX-License-Identifier: MIT */

/*
 * Snapshots of how many bytes were live, at the end of each interval of the timeline and at the
 * peak. Two of them have a tree, innermost frames first, whose children are callers: the peak, and
 * the last one, which is what was live at the end.
 */
#include "viewer/export.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <uthash.h>

#define NS_PER_MS 1000000u
#define MOST_FRAMES 8192u /* of a stack with its inlined functions: branches are put recursively */

struct branch_key {
    uint32_t parent;
    uint32_t frame;
};

struct branch { /* a frame called from another, with its callees up to the allocation */
    struct branch_key key;
    uint32_t id;
    uint32_t child, sibling; /* ids; 0: none */
    uint32_t children;
    uint64_t bytes;
    UT_hash_handle hh;
};

struct massif {
    struct export_job *job;
    struct branch *index;
    struct branch **branches; /* [0]: the root */
    size_t count, capacity;
    uint64_t snapshots;
};

static uint32_t branch_of(struct massif *massif, uint32_t parent, uint32_t frame)
{
    struct branch_key key = {parent, frame};
    struct branch *branch;

    HASH_FIND(hh, massif->index, &key, sizeof(key), branch);
    if (branch != NULL)
        return branch->id;
    branch = xalloc_zeroed(1, sizeof(*branch));
    branch->key = key;
    massif->branches = xalloc_grown(massif->branches, massif->count, &massif->capacity,
                                    sizeof(struct branch *));
    branch->id = (uint32_t)massif->count;
    massif->branches[massif->count++] = branch;
    HASH_ADD(hh, massif->index, key, sizeof(branch->key), branch);
    if (branch->id != 0) {
        branch->sibling = massif->branches[parent]->child;
        massif->branches[parent]->child = branch->id;
        massif->branches[parent]->children++;
    }
    return branch->id;
}

static void add_row(struct massif *massif, const struct profile_row *row, uint64_t bytes)
{
    struct export_names *names = massif->job->names;
    uint32_t owner = export_owner(massif->job, row->domain, row->plugin), at = 0;
    const uint32_t *frames;
    size_t count = export_names_stack(names, row->stack, &frames);

    if (count > MOST_FRAMES)
        count = MOST_FRAMES;
    massif->branches[0]->bytes += bytes;
    for (size_t i = 0; i <= count; i++) {
        at = branch_of(massif, at, i < count ? frames[i] : owner);
        massif->branches[at]->bytes += bytes;
    }
}

static void put_frame(const struct massif *massif, uint32_t id)
{
    const struct export_frame *frame = export_names_frame(massif->job->names, id);
    const struct export_function *function =
        export_names_function(massif->job->names, frame->function);
    FILE *out = massif->job->out;

    fprintf(out, "0x%" PRIX64 ": %s", frame->address, function->name);
    if (function->file[0] != '\0')
        fprintf(out, " (%s:%" PRIu32 ")\n", recording_base_name(function->file), frame->line);
    else if (function->module[0] != '\0')
        fprintf(out, " (in %s)\n", function->module);
    else
        putc('\n', out);
}

static int by_bytes(const void *left, const void *right)
{
    const struct branch *const *a = left, *const *b = right;

    if ((*a)->bytes != (*b)->bytes)
        return (*a)->bytes < (*b)->bytes ? 1 : -1;
    return ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

static void put_branch(const struct massif *massif, const struct branch *branch, unsigned depth)
{
    FILE *out = massif->job->out;
    struct branch **children = xalloc_zeroed(branch->children, sizeof(struct branch *));
    size_t count = 0;

    fprintf(out, "%*sn%" PRIu32 ": %" PRIu64 " ", (int)depth, "", branch->children, branch->bytes);
    if (branch->id == 0)
        fputs("(heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n", out);
    else
        put_frame(massif, branch->key.frame);
    for (uint32_t id = branch->child; id != 0; id = massif->branches[id]->sibling)
        children[count++] = massif->branches[id];
    qsort(children, count, sizeof(struct branch *), by_bytes);
    for (size_t i = 0; i < count; i++)
        put_branch(massif, children[i], depth + 1);
    free(children);
}

static void free_tree(struct massif *massif)
{
    HASH_CLEAR(hh, massif->index);
    for (size_t i = 0; i < massif->count; i++)
        free(massif->branches[i]);
    massif->count = 0;
}

static void put_tree(struct massif *massif, enum export_value value)
{
    branch_of(massif, UINT32_MAX, 0);
    for (size_t i = 0; i < massif->job->profile->row_count; i++) {
        const struct profile_row *row = &massif->job->profile->rows[i];
        uint64_t bytes = export_number(row, value);
        if (bytes != 0)
            add_row(massif, row, bytes);
    }
    put_branch(massif, massif->branches[0], 0);
    free_tree(massif);
}

static void put_snapshot(struct massif *massif, uint64_t stamp, uint64_t bytes, const char *tree)
{
    uint64_t since_ns = recording_since_start_ns(massif->job->session->recording, stamp);

    fprintf(massif->job->out,
            "#-----------\nsnapshot=%" PRIu64 "\n#-----------\ntime=%" PRIu64
            "\nmem_heap_B=%" PRIu64 "\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=%s\n",
            massif->snapshots++, since_ns / NS_PER_MS, bytes, tree);
}

static uint64_t sample_bytes(const struct profile *profile, size_t sample)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < profile->track_count; i++)
        bytes += profile->tracks[i].samples[sample].live_bytes;
    return bytes;
}

/* The moment of the peak stands between the samples around it. */
static void put_snapshots(struct massif *massif)
{
    const struct profile *profile = massif->job->profile;
    const struct profile_row total = export_total(massif->job);
    bool peak_done = total.at_peak_bytes == 0;

    put_snapshot(massif, profile->first_stamp, 0, "empty");
    for (size_t i = 0; i < profile->sample_count && profile->track_count != 0; i++) {
        uint64_t stamp = profile->tracks[0].samples[i].stamp;
        if (!peak_done && stamp >= profile->peak_stamp) {
            put_snapshot(massif, profile->peak_stamp, total.at_peak_bytes, "peak");
            put_tree(massif, EXPORT_PEAK_BYTES);
            peak_done = true;
        }
        if (i + 1 < profile->sample_count)
            put_snapshot(massif, stamp, sample_bytes(profile, i), "empty");
    }
    if (!peak_done) {
        put_snapshot(massif, profile->peak_stamp, total.at_peak_bytes, "peak");
        put_tree(massif, EXPORT_PEAK_BYTES);
    }
    put_snapshot(massif, profile->last_stamp, total.live_bytes, "detailed");
    put_tree(massif, EXPORT_LIVE_BYTES);
}

int export_massif(struct export_job *job)
{
    struct massif massif = {.job = job};
    char *command = export_command(job);

    fprintf(job->out, "desc: npntrace\ncmd: %s\ntime_unit: ms\n", command);
    put_snapshots(&massif);
    free(massif.branches);
    free(command);
    return 0;
}
