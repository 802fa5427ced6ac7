/* tracer/heap.c - calls of malloc and its family become events */
/* SPDX-License-Identifier: MIT */

#include "tracer/heap.h"

_Atomic uint32_t heap_tracing;
