/* recorder/contract.h - objects held and findings on their way to the file */
/* SPDX-License-Identifier: MIT */

/*
 * Written when a recording ends, as the live blocks are (recorder/live.h): exact when the process
 * has ended, a snapshot otherwise. Findings are written before that too, whenever there are new
 * ones: no event tells of them, should the recorder be killed. What is not a whole entry is passed
 * over. Memory: 40 bytes per
 * object held, 80 per finding, of which the segment has at most 4096.
 */
#ifndef NPNTRACE_RECORDER_CONTRACT_H
#define NPNTRACE_RECORDER_CONTRACT_H

#include "recorder/tables.h"

/* Writes OBJECTS and FINDINGS blocks, after the NODES that they name, and counts their entries. 0
 * or -errno. */
int contract_write(struct tables *tables, uint64_t *ret_objects, uint64_t *ret_findings);

/* Writes a FINDINGS block if there are more than *findings by now, and sets that. 0 or -errno. */
int contract_write_findings(struct tables *tables, uint32_t *findings);

#endif
