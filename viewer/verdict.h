/* viewer/verdict.h - one sentence about a recording, and others that several verbs say */
/* SPDX-License-Identifier: MIT */

/*
 * Each function returns a text without a line feed that the caller frees. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_VERDICT_H
#define NPNTRACE_VIEWER_VERDICT_H

#include "viewer/model.h"

/* "libnpfoo.so did not free 12 blocks, 48.0 KiB." */
char *verdict_sentence(const struct model *model);

/* True if plug-ins hold something: NPN memory, blocks that they received, references to objects, or
 * of the heap what they allocated. */
bool verdict_has_live(const struct model *model);

/* True if something is not as it should be: there is a finding, or the process has ended and
 * something is live. */
bool verdict_is_bad(const struct model *model);

/* "cutycapt (pid 4711), recorded for 2.31 s; it exited with status 0." */
char *verdict_host(const struct recording *recording);

/* "exited with status 0", "was ended by signal 9 (Killed)", "is running", ... */
char *verdict_ending(const struct recording *recording);

/* What was lost and what that means for the numbers, after "Lost: "; NULL if nothing was. */
char *verdict_losses(const struct model *model);

/* File name of a plug-in for people; 0: "(no plug-in)". */
char *verdict_plugin_name(const struct recording *recording, uint32_t plugin);

/* The same for programs, one for each plug-in: the file's name as a rule; where two have the same,
 * their paths, and their ids if need be. */
char *verdict_plugin_label(const struct recording *recording, uint32_t id);

/* The same for whose a call is: of the heap, plug-in 0 is "(host)". */
char *verdict_caller_name(const struct recording *recording, uint32_t plugin, bool is_heap);

#endif
