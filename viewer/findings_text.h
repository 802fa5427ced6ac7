/* viewer/findings_text.h - findings as text */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_FINDINGS_TEXT_H
#define NPNTRACE_VIEWER_FINDINGS_TEXT_H

#include "viewer/findings.h"
#include "viewer/session.h"

/* Verdict, findings, and the next command worth running, on stdout. Threads: one. */
void findings_text_print(const struct session *session, const struct findings *findings);

/* "3 findings in libnpfoo.so", "No finding": without a full stop; the caller frees it. */
char *findings_text_verdict(const struct recording *recording, const struct findings *findings);

#endif
