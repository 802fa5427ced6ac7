/* recorder/recorder.h - runs a command and records every process of it that meets a plug-in */
/* SPDX-License-Identifier: MIT */

/*
 * What `npntrace record` does, without its command line: recorder_run() starts the command with the
 * preload library, hands each process that asks for one a segment (format/handover.h), drains the
 * segments into trace files, and returns when the command and all processes it recorded have ended.
 *
 *   launch.c  finds and starts the command      handover.c  gives out segments
 *   follow.c  which program it becomes
 *   session.c the loop                          capture.c   one process: segment -> file
 *   drain*.c  chunks -> EVENTS, HEAP            tables*.c   tables -> STRINGS, MODULES, ...
 *   ticks.c   stamps -> nanoseconds
 *   live.c    side table -> LIVE                contract.c  -> OBJECTS, FINDINGS
 *   symbolize.c addresses -> SYMBOLS            trace_writer.c  blocks -> bytes
 *   output.c  names and creates files
 *
 * One thread; it must not be the owner of robust mutexes. While it runs, signals are blocked and
 * read from a descriptor, SIGPIPE and SIGXFSZ ignored; afterwards all is as it was. Nothing is
 * printed: what the user should know at once goes to options->say, the rest into the report.
 */
#ifndef NPNTRACE_RECORDER_RECORDER_H
#define NPNTRACE_RECORDER_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/ring.h"
#include "format/trace.h"
#include "recorder/symbolize.h"

#define RECORDER_DEFAULT_OUTPUT "npntrace.%h.%p.npt"
#define RECORDER_DEFAULT_BYTES (UINT64_C(256) << 20)

struct recorder_options {
    const char *output; /* file name; %h: the host's, %p: its pid, %%: a percent sign */
    bool force;         /* replace files that exist */
    uint64_t ring_bytes;
    enum ring_policy policy; /* RING_BLOCK or RING_DROP */
    enum ring_heap heap; /* which calls of malloc and its family; RING_HEAP_OFF: as the user's
                            environment says */
    const char *follow;  /* RING_HEAP_ALL: pattern (fnmatch) of the names of the programs; NULL: the
                            command's */
    unsigned selfcheck;  /* unwind every so many stacks twice; 0: as the environment says */
    const char *writer;      /* "npntrace 0.1.0" */
    const struct symbolize_lookup *lookup; /* NULL: store no symbols */
    bool interactive; /* somebody watches: also say what is being waited for */
    void (*say)(void *context, const char *line); /* a sentence without a newline */
    void *say_context;
    unsigned test_events_per_second; /* for tests: it takes no more; 0: all it can */
};

struct recorder_plugin {
    char *name; /* last part of its path */
    struct trace_counters npn;
};

/* One recorded process. */
struct recorder_result {
    char *path; /* of its file; NULL: none could be made */
    char *host; /* last part of the program's path */
    uint32_t pid;
    uint32_t end_reason; /* enum trace_end_reason */
    uint32_t exit_kind;  /* enum trace_exit */
    uint32_t exit_value;
    int error;          /* 0, or the -errno because of which the file is incomplete or missing */
    uint64_t file_bytes;
    uint64_t events;
    uint64_t heap_events; /* of these */
    uint32_t heap;        /* enum ring_heap */
    uint32_t selfcheck;   /* every so many stacks were unwound twice; 0: none */
    uint64_t selfchecks;
    uint64_t selfcheck_mismatches;
    uint64_t heap_untracked; /* plug-ins' heap blocks whose frees by others went unseen */
    uint64_t lost_events;
    uint64_t untracked_blocks; /* live blocks that the counts below do not have */
    uint64_t findings;         /* different ones */
    uint64_t unlisted_findings;
    uint64_t injected_failures; /* NPN_MemAlloc calls that were made to fail */
    struct recorder_plugin *plugins;
    size_t plugin_count;
};

struct recorder_report {
    int wait_status; /* of the command, as waitpid(2) gives it */
    char *why; /* no result: what kept the command from being recorded; NULL: it met no plug-in */
    char *follow; /* the pattern that was used, NULL: none */
    unsigned refused; /* requests for a segment that were not granted */
    struct recorder_result *results;
    size_t result_count;
};

/* Runs argv and records. 0: the command was started, and ended. Otherwise -errno, and *ret_report
 * is empty; a sentence went to options->say. */
int recorder_run(const struct recorder_options *options, char *const argv[],
                 struct recorder_report *ret_report);

void recorder_result_free(struct recorder_result *result);
void recorder_report_free(struct recorder_report *report);

#endif
