/* shim/brought.c - the libraries that an object brought into the process */
/* SPDX-License-Identifier: MIT */

#include "shim/brought.h"

#include <stddef.h>
#include <string.h>

#include "shim/loaded.h"
#include "tracer/dynsym.h"

const char *brought_file(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static const ElfW(Dyn) * next_entry(const ElfW(Dyn) * entry, ElfW(Sxword) tag)
{
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry;
    return NULL;
}

/* As the loader compares: with the path it was found at, its file name, or DT_SONAME. */
static bool is_called(const struct link_map *map, const char *needed)
{
    struct dynsym tables;

    if (map->l_name != NULL && strcmp(map->l_name, needed) == 0)
        return true;
    if (strchr(needed, '/') != NULL || !dynsym_open(map, &tables))
        return false;
    const ElfW(Dyn) *soname = next_entry(map->l_ld, DT_SONAME);
    if (soname != NULL)
        return strcmp(tables.strings + soname->d_un.d_val, needed) == 0;
    return map->l_name != NULL && strcmp(brought_file(map->l_name), needed) == 0;
}

static const struct link_map *find_called(const struct link_map *head, const char *needed)
{
    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        if (is_called(map, needed))
            return map;
    return NULL;
}

static bool is_behind(const struct link_map *map, const struct link_map *root)
{
    for (root = root->l_next; root != NULL; root = root->l_next)
        if (root == map)
            return true;
    return false;
}

/* The loader, the C library and we are nobody's. */
static bool is_everybodys(const struct link_map *map)
{
    return map == loaded_libc() || map == loaded_self();
}

static bool is_listed(const struct brought *brought, const struct link_map *map)
{
    for (unsigned i = 0; i < brought->count; i++)
        if (brought->objects[i] == map)
            return true;
    return false;
}

static void add(struct brought *brought, const struct link_map *map)
{
    if (brought->count < BROUGHT_MAX && !is_listed(brought, map))
        brought->objects[brought->count++] = map;
}

static void add_needed(struct brought *brought, const struct link_map *head,
                       const struct link_map *map, const struct link_map *root)
{
    struct dynsym tables;

    if (!dynsym_open(map, &tables))
        return;
    for (const ElfW(Dyn) *entry = next_entry(map->l_ld, DT_NEEDED); entry != NULL;
         entry = next_entry(entry + 1, DT_NEEDED)) {
        const struct link_map *needed = find_called(head, tables.strings + entry->d_un.d_val);
        if (needed != NULL && is_behind(needed, root) && !is_everybodys(needed))
            add(brought, needed);
    }
}

/* Does `map`, which was there before, need one of the objects? Then those and theirs are others'.
 */
static void add_others(struct brought *others, const struct brought *brought,
                       const struct link_map *head, const struct link_map *map)
{
    struct dynsym tables;

    if (!dynsym_open(map, &tables))
        return;
    for (const ElfW(Dyn) *entry = next_entry(map->l_ld, DT_NEEDED); entry != NULL;
         entry = next_entry(entry + 1, DT_NEEDED))
        for (unsigned i = 1; i < brought->count; i++) {
            const char *name = tables.strings + entry->d_un.d_val;
            if (is_called(brought->objects[i], name) &&
                find_called(head, name) == brought->objects[i])
                add(others, brought->objects[i]);
        }
}

static void take_away(struct brought *brought, const struct brought *others)
{
    unsigned kept = 1;

    for (unsigned i = 1; i < brought->count; i++)
        if (!is_listed(others, brought->objects[i]))
            brought->objects[kept++] = brought->objects[i];
    brought->count = kept;
}

static void find_brought(const struct link_map *head, uint64_t loads, void *context)
{
    static struct brought others; /* under the loader's lock */
    struct brought *brought = context;
    const struct link_map *root = brought->objects[0];

    (void)loads;
    if (root == head)
        return;
    for (unsigned i = 0; i < brought->count; i++)
        add_needed(brought, head, brought->objects[i], root);
    others.count = 0;
    for (const struct link_map *map = head; map != root && brought->count > 1; map = map->l_next)
        add_others(&others, brought, head, map);
    for (unsigned i = 0; i < others.count; i++)
        add_others(&others, brought, head, others.objects[i]);
    take_away(brought, &others);
}

void brought_find(const struct link_map *root, struct brought *ret_brought)
{
    ret_brought->count = 1;
    ret_brought->objects[0] = root;
    loaded_with_list(find_brought, root, ret_brought);
}

static void take_loads(const struct link_map *head, uint64_t loads, void *context)
{
    (void)head;
    *(uint64_t *)context = loads;
}

uint64_t brought_loads(void)
{
    uint64_t loads = 0;

    loaded_with_list(take_loads, NULL, &loads);
    return loads;
}

struct search {
    uint64_t since;
    const char *file;
    char *path;
    size_t capacity;
    bool found;
};

static void take_path(struct search *search, const struct link_map *map)
{
    if (map->l_name == NULL || strcmp(brought_file(map->l_name), search->file) != 0 ||
        strlen(map->l_name) >= search->capacity)
        return;
    strcpy(search->path, map->l_name);
    search->found = true;
}

/* New ones are at the list's end. */
static void search_new(const struct link_map *head, uint64_t loads, void *context)
{
    struct search *search = context;
    uint64_t count = 0;

    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        count++;
    uint64_t fresh = loads - search->since;
    uint64_t skip = count > fresh ? count - fresh : 0;
    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        if (skip > 0)
            skip--;
        else
            take_path(search, map);
}

bool brought_since(uint64_t loads, const char *file, char *ret_path, size_t capacity)
{
    struct search search = {.since = loads, .file = file, .path = ret_path, .capacity = capacity};

    loaded_with_list(search_new, NULL, &search);
    return search.found;
}
