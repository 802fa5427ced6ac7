/* viewer/process_list.c - the processes that run now */
/* SPDX-License-Identifier: MIT */

#include "viewer/process_list.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct process_list *list, uint32_t pid)
{
    list->pids = xalloc_grown(list->pids, list->count, &list->capacity, sizeof(*list->pids));
    list->pids[list->count++] = pid;
}

struct process_list process_all(void)
{
    struct process_list list = {0};
    DIR *entries = opendir("/proc");
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char *end;
        unsigned long pid = strtoul(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 0 && pid <= UINT32_MAX)
            add(&list, (uint32_t)pid);
    }
    if (entries != NULL)
        closedir(entries);
    return list;
}

/* "PID (COMMAND) STATE PPID ...": the command may hold anything. */
static bool read_stat(uint32_t pid, char *text, size_t size)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
    FILE *file = fopen(path, "re");
    size_t bytes = file != NULL ? fread(text, 1, size - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[bytes] = '\0';
    return bytes != 0;
}

static uint32_t parent_of(uint32_t pid)
{
    char text[1024];
    uint32_t parent = 0;
    const char *fields = read_stat(pid, text, sizeof(text)) ? strrchr(text, ')') : NULL;

    return fields != NULL && sscanf(fields + 1, " %*c %" SCNu32, &parent) == 1 ? parent : 0;
}

static bool is_in(const struct process_list *list, uint32_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->pids[i] == pid)
            return true;
    return false;
}

/* Generation by generation. */
struct process_list process_children(uint32_t pid)
{
    struct process_list all = process_all(), family = {0};
    uint32_t *parents = xalloc_zeroed(all.count, sizeof(*parents));
    size_t before;

    for (size_t i = 0; i < all.count; i++)
        parents[i] = parent_of(all.pids[i]);
    add(&family, pid);
    do {
        before = family.count;
        for (size_t i = 0; i < all.count; i++)
            if (is_in(&family, parents[i]) && !is_in(&family, all.pids[i]))
                add(&family, all.pids[i]);
    } while (family.count != before);
    memmove(family.pids, family.pids + 1, --family.count * sizeof(*family.pids));
    free(parents);
    process_list_free(&all);
    return family;
}

void process_list_free(struct process_list *list)
{
    free(list->pids);
    *list = (struct process_list){0};
}

char *process_name(uint32_t pid)
{
    char text[1024];
    char *end = read_stat(pid, text, sizeof(text)) ? strrchr(text, ')') : NULL;
    char *begin = end != NULL ? strchr(text, '(') : NULL;

    if (begin == NULL)
        return NULL;
    *end = '\0';
    return text_printable(begin + 1);
}

bool process_is_readable(uint32_t pid)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", pid);
    FILE *file = fopen(path, "re");
    bool readable = file != NULL && fgetc(file) != EOF;
    if (file != NULL)
        fclose(file);
    return readable;
}
