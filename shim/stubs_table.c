/* shim/stubs_table.c - the pool of stubs for the browser's table */
/* SPDX-License-Identifier: MIT */

#include "shim/plugin.h"
#include "shim/stubs.h"
#include "shim/stubs_pool.h"
#include "shim/table_gates.h"

#define SLOT_POOL(returns, slot, parameters, arguments)                                            \
    SHARED_POOL(returns, gate_npn_##slot, parameters, arguments)
#define VOID_SLOT_POOL(slot, parameters, arguments)                                                \
    SHARED_POOL(void, gate_npn_##slot, parameters, arguments)

TABLE_WATCHED_SLOTS(SLOT_POOL, VOID_SLOT_POOL)
TABLE_PLAIN_SLOTS(SLOT_POOL, VOID_SLOT_POOL)
SHARED_POOL(void *, gate_npn_getJavaEnv, (void), ())

#define ROW(slot)                                                                                  \
    {                                                                                              \
        .offset = offsetof(NPNetscapeFuncs, slot), .stubs = gate_npn_##slot##_stubs                \
    }
#define SLOT_ROW(returns, slot, parameters, arguments) ROW(slot),
#define VOID_SLOT_ROW(slot, parameters, arguments) ROW(slot),

static const struct stubs_pool pools[] = {
    TABLE_WATCHED_SLOTS(SLOT_ROW, VOID_SLOT_ROW)
    TABLE_PLAIN_SLOTS(SLOT_ROW, VOID_SLOT_ROW)
    ROW(getJavaEnv),
};

#define SLOTS (sizeof(pools) / sizeof(pools[0]))
_Static_assert(SLOTS ==
                   (sizeof(NPNetscapeFuncs) - offsetof(NPNetscapeFuncs, geturl)) / sizeof(void *),
               "every slot has stubs");
_Static_assert(PLUGIN_SHARED_SET == PLUGIN_STUB_SETS, "the shared stub stands behind the others");

void *stubs_table_stub(size_t offset, uint32_t set)
{
    const struct stubs_pool *pool = stubs_pool_of(pools, SLOTS, offset);

    return pool != NULL ? pool->stubs[set] : NULL;
}

bool stubs_is_table_stub(const void *value, size_t offset, uint32_t *ret_set)
{
    return stubs_pool_has(stubs_pool_of(pools, SLOTS, offset), PLUGIN_STUB_SETS + 1, value,
                          ret_set);
}
