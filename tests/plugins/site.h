/* tests/plugins/site.h: the sample plug-ins' own account of their call stack. */
/* SPDX-License-Identifier: MIT */

/*
 * A sample plug-in must be able to state where each of its live blocks was allocated, without
 * asking an unwinder: that is what is being tested. So every function that may have an allocation
 * below it says SITE_ENTER() first, which links a frame on its own stack into a per-thread list,
 * and writes each call that may allocate as SITE_AT(call(...)), on one line, which notes that line.
 *
 * Per thread, no locks, no memory but the stack. Plug-ins are built without inlining and without
 * sibling calls (see tests/local.mk), so that the machine's frames are these frames.
 *
 * Errors: a function that leaves by longjmp skips its SITE_ENTER clean-up; whoever calls setjmp
 * keeps site_top and puts it back.
 */

#ifndef NPNTRACE_TESTS_PLUGINS_SITE_H
#define NPNTRACE_TESTS_PLUGINS_SITE_H

#ifdef __cplusplus
extern "C" {
#endif

/* One function that is running. */
struct site_frame {
    const char *function;
    const char *file;
    int line;
    struct site_frame *up; /* its caller within this plug-in, NULL for the outermost */
};

#ifdef __cplusplus
extern __thread struct site_frame *site_top;
#else
extern _Thread_local struct site_frame *site_top;
#endif

void site_leave(struct site_frame *frame);

#define SITE_ENTER() SITE_ENTER_AS(__func__)

/* NAME instead of __func__, for functions that a debugger calls by a longer name. */
#define SITE_ENTER_AS(name)                                                                        \
    __attribute__((cleanup(site_leave))) struct site_frame site_ = {name, __FILE__, __LINE__,      \
                                                                    site_top};                     \
    site_top = &site_

#define SITE_AT(call) (site_.line = __LINE__, (call))

#ifdef __cplusplus
}
#endif

#endif
