/* viewer/source_contract.h - objects held and findings, whatever kind of file they came from */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_SOURCE_CONTRACT_H
#define NPNTRACE_VIEWER_SOURCE_CONTRACT_H

#include "viewer/recording.h"

/* Once all tables are known: corrects ids that lead nowhere, which is noted, and sorts both. */
void source_contract_finish(struct recording *recording);

#endif
