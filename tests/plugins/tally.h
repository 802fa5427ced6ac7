/* tests/plugins/tally.h: what a sample plug-in states about its own NPN memory. */
/* SPDX-License-Identifier: MIT */

/*
 * The sample plug-ins count for themselves what the tracer must report, by the same definitions:
 * `allocs` are allocations that succeeded, `frees` are frees of anything but NULL, live and peak
 * are of what was allocated by the plug-in (or instance), and an address that is issued again while
 * it is still live was `freed_elsewhere`. What the plug-in gives to the browser is `handed_over`,
 * and not live any more. Blocks that the browser gave the plug-in to free count as leaks
 * alone, and only those that are stated.
 *
 * Memory: one anonymous mapping at a fixed address, shared by all sample plug-ins of a process, so
 * that a block freed by another plug-in is still taken off its owner's account, and so that the
 * tally outlives a plug-in that is closed. Nothing here allocates by any other means.
 * Threads: every function may be called from any thread and any signal handler; a spin lock is held
 * with signals blocked, never over a call into the host.
 * Errors: where the tally cannot be kept (mapping refused, table full) the process ends with status
 * 99 and a message, for a wrong statement would be worse. A forked child starts at zero.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_TALLY_H
#define NPNTRACE_TESTS_PLUGINS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Instances are known by their index in the process; no instance is TALLY_NONE. */
enum { TALLY_NONE = -1, TALLY_BOARD_SLOTS = 256 };

/* What a plug-in puts into errno before each call into the host, for hosts that look at it. */
enum { TALLY_ERRNO_BEFORE = 4242 };

/* The instance whose entry point is running on this thread, innermost. */
#ifdef __cplusplus
extern __thread int tally_current;
#else
extern _Thread_local int tally_current;
#endif

/* Joins the process's tally; `anchor` is any address in the plug-in, which gives it its name. */
void tally_open(const void *anchor);

/* The plug-in's file name without folders. Valid for ever. */
const char *tally_plugin_name(void);

int tally_instance_new(const char *mime);
void tally_instance_gone(int instance);

/* After memalloc returned; errno_after is errno as the call left it. */
void tally_allocated(void *block, uint32_t size, int errno_after);

/* Around memfree; the first returns what the second needs. NULL is not counted. */
uint32_t tally_freeing(void *block);
void tally_freed(uint32_t token, int errno_after);

/* A block of the browser's that the plug-in has to free, and never will. */
void tally_received(void *block, uint32_t size);

/* Before a function returns that gives the block to the host. */
void tally_handed(void *block);

void tally_flushed(int errno_after);

/* How many calls left this value in errno. */
unsigned tally_errno_count(int value);

/* A board where plug-ins of one process leave blocks for each other. */
void tally_board_put(unsigned slot, void *block);
void *tally_board_take(unsigned slot);

/* Writes the statement to $NPNSAMPLE_STATE/<name>.json, if that is set. */
void tally_write_state(void);

/* The plug-in's npn object as JSON, for the page's own use. Returns the length as snprintf does. */
size_t tally_format_counts(char *text, size_t text_bytes);

#ifdef __cplusplus
}
#endif

#endif
