/* viewer/stack_text.h - a call stack as lines of text */
/* SPDX-License-Identifier: MIT */

/*
 *      grow()               vector.h:31        inlined
 *      NPP_Write            plugin.cc:204
 *      libQtWebKit.so.4+0x5a1f20
 *      ... callers are missing: the unwinder stopped here
 *
 * Threads: one.
 */
#ifndef NPNTRACE_VIEWER_STACK_TEXT_H
#define NPNTRACE_VIEWER_STACK_TEXT_H

#include "viewer/names.h"
#include "viewer/terminal.h"

/* Prints a stack, each line indented. max_lines 0: all of them; else the rest is counted. */
void stack_text_print(struct names *names, const struct stacks *stacks, uint32_t stack,
                      const struct terminal *terminal, size_t indent, size_t max_lines);

/* The innermost frame in one line: "NPP_Write (plugin.cc:204)"; the caller frees it. */
char *stack_text_brief(struct names *names, const struct stacks *stacks, uint32_t stack);

#endif
