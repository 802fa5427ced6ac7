/* tracer/clock.c - which clock can be trusted for stamps */
/* SPDX-License-Identifier: MIT */

#include "tracer/clock.h"

#include <string.h>
#include <sys/prctl.h>

#include "tracer/sys.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

bool clock_is_tsc;

#define KERNEL_CHOICE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define INVARIANT_TSC_LEAF 0x80000007u
#define INVARIANT_TSC_BIT (1u << 8) /* of edx */

/* The kernel drops the counter as its clock when it finds the processors' out of step. */
static bool tsc_is_fit(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    char choice[32];
    int allowed = 0;

    return __get_cpuid(INVARIANT_TSC_LEAF, &a, &b, &c, &d) != 0 && (d & INVARIANT_TSC_BIT) != 0 &&
           prctl(PR_GET_TSC, &allowed) == 0 && allowed == PR_TSC_ENABLE &&
           sys_read_file(KERNEL_CHOICE, choice, sizeof(choice)) > 0 && strcmp(choice, "tsc\n") == 0;
#else
    return false;
#endif
}

uint32_t clock_choose(void)
{
    clock_is_tsc = tsc_is_fit();
    return clock_is_tsc ? RING_CLOCK_TSC : RING_CLOCK_MONOTONIC;
}
