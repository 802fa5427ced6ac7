/* tests/unit/oracle_ring_c.h - between oracle_ring.cpp and oracle_ring_c.c */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_UNIT_ORACLE_RING_C_H
#define NPNTRACE_TESTS_UNIT_ORACLE_RING_C_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Maps a whole, valid ring; NULL if it is none. */
const void *oracle_map(const char *path);

/* The frames of a live block, innermost first; 0 if it is not live. */
unsigned oracle_stack(const void *base, const void *block, uint64_t *frames, unsigned capacity);

#ifdef __cplusplus
}
#endif

#endif
