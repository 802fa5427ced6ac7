/* tests/contract/traffic_slots.h - the functions of a table by number, to count calls */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_CONTRACT_TRAFFIC_SLOTS_H
#define NPNTRACE_TESTS_CONTRACT_TRAFFIC_SLOTS_H

#include "shim/table_slots.h"

/* clang-format off */
enum slot {
#define SLOT_NAME(returns, slot, parameters, arguments) SLOT_##slot,
#define VOID_SLOT_NAME(slot, parameters, arguments) SLOT_##slot,
    TABLE_WATCHED_SLOTS(SLOT_NAME, VOID_SLOT_NAME)
    TABLE_PLAIN_SLOTS(SLOT_NAME, VOID_SLOT_NAME)
    SLOT_getJavaEnv,
    SLOTS
};

static const char *const slot_names[SLOTS] = {
#define SLOT_TEXT(returns, slot, parameters, arguments) #slot,
#define VOID_SLOT_TEXT(slot, parameters, arguments) #slot,
    TABLE_WATCHED_SLOTS(SLOT_TEXT, VOID_SLOT_TEXT)
    TABLE_PLAIN_SLOTS(SLOT_TEXT, VOID_SLOT_TEXT)
    "getJavaEnv",
};
/* clang-format on */

#endif
