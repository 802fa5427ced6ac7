/* tests/unit/trace_decode.h - decodes any block and looks at all of what is in it */
/* SPDX-License-Identifier: MIT */

/*
 * Sanitizers and valgrind then see any read beyond the bytes. What a decoder gives out has to be
 * within its bounds, else the test fails; what it names is not looked for. One thread.
 */
#ifndef NPNTRACE_TESTS_UNIT_TRACE_DECODE_H
#define NPNTRACE_TESTS_UNIT_TRACE_DECODE_H

#include <stddef.h>

#include "format/trace.h"

/* 0 or -EBADMSG with *ret_fault set. */
int trace_decode(enum trace_block_type type, const void *bytes, size_t length,
                 struct trace_fault *ret_fault);

#endif
