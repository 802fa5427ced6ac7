/* viewer/follow.c - a recording that is read again and again while it grows */
/* SPDX-License-Identifier: MIT */

#include "viewer/follow.h"
#include "viewer/clock_now.h"
#include "viewer/host_process.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEAP_BATCH 1024
#define GROWS_WITHIN_S 10
#define SETTLED_NS INT64_C(100000000)

static struct trace_counters *grown(struct trace_counters *list, size_t from, size_t to)
{
    list = xalloc_resized(list, to + 1, sizeof(*list));
    memset(list + from, 0, (to + 1 - from) * sizeof(*list));
    return list;
}

/* Room for the plug-ins and instances that there are by now. */
static void make_room(struct follow *follow)
{
    struct model *model = follow->model;
    size_t plugins = follow->recording->plugin_count, instances = follow->recording->instance_count;
    bool is_first = follow->readings == 0;

    if (is_first)
        heap_sums_init(&model->heap, 0, 0);
    if (is_first || plugins > follow->plugin_room) {
        size_t from = is_first ? 0 : follow->plugin_room + 1;
        model->event_sums.plugins = grown(model->event_sums.plugins, from, plugins);
        model->state_sums.plugins = grown(model->state_sums.plugins, from, plugins);
        model->heap.plugins = grown(model->heap.plugins, from, plugins);
        follow->heap_plugins = grown(follow->heap_plugins, from, plugins);
        follow->plugin_room = model->heap.plugin_count = plugins;
    }
    if (is_first || instances > follow->instance_room) {
        size_t from = is_first ? 0 : follow->instance_room + 1;
        model->event_sums.instances = grown(model->event_sums.instances, from, instances);
        model->state_sums.instances = grown(model->state_sums.instances, from, instances);
        model->heap.instances = grown(model->heap.instances, from, instances);
        follow->instance_room = model->heap.instance_count = instances;
    }
}

/* All events were never there at once: what the process counted is trusted. */
static void take_state(struct model *model)
{
    const struct recording *recording = model->recording;

    model->sums = recording->has_counters ? &model->state_sums : &model->event_sums;
    model->from_events = !recording->has_counters;
    model->peaks_are_exact = recording->has_counters;
    model_take_state(model);
}

void follow_heap_events(struct follow *follow, struct recording *recording)
{
    struct trace_heap_event batch[HEAP_BATCH];

    for (size_t count; (count = recording_heap_next(recording, batch, HEAP_BATCH)) != 0;)
        heap_sums_add(&follow->model->heap, batch, count);
}

/* What plug-ins allocated is the sum over their stacks. */
static void add_up_heap(struct follow *follow)
{
    const struct heap_sums *heap = &follow->model->heap;

    for (size_t id = 0; id <= heap->plugin_count; id++)
        follow->heap_plugins[id] = heap->plugins[id];
    for (size_t i = 1; i < heap->stacks.count; i++) {
        const struct stack_sum *sum = &heap->stacks.list[i];
        follow->heap_plugins[sum->plugin].allocs += sum->allocs;
        follow->heap_plugins[sum->plugin].bytes_allocated += sum->bytes;
    }
}

static void read_new(struct follow *follow)
{
    struct recording *recording = follow->recording;
    struct model *model = follow->model;

    model->recording = recording;
    make_room(follow);
    if (recording->kind == RECORDING_RING)
        follow_ring_read(follow, recording);
    else
        follow_trace_read(follow, recording);
    model->has_heap =
        recording->process.heap != RING_HEAP_OFF || model->heap.allocs + model->heap.frees != 0;
    add_up_heap(follow);
    take_state(model);
    model_note_steps(model);
    model->stacks_are_partial = follow_lost_events(follow) != 0;
    if (model->heap.last_stamp > model->last_stamp)
        model->last_stamp = model->heap.last_stamp;
    if (recording->process.end_stamp < model->last_stamp)
        recording->process.end_stamp = model->last_stamp;
    follow->readings++;
}

/* A block's header is written after its content, so a file that was just written to may change
 * without growing. */
static bool is_settled(const struct stat *status)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec - status->st_mtim.tv_sec) * INT64_C(1000000000) + now.tv_nsec -
               status->st_mtim.tv_nsec >
           SETTLED_NS;
}

static struct recording *open_again(struct follow *follow, struct problem *ret_problem)
{
    if (fstat(follow->fd, &follow->status) != 0) {
        *ret_problem = (struct problem){.kind = PROBLEM_DAMAGE, .offset = PROBLEM_NOWHERE};
        strncpy(ret_problem->text, strerror(errno), sizeof(ret_problem->text) - 1);
        return NULL;
    }
    follow->is_settled = is_settled(&follow->status);
    struct recording *recording = recording_open(follow->open_name, false, ret_problem);
    if (recording == NULL)
        return NULL;
    const struct problem *damage = problems_first_damage(&recording->problems);
    if (damage != NULL) {
        *ret_problem = *damage;
        recording_close(recording);
        return NULL;
    }
    free(recording->path);
    recording->path = xalloc_string(follow->name);
    return recording;
}

