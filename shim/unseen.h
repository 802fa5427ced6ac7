/* shim/unseen.h - objects whose heap calls cannot be seen are to be in the recording */
/* SPDX-License-Identifier: MIT */

/*
 * Modules come into a recording with the call stacks that go through them. One that has an
 * allocator of its own may never be in a stack; so it is put there for its own sake, and says what
 * tracer/allocators.h knows of it. errno is kept.
 */
#ifndef NPNTRACE_SHIM_UNSEEN_H
#define NPNTRACE_SHIM_UNSEEN_H

#include <link.h>

/* If heap calls are recorded. The object must stay loaded. */
void unseen_note(const struct link_map *object);

/* All that are loaded. */
void unseen_note_all(void);

#endif
