/* shim/table_plain.c - calls into the host about which nothing more is noted */
/* SPDX-License-Identifier: MIT */

#include "shim/hostcalls.h"
#include "shim/table_gates.h"

/* clang-format off */
#define GATE(returns, slot, parameters, arguments)                                                 \
    returns gate_npn_##slot TABLE_GATE_PARAMETERS parameters                                       \
    {                                                                                              \
        struct hostcall call = HOSTCALLS_ENTER(slot);                                              \
        returns returned = call.plugin->host.slot arguments;                                       \
        hostcalls_leave(&call);                                                                    \
        return returned;                                                                           \
    }
#define VOID_GATE(slot, parameters, arguments)                                                     \
    void gate_npn_##slot TABLE_GATE_PARAMETERS parameters                                          \
    {                                                                                              \
        struct hostcall call = HOSTCALLS_ENTER(slot);                                              \
        call.plugin->host.slot arguments;                                                          \
        hostcalls_leave(&call);                                                                    \
    }
/* clang-format on */

TABLE_PLAIN_SLOTS(GATE, VOID_GATE)

void *gate_npn_getJavaEnv(uintptr_t who)
{
    struct hostcall call = HOSTCALLS_ENTER(getJavaEnv);
    void *environment = call.plugin->host.getJavaEnv();

    hostcalls_leave(&call);
    return environment;
}
