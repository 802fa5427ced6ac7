/* tests/plugins/tally_state.c: writes the statement of a sample plug-in as JSON. */
/* SPDX-License-Identifier: MIT */

/*
 * {"name": "libnpsample.so", "pid": 1, "npn": {...}, "instances": [{"serial": 1, ...}],
 *  "leaks": [{"bytes": 100, "blocks": 1, "stack": [{"function", "file", "line"}, ...]}]}
 */

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/plugins/tally_region.h"

static const struct {
    const char *key;
    size_t offset;
} columns[] = {
    {"allocs", offsetof(struct tally_counts, allocs)},
    {"frees", offsetof(struct tally_counts, frees)},
    {"flushes", offsetof(struct tally_counts, flushes)},
    {"bytes_allocated", offsetof(struct tally_counts, bytes_allocated)},
    {"live_blocks", offsetof(struct tally_counts, live_blocks)},
    {"live_bytes", offsetof(struct tally_counts, live_bytes)},
    {"peak_bytes", offsetof(struct tally_counts, peak_bytes)},
    {"freed_elsewhere", offsetof(struct tally_counts, freed_elsewhere)},
    {"handed_over", offsetof(struct tally_counts, handed_over)},
};

static size_t format_counts(char *text, size_t text_bytes, const struct tally_counts *counts)
{
    size_t used = 0;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        uint64_t value;
        memcpy(&value, (const char *)counts + columns[i].offset, sizeof value);
        used += (size_t)snprintf(text + used, text_bytes - used, "%s\"%s\": %" PRIu64,
                                 i == 0 ? "{" : ", ", columns[i].key, value);
    }
    return used + (size_t)snprintf(text + used, text_bytes - used, "}");
}

size_t tally_format_counts(char *text, size_t text_bytes)
{
    sigset_t before = tally_lock();
    size_t used = format_counts(text, text_bytes, &tally_region->plugins[tally_plugin].counts);
    tally_unlock(&before);
    return used;
}

static void write_instances_locked(int fd, uint32_t plugin)
{
    char counts[512];
    unsigned serial = 0;
    dprintf(fd, " \"instances\": [");
    for (uint32_t i = 0; i < tally_region->instance_count; i++) {
        const struct tally_instance *instance = &tally_region->instances[i];
        if (instance->plugin != plugin)
            continue;
        format_counts(counts, sizeof counts, &instance->counts);
        serial++;
        dprintf(fd, "%s\n  {\"serial\": %u, \"mime\": \"%s\", \"destroyed\": %s, \"npn\": %s}",
                serial == 1 ? "" : ",", serial, tally_region->strings + instance->mime,
                instance->destroyed ? "true" : "false", counts);
    }
    dprintf(fd, "],\n");
}

static void write_stack_locked(int fd, const struct tally_stack *stack)
{
    dprintf(fd, "\"stack\": [");
    for (uint32_t i = 0; i < stack->depth; i++)
        dprintf(fd, "%s\n    {\"function\": \"%s\", \"file\": \"%s\", \"line\": %d}",
                i == 0 ? "" : ",", tally_region->strings + stack->frames[i].function,
                tally_region->strings + stack->frames[i].file, stack->frames[i].line);
    dprintf(fd, "]");
}

struct leak {
    uint64_t blocks, bytes;
};

/* By stack; the array is static, as nothing here may allocate, and used with the lock held. */
static void write_leaks_locked(int fd, uint32_t plugin)
{
    static struct leak leaks[TALLY_STACKS];
    memset(leaks, 0, tally_region->stack_count * sizeof leaks[0]);
    for (uint32_t b = 0; b < TALLY_BUCKETS; b++) {
        for (uint32_t at = tally_region->buckets[b]; at != 0; at = tally_region->blocks[at].next) {
            const struct tally_block *block = &tally_region->blocks[at];
            if (block->plugin == plugin) {
                leaks[block->stack].blocks++;
                leaks[block->stack].bytes += block->size;
            }
        }
    }
    const char *separator = "";
    dprintf(fd, " \"leaks\": [");
    for (uint32_t i = 1; i < tally_region->stack_count; i++) {
        if (leaks[i].blocks == 0)
            continue;
        dprintf(fd, "%s\n  {\"bytes\": %" PRIu64 ", \"blocks\": %" PRIu64 ", ", separator,
                leaks[i].bytes, leaks[i].blocks);
        write_stack_locked(fd, &tally_region->stacks[i]);
        dprintf(fd, "}");
        separator = ",";
    }
    dprintf(fd, "]}\n");
}

/* The statement of one plug-in; a forked child's has its process id in the name. */
static void write_plugin_locked(const char *folder, uint32_t at)
{
    const struct tally_plugin *plugin = &tally_region->plugins[at];
    char path[PATH_MAX], unfinished[PATH_MAX + 8], counts[512], pid[16] = "";
    if (tally_region->forked)
        snprintf(pid, sizeof pid, ".%d", (int)getpid());
    if (snprintf(path, sizeof path, "%s/%s%s.json", folder, plugin->name, pid) >= (int)sizeof path)
        tally_fail("the name of the statement is too long");
    snprintf(unfinished, sizeof unfinished, "%s.tmp", path);
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        tally_fail("the statement cannot be written");
    format_counts(counts, sizeof counts, &plugin->counts);
    dprintf(fd, "{\"name\": \"%s\", \"pid\": %d,\n \"npn\": %s,\n", plugin->name, (int)getpid(),
            counts);
    write_instances_locked(fd, at);
    write_leaks_locked(fd, at);
    close(fd);
    if (rename(unfinished, path) != 0)
        tally_fail("the statement cannot be renamed");
}

/* All plug-ins of the process: what one frees may have been another's. */
void tally_write_state(void)
{
    const char *folder = getenv("NPNSAMPLE_STATE");
    if (folder == NULL)
        return;
    sigset_t before = tally_lock();
    for (uint32_t i = 0; i < tally_region->plugin_count; i++)
        write_plugin_locked(folder, i);
    tally_unlock(&before);
}
