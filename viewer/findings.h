/* viewer/findings.h - what plug-ins did against the rules of the API */
/* SPDX-License-Identifier: MIT */

/*
 * Most findings are in the recording: they were raised where the rule was broken. What shows only
 * at the end is found here: objects that a plug-in still holds although the instance that they
 * were made or got for has been destroyed for long enough (model_is_over()). Where calls were
 * missed, a release may be among them, and nothing is found. Threads: one. Memory: until
 * findings_free().
 */
#ifndef NPNTRACE_VIEWER_FINDINGS_H
#define NPNTRACE_VIEWER_FINDINGS_H

#include "format/finding.h"
#include "viewer/model.h"

/* Kinds of the viewer's own, behind those of the recording. */
#define FINDINGS_OBJECT_KEPT FINDINGS
#define FINDINGS_UNKNOWN (FINDINGS + 1) /* of a newer tracer */

struct found {
    unsigned kind; /* enum finding_kind, or one of the above */
    struct trace_finding finding;
    uint64_t refs;    /* FINDINGS_OBJECT_KEPT: references held, of all objects */
    uint16_t step;    /* enum object_step: how the plug-in came to hold it */
    uint8_t function; /* enum event_function that allocated a heap block; 0: unknown */
};

struct findings {
    struct found *list; /* in the order of their first time */
    size_t count;
};

/* Findings in which a wanted plug-in (by id; NULL: all) is on either side. */
struct findings findings_find(const struct model *model, const bool *wanted_plugins);
void findings_free(struct findings *findings);

/* The tracer keeps no table of heap blocks: where those in findings came from is looked up in the
 * heap events, as far as they were recorded. Reads all of them if there is something to look up. */
void findings_find_heap_blocks(struct recording *recording, struct findings *findings);

/* How many findings_find() would find of all plug-ins. */
size_t findings_count(const struct model *model);

/* The exit status of a verb that is to fail on one of these: STATUS_TROUBLE after a message where
 * that is not known. */
int findings_status(const struct recording *recording, const struct findings *findings);

/* What the recording had no room for or breaks off before, as a sentence; NULL: all is known. The
 * caller frees it. */
char *findings_missing(const struct recording *recording);

const char *findings_name(unsigned kind);  /* "double-free": for machines */
const char *findings_title(unsigned kind); /* "Double free" */
const char *findings_rule(unsigned kind);  /* the rule that was broken, one sentence */

#endif
