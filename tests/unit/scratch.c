/* tests/unit/scratch.c - a tracer that records into a directory of the test's own */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tracer/registry.h"

/* What the tracer holds for the life of the process is known only to memory that LeakSanitizer does
 * not look at. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libunwind";
}

static char directory[] = "/tmp/npntrace-unit-XXXXXX";

struct tracer *scratch_start(const char *size_bytes)
{
    if (mkdtemp(directory) == NULL)
        return NULL;
    setenv("NPNTRACE_DIR", directory, 1);
    setenv("NPNTRACE_SIZE", size_bytes, 1);
    unsetenv("NPNTRACE_RECORDER");
    struct tracer *tracer = tracer_start();
    if (tracer != NULL)
        tracer->own_start = tracer->own_end = 0;
    return tracer;
}

const char *scratch_directory(void)
{
    return directory;
}

int scratch_end(void **state)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;

    (void)state;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (stream != NULL)
        closedir(stream);
    return rmdir(directory);
}

bool scratch_chunk_events(const struct ring_chunk *chunk, scratch_visit *visit, void *argument)
{
    const uint64_t *words = (const uint64_t *)(chunk + 1);
    uint64_t committed = atomic_load_explicit(&chunk->committed, memory_order_acquire);
    size_t count = (uint32_t)committed / sizeof(*words), used;

    for (size_t at = 0; at < count; at += used) {
        struct event event;
        used = event_decode(words + at, count - at, chunk->base_stamp, &event);
        if (used == 0)
            return false;
        visit(&event, argument);
    }
    return true;
}

void scratch_events(const struct ring_header *ring, scratch_visit *visit, void *argument)
{
    for (uint32_t i = 0; i < ring_capacity(ring, RING_CHUNKS); i++) {
        const struct ring_chunk *chunk = ring_chunk_at(ring, i);
        if (atomic_load(&chunk->sequence) != 0 && !scratch_chunk_events(chunk, visit, argument))
            abort();
    }
}

uint32_t scratch_plugin(struct tracer *tracer, const char *path)
{
    struct plugin_identity identity = {.path = path};
    bool fresh;

    return registry_add_plugin(tracer, &identity, 0, 1, &fresh);
}
