/* tracer/unwind.h - from registers to frames */
/* SPDX-License-Identifier: MIT */

/*
 * One header for all unwinders. Today's (unwind_libunwind.c) steps with libunwind's remote
 * interface on ourselves: the library asks, through functions of ours, for unwind tables (found
 * with _dl_find_object) and for memory. So it opens no descriptors, takes no loader lock, and reads
 * nothing that we have not allowed. It is loaded with dlopen(RTLD_LOCAL) when tracing starts,
 * because a dependency would put its _Unwind_* functions into the host's global scope, in front of
 * the compiler's own.
 */
#ifndef NPNTRACE_TRACER_UNWIND_H
#define NPNTRACE_TRACER_UNWIND_H

#include "format/event.h"
#include "tracer/thread.h"
#include "tracer/tracer.h"

struct unwind_start { /* callee-saved registers by DWARF number; others are 0 and unused */
    uint64_t registers[34];
    uint64_t pc;
    uint64_t stack_pointer;
};

struct unwind_result {
    unsigned count;
    bool truncated; /* stopped before the first frame of the thread: no rule, bad memory, or too
                       deep */
};

/* Loads the unwinder. NULL: there is none on this machine. */
struct unwinder *unwinder_open(void);

/* Frames from start outwards, innermost first, without leading frames of this library. */
struct unwind_result unwind_frames(struct tracer *tracer, struct thread *thread,
                                   const struct unwind_start *start, struct event_frame *frames,
                                   unsigned capacity);

/* Forgets what was learnt of objects that may be gone. */
void unwinder_flush(struct unwinder *unwinder);

/* The registers here. Inline, so that the frame is the caller's. */
static inline __attribute__((always_inline)) void unwind_here(struct unwind_start *start)
{
#if defined(__x86_64__)
    __asm__ volatile(
        "movq %%rbx, %c[rbx](%[to])\n\t"
        "movq %%rbp, %c[rbp](%[to])\n\t"
        "movq %%rsp, %c[rsp](%[to])\n\t"
        "movq %%r12, %c[r12](%[to])\n\t"
        "movq %%r13, %c[r13](%[to])\n\t"
        "movq %%r14, %c[r14](%[to])\n\t"
        "movq %%r15, %c[r15](%[to])\n\t"
        "leaq 0f(%%rip), %%rax\n"
        "0:\tmovq %%rax, %c[pc](%[to])"
        :
        : [to] "r"(start), [rbx] "i"(8 * 3), [rbp] "i"(8 * 6), [rsp] "i"(8 * 7), [r12] "i"(8 * 12),
          [r13] "i"(8 * 13), [r14] "i"(8 * 14), [r15] "i"(8 * 15), [pc] "i"(8 * 34)
        : "rax", "memory");
    start->stack_pointer = start->registers[7];
#elif defined(__aarch64__)
    __asm__ volatile("stp x19, x20, [%[to], #152]\n\t"
                     "stp x21, x22, [%[to], #168]\n\t"
                     "stp x23, x24, [%[to], #184]\n\t"
                     "stp x25, x26, [%[to], #200]\n\t"
                     "stp x27, x28, [%[to], #216]\n\t"
                     "stp x29, x30, [%[to], #232]\n\t"
                     "mov x9, sp\n\t"
                     "str x9, [%[to], #248]\n\t"
                     "adr x9, 0f\n"
                     "0:\tstr x9, [%[to], #272]"
                     :
                     : [to] "r"(start)
                     : "x9", "memory");
    start->stack_pointer = start->registers[31];
#else
#error "unwind_here: x86-64 and aarch64 only"
#endif
}
_Static_assert(offsetof(struct unwind_start, pc) == 8 * 34, "unwind_here stores the pc there");

#endif
