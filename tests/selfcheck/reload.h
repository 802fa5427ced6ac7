/* tests/selfcheck/reload.h - two libraries that are the same to the byte but for their frames */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_SELFCHECK_RELOAD_H
#define NPNTRACE_TESTS_SELFCHECK_RELOAD_H

#include <stddef.h>

/* Allocates and frees a block, `depth` frames down. */
typedef void reload_function(size_t size, unsigned depth);

#endif
