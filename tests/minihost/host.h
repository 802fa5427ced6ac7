/* tests/minihost/host.h: what the files of the mini-host share. */
/* SPDX-License-Identifier: MIT */

/*
 * The mini-host does with plug-ins what browsers do, one action at a time, and prints a transcript
 * in which nothing depends on addresses or time, so that the transcripts of a run with and without
 * a preloaded library can be compared byte for byte. On its own account it checks that its table is
 * never written, and returns every small type (bool, NPBool, NPError) with rubbish in the rest of
 * the register, which only a caller with a wrong prototype would see.
 *
 * Threads: actions run one at a time, on the main thread or on a worker (worker.c), except those
 * begun by `start`; NPN_Mem* and NPN_PluginThreadAsyncCall may be called from any thread.
 * Memory: the host's own data come from malloc and are not released. Errors: a mistake in a script
 * ends the host with status 2; what plug-ins do wrong is a line in the transcript.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_HOST_H
#define NPNTRACE_TESTS_MINIHOST_HOST_H

#include "shim/npapi.h"

enum { HOST_PLUGINS = 16, HOST_INSTANCES = 256, HOST_ACTION_BYTES = 1024, HOST_WORDS = 16 };

/* A function that returns a small type, and rubbish around it. */
typedef uint64_t wide;
#define RUBBISH UINT64_C(0xbad5ea5ede5e0000)
#define WIDE_ERROR(error) (RUBBISH | (uint16_t)(error))
#define WIDE_BOOL(value) (RUBBISH | 0x5a00 | ((value) ? 1 : 0))

/* An argument of 32 or 16 bits with rubbish above it. */
#define WIDE_32(value) (UINT64_C(0xfeedface00000000) | (uint32_t)(value))
#define WIDE_16(value) (UINT64_C(0xfeedfacecafe0000) | (uint16_t)(value))
#define WIDE_8(value) (UINT64_C(0xfeedfacecafe5a00) | (uint8_t)(value))

struct plugin {
    char name[16];
    void *handle;
    NP_InitializeFunc initialize;
    NP_ShutdownFunc shutdown;
    NP_GetMIMEDescriptionFunc mime;
    NP_GetValueFunc getvalue;
    NPNetscapeFuncs *table; /* as last given to NP_Initialize, NULL if it was on the stack */
    NPPluginFuncs *funcs;
    unsigned initialized; /* NP_Initialize calls so far */
};

struct instance {
    NPP_t npp;
    struct plugin *plugin; /* NULL while there is no such instance */
    NPObject *object;      /* its scriptable object, once fetched */
};

/* Prints a line of the transcript at once. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the host: the script has a mistake. */
_Noreturn void script_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs an action, nested or not. Returns what it says it returned, -1 for a failure. */
long action_run(const char *action);

/* The same from words; the first is the action's name. */
long action_run_words(int count, char **words);

/* The only plug-in or instance of that name; script_error if there is none. */
struct plugin *plugin_named(const char *name);
struct instance *instance_named(const char *name);

/* The instance that an NPP belongs to, NULL for NULL and strangers. */
struct instance *instance_of(NPP npp);
const char *instance_name(const struct instance *instance);

/* ---- parts of the table of actions, each ended by a NULL name -------------------------------- */

struct action {
    const char *name;
    const char *usage;
    int least_words; /* besides the name */
    long (*run)(int count, char **words);
};

extern const struct action plugin_actions[];
extern const struct action instance_actions[];
extern const struct action script_actions[];
extern const struct action page_actions[];
extern const struct action worker_actions[];
extern const struct action process_actions[];

/* Set by the action `exit return`: main is to return this. */
extern int return_status; /* negative: not asked for */

#endif
