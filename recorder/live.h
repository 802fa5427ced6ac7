/* recorder/live.h - the side table of live blocks on its way to the file */
/* SPDX-License-Identifier: MIT */

/*
 * Written when a recording ends: exact when the process has ended, a snapshot otherwise. Only pages
 * of the table that the process ever touched are looked at. Memory: 40 bytes per live block.
 */
#ifndef NPNTRACE_RECORDER_LIVE_H
#define NPNTRACE_RECORDER_LIVE_H

#include "recorder/tables.h"

/* Writes LIVE blocks, after the NODES that they name. 0 or -errno. *ret_entries: how many live
 * blocks; *ret_busy: slots that were being filled or emptied. */
int live_write(struct tables *tables, uint64_t *ret_entries, uint64_t *ret_busy);

#endif
