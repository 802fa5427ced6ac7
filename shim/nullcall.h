/* shim/nullcall.h - calls of functions that the browser does not have */
/* SPDX-License-Identifier: MIT */

/*
 * A browser's table may hold NULL, plug-ins test for it, and so the copy that a plug-in gets holds
 * NULL there, too: a call of such a function never reaches us, and ends the process. With `record
 * --check` the fault itself is looked at, where nobody else wants to: if SIGSEGV still has its
 * default action when a plug-in is initialised, a handler of ours is put there. It runs once, when
 * the process is lost already, takes itself away first, and lets the same fault or signal happen
 * again, so that the process ends as it would have. Whoever installs a handler later replaces it.
 *
 * It is a finding only where it is certain which function was called: pc is 0, the return address
 * lies in a plug-in, the instruction before it called through memory (or through a register that
 * was loaded from memory shortly before), and that memory is a slot with NULL in a table whose
 * other slots have what the plug-in was given. A call at the very end of a function, which
 * compilers turn into a jump, leaves no return address that says so.
 *
 * Any thread; in the handler everything is async-signal-safe.
 */
#ifndef NPNTRACE_SHIM_NULLCALL_H
#define NPNTRACE_SHIM_NULLCALL_H

/* When a plug-in is about to be initialised. errno is kept. */
void nullcall_watch(void);

#endif
