/* viewer/each.h - a host is run once for each NPN_MemAlloc, which fails in that run */
/* SPDX-License-Identifier: MIT */

/*
 *   each.c         counts the calls in a run without failures, then one run for each; the verdict
 *   each_choose.c  which calls, if there are more than may be tried
 *   each_run.c     one run, in a child process with a deadline
 *   each_read.c    what its recordings say
 *   each_out.c     the table, or JSON
 *
 * A run is recorded into a folder of its own, which is removed. The command reads nothing and what
 * it prints is thrown away: with hundreds of runs nobody can follow it. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_EACH_H
#define NPNTRACE_VIEWER_EACH_H

#include <stdbool.h>
#include <stdint.h>

#include "viewer/record_whatif.h"
#include "viewer/stacks.h"

#include <jansson.h>

struct each {
    const struct record_whatif *whatif;
    char *const *command;
    /* Runs and records the command into files whose names begin like this one, with the host's
     * environment as it is now. 0, or -errno after a message. */
    int (*record)(void *context, const char *file, int *ret_wait_status);
    void *context;
    char *folder;
};

/* How a run ended. */
struct each_end {
    int error;       /* -errno: the command could not be started */
    int wait_status; /* of the command */
    bool timed_out;
};

/* Leaks and findings by what they are, to be compared between runs. */
struct each_fact {
    uint64_t key;
    uint64_t count; /* blocks, or how often */
    uint64_t bytes;
    const char *finding; /* its name; NULL: a leak */
};

struct each_facts {
    uint64_t calls; /* of NPN_MemAlloc by the plug-ins in question, of the process with most */
    uint64_t *made; /* of the run without failures: each call's stack, as a number */
    size_t made_count;
    bool is_incomplete; /* something was lost: numbers may be too small */
    bool killed;        /* a recorded process was ended by a signal */
    int signal;
    bool injected; /* a call was made to fail: */
    char *plugin;  /* by this one; NULL: unknown */
    char *where;   /* its innermost frame there */
    json_t *stack;
    struct each_fact *facts;
    size_t count;
    size_t capacity;
};

/* Calls in their order: every stack's first, and as many others as there is room for. */
struct each_choice {
    uint64_t *calls;
    size_t count;
    bool stacks_known;
    size_t stacks_left; /* stacks of which no call is among them */
};

enum each_outcome { EACH_SAME, EACH_STATUS, EACH_SIGNAL, EACH_TIMEOUT, EACH_NOT_RUN };

struct each_run {
    uint64_t call;
    enum each_outcome outcome;
    int value; /* exit status or signal */
    struct each_facts facts;
    uint64_t new_leak_blocks, new_leak_bytes; /* of runs that ended as without */
    struct each_fact *new_findings;
    size_t new_finding_count;
};

struct each_result {
    uint64_t calls;
    struct each_end baseline;
    struct each_facts baseline_facts;
    struct each_choice choice;
    struct each_run *runs;
    size_t run_count;
    size_t different;
    bool stopped; /* by the user */
};

/* All of it. Returns the program's exit status. */
int each_all(struct each *each);

/* Once, before the first run. From then on this process has no children but those of runs. */
void each_run_prepare(void);

/* One run; call 0: without a failure. What it started has ended when this returns. */
struct each_end each_run(const struct each *each, uint64_t call, const volatile bool *stopped);

/* limit 0: all calls. The caller frees its calls. */
struct each_choice each_choose(const struct each_facts *facts, uint64_t limit);

/* Was the host killed in the run without failures, too? */
bool each_baseline_is_killed(const struct each_result *result);

/* Reads all recordings in the folder and removes them. call 0: of the run without failures. */
void each_read(const struct each *each, uint64_t call, struct each_facts *ret_facts);
void each_facts_free(struct each_facts *facts);

/* "exit status 1", "killed by SIGSEGV": of a command. The caller frees it. */
char *each_end_text(int wait_status);

void each_print(const struct each *each, const struct each_result *result);

#endif
