/* shim/loaded.c - the loader's list of objects, while it cannot change */
/* SPDX-License-Identifier: MIT */

#include "shim/loaded.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stddef.h>

struct still {
    loaded_work *work;
    const struct link_map *member;
    void *context;
};

const struct link_map *loaded_at(const void *address)
{
    struct dl_find_object object;

    return _dl_find_object((void *)(uintptr_t)address, &object) == 0 ? object.dlfo_link_map : NULL;
}

const struct link_map *loaded_self(void)
{
    return loaded_at((void *)(uintptr_t)loaded_self);
}

const struct link_map *loaded_libc(void)
{
    return loaded_at((void *)(uintptr_t)gnu_get_libc_version);
}

static int once(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    const struct still *still = argument;
    const struct link_map *head = still->member != NULL ? still->member : loaded_self();

    (void)bytes;
    while (head != NULL && head->l_prev != NULL)
        head = head->l_prev;
    if (head != NULL)
        still->work(head, info->dlpi_adds, still->context);
    return 1;
}

void loaded_with_list(loaded_work *work, const struct link_map *member, void *context)
{
    struct still still = {.work = work, .member = member, .context = context};

    dl_iterate_phdr(once, &still);
}
