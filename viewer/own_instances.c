/* viewer/own_instances.c - the instances of each plug-in */
/* SPDX-License-Identifier: MIT */

#include "viewer/own_instances.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

struct own_instances own_instances_find(const struct recording *recording)
{
    struct own_instances own = {
        .first = xalloc_zeroed(recording->plugin_count + 1, sizeof(*own.first)),
        .next = xalloc_zeroed(recording->instance_count + 1, sizeof(*own.next)),
        .count = xalloc_zeroed(recording->plugin_count + 1, sizeof(*own.count)),
    };

    /* Backwards, so that lists ascend. */
    for (uint32_t serial = (uint32_t)recording->instance_count; serial > 0; serial--) {
        uint32_t plugin = recording->instances[serial - 1].plugin;
        own.next[serial] = own.first[plugin];
        own.first[plugin] = serial;
        own.count[plugin]++;
    }
    return own;
}

void own_instances_free(struct own_instances *own)
{
    free(own->first);
    free(own->next);
    free(own->count);
    *own = (struct own_instances){0};
}
