/* tests/plugins/sample.h: what the files of the sample plug-ins share. */
/* SPDX-License-Identifier: MIT */

/*
 * A sample plug-in is told by small programs what to do and states in the end what the tracer must
 * have reported (tests/plugins/tally.h). A program is a list of steps, `PHASE: STEP ARGUMENT...;`,
 * as in
 *
 *     alloc 100; leak 3; destroy: free all; shutdown: flush 5
 *
 * and comes from the attribute `do` of the tag (without a phase: `new`), from the environment
 * variable $NPNSAMPLE_DO (all instances and the plug-in itself), and from scripts: every step is
 * also a method of the plug-in's scriptable object. $NPNSAMPLE_QUIRKS names the ways in which the
 * plug-in is to be peculiar. Further plug-ins built from these files have a suffix: $NPNSAMPLE_DO2
 * and so on.
 *
 * Threads: steps run on whichever thread the host enters by. Memory: the plug-in's own data come
 * from calloc, NPN memory is used by steps alone. Errors: a step that cannot do its work returns
 * -1.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_SAMPLE_H
#define NPNTRACE_TESTS_PLUGINS_SAMPLE_H

#include <errno.h>

#include "shim/npapi.h"
#include "tests/plugins/site.h"
#include "tests/plugins/tally.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SAMPLE_SUFFIX
#define SAMPLE_SUFFIX ""
#endif
#define SAMPLE_MIME "application/x-npsample" SAMPLE_SUFFIX

#define SAMPLE_EXPORT __attribute__((visibility("default")))

enum { SAMPLE_SLOTS = 1 << 14, SAMPLE_STEP_ARGS = 8, SAMPLE_RESULT_BYTES = 2048 };

struct sample_instance {
    NPP npp;
    int tally;
    char *program;     /* the attribute `do`, or NULL */
    NPObject *object;  /* scriptable, NULL until asked for */
    unsigned long rgb; /* what it paints */
    unsigned events;   /* NPP_HandleEvent calls so far */
    bool refused;      /* a step wants NPP_New to fail */
    uint32_t timer;    /* the last one scheduled */
    int slot_count;
    void *slots[SAMPLE_SLOTS]; /* blocks that steps allocated and may free, NULL once freed */
};

/* One step that is to be done. */
struct sample_step {
    struct sample_instance *instance; /* the plug-in's own in module phases, never NULL */
    int argc;
    char *argv[SAMPLE_STEP_ARGS];   /* without the name */
    char text[SAMPLE_RESULT_BYTES]; /* result as text, empty: the number returned is the result */
};

typedef long (*sample_step_func)(struct sample_step *step);

struct sample_command {
    const char *name;
    sample_step_func run;
};

/* The parts of the table of steps, each ended by a NULL name. */
extern const struct sample_command sample_memory_commands[];
extern const struct sample_command sample_host_commands[];
extern const struct sample_command sample_value_commands[];
extern const struct sample_command sample_table_commands[];
extern const struct sample_command sample_thread_commands[];
extern const struct sample_command sample_end_commands[];
extern const struct sample_command sample_extra_commands[]; /* of one variant alone */

/* The n-th argument as a number, or the default. */
long sample_number(const struct sample_step *step, int n, long otherwise);

/* NULL if there is no such step. */
const struct sample_command *sample_command_find(const char *name);
const struct sample_command *sample_command_at(int n);

/* Runs all steps of a phase: of the environment's program, then of the instance's own. */
void sample_phase(const char *phase, struct sample_instance *instance);

/* Whether any program has steps for this phase. */
bool sample_has_phase(const char *phase);

/* Whether $NPNSAMPLE_QUIRKS has this word. */
bool sample_quirk(const char *word);

/*
 * The browser's table, by pointer or copy as the quirks say; NULL before NP_Initialize. Only slots
 * that every host has may be used by it, others by sample_table_known(): a copy in which slots
 * beyond the host's size are NULL.
 */
const NPNetscapeFuncs *sample_table(void);
const NPNetscapeFuncs *sample_table_known(void);
void sample_table_keep(NPNetscapeFuncs *table);

/* What belongs to no instance. */
struct sample_instance *sample_module(void);

NPObject *sample_object_get(struct sample_instance *instance);
void sample_paint(struct sample_instance *instance, void *event);

/* Every entry point begins with this: notes the frame and whose time it is. */
struct sample_entry {
    int tally_before;
};
struct sample_entry sample_entry_begin(int tally);
void sample_entry_end(struct sample_entry *entry);

#define SAMPLE_ENTER(instance)                                                                     \
    SITE_ENTER();                                                                                  \
    __attribute__((cleanup(sample_entry_end), unused)) struct sample_entry entry_ =                \
        sample_entry_begin((instance)->tally)

/*
 * Most plug-ins reach the browser's memory through its table; some are written against functions of
 * these names, which they bring along themselves (sample_gates.c) or leave to the test bench.
 * SAMPLE_BY_NAME is then the functions' attribute: a program must call them weak, since the linker
 * settles all other undefined names of a program for good.
 */
#ifdef SAMPLE_BY_NAME
#define SAMPLE_SLOT(slot, name) (name)
SAMPLE_BY_NAME void *NPN_MemAlloc(uint32_t size);
SAMPLE_BY_NAME void NPN_MemFree(void *ptr);
SAMPLE_BY_NAME uint32_t NPN_MemFlush(uint32_t size);
#else
#define SAMPLE_SLOT(slot, name) (sample_table()->slot)
#endif

/*
 * The three calls that are measured. They are macros so that the call is made in the function that
 * the statement names, and are written on one line. errno is preset and noted for hosts that look.
 */
#define SAMPLE_ALLOC(bytes)                                                                        \
    ({                                                                                             \
        const uint32_t bytes_ = (uint32_t)(bytes);                                                 \
        const NPN_MemAllocProcPtr memalloc_ = SAMPLE_SLOT(memalloc, NPN_MemAlloc);                 \
        site_.line = __LINE__;                                                                     \
        errno = TALLY_ERRNO_BEFORE;                                                                \
        void *block_ = memalloc_(bytes_);                                                          \
        tally_allocated(block_, bytes_, errno);                                                    \
        block_;                                                                                    \
    })

#define SAMPLE_FREE(block)                                                                         \
    do {                                                                                           \
        void *block_ = (block);                                                                    \
        const NPN_MemFreeProcPtr memfree_ = SAMPLE_SLOT(memfree, NPN_MemFree);                     \
        const uint32_t token_ = tally_freeing(block_);                                             \
        site_.line = __LINE__;                                                                     \
        errno = TALLY_ERRNO_BEFORE;                                                                \
        memfree_(block_);                                                                          \
        tally_freed(token_, errno);                                                                \
    } while (0)

#define SAMPLE_FLUSH(bytes)                                                                        \
    ({                                                                                             \
        const NPN_MemFlushProcPtr memflush_ = SAMPLE_SLOT(memflush, NPN_MemFlush);                 \
        errno = TALLY_ERRNO_BEFORE;                                                                \
        const uint32_t flushed_ = memflush_((uint32_t)(bytes));                                    \
        tally_flushed(errno);                                                                      \
        flushed_;                                                                                  \
    })

#ifdef __cplusplus
}
#endif

#endif
