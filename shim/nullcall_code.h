/* shim/nullcall_code.h - which word of memory a call went through, told from the machine's state */
/* SPDX-License-Identifier: MIT */

/*
 * After a call to address 0 nothing has run, so the registers are still those of the call, but for
 * one that was both the address of the word and, then, its value. The machine code before the
 * return address is read backwards: instructions of x86-64 have no fixed length there, so that
 * several readings may fit. All are given; that memory of one of them is a table is for the caller
 * to say. On machines other than x86-64 nothing is told. Async-signal-safe.
 */
#ifndef NPNTRACE_SHIM_NULLCALL_CODE_H
#define NPNTRACE_SHIM_NULLCALL_CODE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#define NULLCALL_PLACES 16
#define NULLCALL_REGISTERS 16

struct nullcall_fault {
    uint64_t return_address;
    uint64_t stack_pointer; /* where the return address lies */
    uint64_t frame_pointer;
    uint64_t registers[NULLCALL_REGISTERS]; /* as instructions number them */
};

/* False: pc is not 0, or nothing can be read. */
bool nullcall_read(const ucontext_t *context, struct nullcall_fault *ret_fault);

/* The words that the call may have gone through. Returns how many. */
unsigned nullcall_places(const struct nullcall_fault *fault, uint64_t places[NULLCALL_PLACES]);

/* The frame that the function at 0 would have had (tracer/stack.h), made below the stack pointer,
 * where nobody has anything. */
uint64_t nullcall_frame(const struct nullcall_fault *fault);

#endif