/* Stacks that stood beside their events keep their ids. */
static void replace(struct follow *follow, struct recording *recording)
{
    struct recording *before = follow->recording;

    if (before != NULL) {
        recording->own_nodes = before->own_nodes;
        before->own_nodes = (struct own_nodes){0};
        if (before != follow->pinned)
            recording_close(before);
    }
    follow->recording = recording;
}

/* True if reading again would give the same. */
static bool is_unchanged(struct follow *follow)
{
    struct recording *recording = follow->recording;
    struct stat now;

    if (recording == NULL)
        return false;
    if (recording->kind == RECORDING_RING)
        return !recording->live;
    if (!follow->is_settled || fstat(follow->fd, &now) != 0 ||
        now.st_size != follow->status.st_size ||
        now.st_mtim.tv_sec != follow->status.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != follow->status.st_mtim.tv_nsec)
        return false;
    return !recording->live ||
           host_process_runs(recording->process.outer_pid, recording->process.start_ticks,
                             recording->process.boot_id);
}

static uint64_t work_so_far_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool follow_read(struct follow *follow, struct problem *ret_problem)
{
    uint64_t begin = clock_now_ns(), work_before_ns = work_so_far_ns();

    follow->stamp = begin;
    if (is_unchanged(follow)) {
        if (follow->recording->live)
            follow->recording->process.end_stamp = begin;
        return true;
    }
    struct recording *recording = open_again(follow, ret_problem);
    if (recording == NULL)
        return false;
    replace(follow, recording);
    read_new(follow);
    if (recording->snapshot_stamp != 0)
        follow->stamp = recording->snapshot_stamp;
    follow->work_ns = work_so_far_ns() - work_before_ns;
    return true;
}

/* Of a trace file, that its process runs or that it was written to a moment ago: on another machine
 * nothing is known of the process, and a recorder that was killed leaves no mark. */
static bool may_grow(const struct follow *follow)
{
    const struct recording_process *process = &follow->recording->process;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_s = (int64_t)now.tv_sec - follow->status.st_mtim.tv_sec; /* clocks may differ */
    return (age_s < GROWS_WITHIN_S && age_s > -GROWS_WITHIN_S) ||
           host_process_runs(process->outer_pid, process->start_ticks, process->boot_id);
}

bool follow_goes_on(const struct follow *follow)
{
    const struct recording_process *process = &follow->recording->process;

    return follow->recording->live || (process->ending == RECORDING_UNFINISHED &&
                                       process->state != RING_STOPPED && may_grow(follow));
}

struct follow *follow_open_fd(int fd, const char *name, struct problem *ret_problem)
{
    struct follow *follow = xalloc_zeroed(1, sizeof(*follow));

    follow->fd = fd;
    follow->name = xalloc_string(name);
    follow->open_name = xalloc_format("/proc/self/fd/%d", fd);
    follow->model = xalloc_zeroed(1, sizeof(*follow->model));
    if (follow_read(follow, ret_problem))
        return follow;
    follow_close(follow);
    return NULL;
}

struct follow *follow_open(const char *path, struct problem *ret_problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0)
        return follow_open_fd(fd, path, ret_problem);
    *ret_problem = (struct problem){.kind = PROBLEM_DAMAGE, .offset = PROBLEM_NOWHERE};
    strncpy(ret_problem->text, strerror(errno), sizeof(ret_problem->text) - 1);
    return NULL;
}

uint64_t follow_lost_events(const struct follow *follow)
{
    const struct recording *recording = follow->recording;
    uint64_t overwritten = recording->kind == RECORDING_RING ? follow->missed_events
                                                             : recording->losses.overwritten_events;

    return overwritten + recording->losses.dropped_events + recording->losses.missed_calls +
           recording->losses.damaged_events;
}

const struct recording *follow_pin(struct follow *follow)
{
    if (follow->pinned != NULL && follow->pinned != follow->recording)
        recording_close(follow->pinned);
    follow->pinned = follow->recording;
    return follow->pinned;
}

void follow_close(struct follow *follow)
{
    if (follow == NULL)
        return;
    model_free(follow->model);
    if (follow->pinned != follow->recording)
        recording_close(follow->pinned);
    recording_close(follow->recording);
    if (follow->fd >= 0)
        close(follow->fd);
    free(follow->chunks);
    free(follow->heap_plugins);
    free(follow->open_name);
    free(follow->name);
    free(follow);
}
