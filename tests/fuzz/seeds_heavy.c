/* tests/fuzz/seeds_heavy.c - trace files of few bytes that ask for much work */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/seeds_heavy.h"
#include "format/trace.h"
#include "recorder/trace_writer.h"
#include "tests/fuzz/answers.h"

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PLUGINS 65000u
#define INSTANCES 500000u
#define MODULES 16000u
#define NODES 200000u
#define NODES_AT_ONCE 100000u
#define HEAVY_BYTES (4u << 20)
#define PC UINT64_C(0x400000)

struct output {
    const char *name;
    struct trace_writer writer;
    struct trace_buffer raw;
};

static void put(struct output *output, enum trace_block_type type)
{
    if (trace_writer_put(&output->writer, type, &output->raw) != 0)
        err(2, "%s", output->name);
    trace_buffer_clear(&output->raw);
}

static struct output begin(const char *directory, const char *name)
{
    struct trace_process process = {.pid = 1, .exe = {"/heavy", 6}, .writer = {"seeds", 5}};
    struct output output = {.name = name};
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || trace_writer_open(&output.writer, fd) != 0)
        err(2, "%s", path);
    trace_process_encode(&process, &output.raw);
    put(&output, TRACE_PROCESS);
    return output;
}

/* Blocks of a byte, of whose events nothing is left. */
static struct trace_counters counters_of(uint64_t live)
{
    return (struct trace_counters){
        .allocs = live, .bytes_allocated = live, .live_blocks = live, .live_bytes = live};
}

static void end(struct output *output, uint64_t live)
{
    struct trace_state state = {
        .live_entries = live, .overwritten_events = live, .totals = counters_of(live)};
    struct trace_end last = {
        .reason = TRACE_END_PROCESS, .exit_kind = TRACE_EXIT_STATUS, .lost_events = live};

    trace_state_encode(&state, &output->raw);
    put(output, TRACE_STATE);
    trace_end_encode(&last, &output->raw);
    put(output, TRACE_END);
    trace_buffer_free(&output->raw);
    if (trace_writer_close(&output->writer) != 0)
        err(2, "%s", output->name);
}

static void put_plugin(struct output *output, uint32_t id, uint64_t live)
{
    struct trace_plugin plugin = {.id = id, .initialize_calls = 1, .npn = counters_of(live)};

    trace_plugins_encode(&plugin, 1, &output->raw);
    put(output, TRACE_PLUGINS);
}

/* Two entries, and tables of as many as their numbers say: each plug-in has its instances. */
static void save_sparse(const char *directory)
{
    struct output output = begin(directory, "sparse");
    struct trace_instance instance = {.serial = INSTANCES, .plugin = PLUGINS};

    put_plugin(&output, PLUGINS, 0);
    trace_instances_encode(&instance, 1, &output.raw);
    put(&output, TRACE_INSTANCES);
    end(&output, 0);
}

static void put_modules(struct output *output)
{
    struct trace_module *modules = calloc(MODULES, sizeof(*modules));

    if (modules == NULL)
        err(2, "modules");
    for (uint32_t i = 0; i < MODULES; i++)
        modules[i] = (struct trace_module){.index = i, .start = PC + i, .end = PC + i + 1};
    trace_modules_encode(modules, MODULES, &output->raw);
    put(output, TRACE_MODULES);
    free(modules);
}

/* In one chain from the first to the last, or each by itself. */
static void put_nodes(struct output *output, bool as_chain)
{
    struct trace_node *nodes = calloc(NODES_AT_ONCE, sizeof(*nodes));

    if (nodes == NULL)
        err(2, "nodes");
    for (uint32_t id = 1; id <= NODES; id++) {
        nodes[(id - 1) % NODES_AT_ONCE] = (struct trace_node){
            .id = id, .parent = as_chain ? id - 1 : 0, .pc = PC + MODULES + 1 + id};
        if (id % NODES_AT_ONCE != 0)
            continue;
        trace_nodes_encode(nodes, NODES_AT_ONCE, &output->raw);
        put(output, TRACE_NODES);
    }
    free(nodes);
}

static void put_live(struct output *output)
{
    struct trace_live *live = calloc(NODES, sizeof(*live));

    if (live == NULL)
        err(2, "live");
    for (uint32_t i = 0; i < NODES; i++)
        live[i] = (struct trace_live){
            .address = PC + 16 * (uint64_t)i, .size_bytes = 1, .node = i + 1, .plugin = 1};
    trace_live_encode(live, NODES, &output->raw);
    put(output, TRACE_LIVE);
    free(live);
}

/* Leaks from as many stacks as there are nodes: in a chain all of them deep, else each through an
 * address that is in none of many modules. */
static void save_stacks(const char *directory, const char *name, bool as_chain)
{
    struct output output = begin(directory, name);

    put_plugin(&output, 1, NODES);
    if (!as_chain)
        put_modules(&output);
    put_nodes(&output, as_chain);
    put_live(&output);
    end(&output, NODES);
}

/* The same with bytes behind it, so that its size asks for an answer (tests/fuzz/trace.c). */
static void save_asking(const char *directory, const char *name, const char *what, unsigned answer,
                        unsigned filter)
{
    static char bytes[HEAVY_BYTES];
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    size_t length = file == NULL ? 0 : fread(bytes, 1, sizeof(bytes) / 2, file);
    if (length == 0 || fclose(file) != 0)
        err(2, "%s", path);
    while (ANSWERS_OF(length / 2) != answer || length % 5 == 0 ||
           (filter != 0 && ANSWERS_FILTER_OF(length / 2) != filter))
        bytes[length++] = 0;
    snprintf(path, sizeof(path), "%s/%s-%s", directory, name, what);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        err(2, "%s", path);
}

void seeds_heavy_save(const char *directory)
{
    char path[4000];

    snprintf(path, sizeof(path), "%s/heavy", directory);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/heavy/trace", directory);
    mkdir(path, 0777);
    save_sparse(path);
    save_stacks(path, "deep", true);
    save_stacks(path, "wide", false);
    save_asking(path, "deep", "outermost", ANSWERS_GROUPS, ANSWERS_OUTERMOST);
}
