/* tests/plugins/tally_page.c: writes the list of finished allocations. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/tally_page.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tally_page *map_file(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || (size_t)st.st_size < sizeof(struct tally_page))
        return NULL;
    struct tally_page *page =
        mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return NULL;
    uint32_t nobody = 0;
    if (!atomic_compare_exchange_strong(&page->pid, &nobody, (uint32_t)getpid())) {
        munmap(page, (size_t)st.st_size);
        return NULL;
    }
    page->capacity = ((size_t)st.st_size - sizeof *page) / sizeof page->entries[0];
    page->magic = TALLY_PAGE_MAGIC;
    return page;
}

struct tally_page *tally_page_open(void)
{
    const char *path = getenv("NPNSAMPLE_TALLY");
    if (path == NULL)
        return NULL;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct tally_page *page = map_file(fd);
    close(fd);
    return page;
}

void tally_page_name(struct tally_page *page, uint32_t plugin, const char *name)
{
    if (page == NULL || plugin >= TALLY_PAGE_PLUGINS)
        return;
    strncpy(page->names[plugin], name, TALLY_PAGE_NAME_BYTES - 1);
    if (page->plugin_count <= plugin)
        page->plugin_count = plugin + 1;
}

uint32_t tally_page_add(struct tally_page *page, uint32_t plugin, void *block, uint32_t size)
{
    if (page == NULL)
        return 0;
    uint64_t at = atomic_load_explicit(&page->entry_count, memory_order_relaxed);
    if (at >= page->capacity) {
        page->lost++;
        return 0;
    }
    struct tally_entry *entry = &page->entries[at];
    entry->address = (uintptr_t)block;
    entry->size = size;
    entry->plugin = plugin;
    atomic_store_explicit(&entry->state, TALLY_LIVE, memory_order_release);
    atomic_store_explicit(&page->entry_count, at + 1, memory_order_release);
    return (uint32_t)(at + 1);
}

void tally_page_set(struct tally_page *page, uint32_t number, enum tally_state state)
{
    if (page != NULL && number != 0)
        atomic_store_explicit(&page->entries[number - 1].state, state, memory_order_release);
}
