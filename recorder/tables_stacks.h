/* recorder/tables_stacks.h - finds a node by what it is */
/* SPDX-License-Identifier: MIT */

/*
 * While the process's tree has room, a node is found by its number in the ring. Stacks for which it
 * had none stand among the events and are looked up here frame by frame, so that each gets nodes
 * once. The index is made when the first such stack comes; most recordings never have one.
 *
 * A part of recorder/tables.c: same thread, same memory, same errors.
 */
#ifndef NPNTRACE_RECORDER_TABLES_STACKS_H
#define NPNTRACE_RECORDER_TABLES_STACKS_H

#include "recorder/tables.h"

/* The node with these contents, which is made if need be; 0: no memory, tables->error is set. */
uint32_t tables_stacks_node(struct tables *tables, uint32_t parent, uint32_t flags, uint64_t pc);

void tables_stacks_close(struct tables *tables);

#endif
