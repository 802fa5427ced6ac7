/* viewer/process_list.h - the processes that run now */
/* SPDX-License-Identifier: MIT */

/* From /proc. Threads: one. Memory: a list's own until process_list_free(). */
#ifndef NPNTRACE_VIEWER_PROCESS_LIST_H
#define NPNTRACE_VIEWER_PROCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_list {
    uint32_t *pids;
    size_t count, capacity;
};

struct process_list process_all(void);

/* What a process has started, and what that has started, and so on. */
struct process_list process_children(uint32_t pid);

void process_list_free(struct process_list *list);

/* The process's command as the kernel names it, printable; the caller frees it. NULL: there is no
 * such process. */
char *process_name(uint32_t pid);

/* May we read what it has mapped? */
bool process_is_readable(uint32_t pid);

#endif
