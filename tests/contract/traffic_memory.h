/* tests/contract/traffic_memory.h - the random plug-in's NPN_Mem*, counted; on any thread */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_CONTRACT_TRAFFIC_MEMORY_H
#define NPNTRACE_TESTS_CONTRACT_TRAFFIC_MEMORY_H

#include <stdint.h>

void *mem_alloc(uint32_t bytes); /* never NULL */
void mem_free(void *block);      /* NULL is passed on */
void mem_flush(uint32_t bytes);
uint32_t mem_size(void);

#endif
