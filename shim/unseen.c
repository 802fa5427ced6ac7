/* shim/unseen.c - objects whose heap calls cannot be seen are to be in the recording */
/* SPDX-License-Identifier: MIT */

#include "shim/unseen.h"

#include <errno.h>

#include "shim/loaded.h"
#include "tracer/allocators.h"
#include "tracer/modules.h"

void unseen_note(const struct link_map *object)
{
    struct tracer *tracer = tracer_if_running();
    int kept_errno = errno;

    if (tracer != NULL && allocators_unseen(object) != ALLOCATORS_SEEN)
        modules_note(tracer, (uint64_t)(uintptr_t)object->l_ld,
                     atomic_load_explicit(&tracer->epoch, memory_order_acquire));
    errno = kept_errno;
}

static void note_each(const struct link_map *head, uint64_t loads, void *context)
{
    (void)loads, (void)context;
    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        unseen_note(map);
}

void unseen_note_all(void)
{
    loaded_with_list(note_each, NULL, NULL);
}
