/* shim/table_gates.h - the stubs' common parts, one for each function of the browser's table */
/* SPDX-License-Identifier: MIT */

/*
 * gate_npn_SLOT(who, arguments) is what the stubs of a slot call: shim/hostcalls.h says what `who`
 * is and what a gate has to do. Each calls the host's function exactly once, with the same
 * arguments; its value is the host's, and so is errno.
 */
#ifndef NPNTRACE_SHIM_TABLE_GATES_H
#define NPNTRACE_SHIM_TABLE_GATES_H

#include <stdint.h>

#include "shim/npapi.h"
#include "shim/table_slots.h"

#define TABLE_GATE_PARAMETERS(...) (uintptr_t who, ##__VA_ARGS__)
#define TABLE_GATE(returns, slot, parameters, arguments)                                           \
    returns gate_npn_##slot TABLE_GATE_PARAMETERS parameters;
#define TABLE_VOID_GATE(slot, parameters, arguments)                                               \
    void gate_npn_##slot TABLE_GATE_PARAMETERS parameters;

TABLE_WATCHED_SLOTS(TABLE_GATE, TABLE_VOID_GATE)
TABLE_PLAIN_SLOTS(TABLE_GATE, TABLE_VOID_GATE)
void *gate_npn_getJavaEnv(uintptr_t who);

#endif
