/* tracer/sys.h - system calls made without libc's help, and memory that is nobody else's */
/* SPDX-License-Identifier: MIT */

/*
 * The tracer runs inside the host's allocator, in signal handlers and in half-dead processes. What
 * it asks of the system it asks directly: no cancellation point, no lock, no allocation, and errno
 * is put back by the outermost wrapper (shim/). Any thread.
 */
#ifndef NPNTRACE_TRACER_SYS_H
#define NPNTRACE_TRACER_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint32_t sys_gettid(void);

/* True if the thread tid of this process is gone. */
bool sys_thread_gone(uint32_t tid);

/* Fresh zeroed private memory, whole pages, never traced. NULL when there is none. */
void *sys_map(size_t bytes);

/* The same for whole pages that will soon be written all over: there already, as huge pages if the
 * system has them. */
void *sys_map_huge(size_t bytes);
void sys_unmap(void *address, size_t bytes);

/* Memory that will be written soon, all of it: one call instead of a fault for each page. Whole
 * pages inside the range; where the system cannot do it, nothing. */
void sys_populate(void *address, size_t bytes);

/* Sleeps while *word == expected. False: timeout_ns passed. `shared`: the word lies in shared
 * memory. */
bool sys_futex_wait(const void *word, uint32_t expected, uint64_t timeout_ns, bool shared);
void sys_futex_wake(const void *word, int count, bool shared);

/* Copies memory of this process that may not be mapped. False if it could not be read. */
bool sys_read_memory(uint64_t address, void *ret_bytes, size_t bytes);

/* Reads a small file (of /proc) whole into text, NUL-terminated. Bytes read, or -errno. */
ssize_t sys_read_file(const char *path, char *text, size_t capacity);

#endif
