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
    return tracer_start();
}

const char *scratch_directory(void)
{
    return directory;
}

void scratch_end(void)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (stream != NULL)
        closedir(stream);
    rmdir(directory);
}

unsigned scratch_events(const struct ring_header *ring,
                        void (*visit)(const struct event *event, void *argument), void *argument)
{
    unsigned total = 0;

    for (uint32_t i = 0; i < ring_capacity(ring, RING_CHUNKS); i++) {
        const struct ring_chunk *chunk = ring_chunk_at(ring, i);
        uint64_t committed = atomic_load(&chunk->committed);
        const uint64_t *words = (const uint64_t *)(chunk + 1);
        size_t count = (uint32_t)committed / sizeof(*words);
        if (atomic_load(&chunk->sequence) == 0)
            continue;
        for (size_t at = 0; at < count;) {
            struct event event;
            size_t used = event_decode(words + at, count - at, chunk->base_stamp, &event);
            if (used == 0)
                abort(); /* a committed event that cannot be read: the test has failed */
            visit(&event, argument);
            at += used;
            total++;
        }
    }
    return total;
}

uint32_t scratch_plugin(struct tracer *tracer, const char *path)
{
    struct plugin_identity identity = {.path = path};
    bool fresh;

    return registry_add_plugin(tracer, &identity, 0, 1, &fresh);
}
