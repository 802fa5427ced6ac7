/* tracer/cfi.h - call-frame information as the one rule that stepping needs */
/* SPDX-License-Identifier: MIT */

/*
 * To get from a frame to its caller only three things have to be known: where the canonical frame
 * address (CFA) is, where the return address lies, and where the caller's frame pointer was saved.
 * Nearly all code says so in one of a few forms; cfi_rule() reads them from the object's .eh_frame,
 * found through .eh_frame_hdr (tracer/object.h). Whatever does not fit is RULE_COMPLEX, and left to
 * libunwind.
 *
 * The bytes of .eh_frame are the object's own and mapped, but not trusted: reads stay inside the
 * object's mapping, loops are bounded. No allocation, no lock, no system call; any thread, signal
 * handlers.
 */
#ifndef NPNTRACE_TRACER_CFI_H
#define NPNTRACE_TRACER_CFI_H

#include <stdbool.h>
#include <stdint.h>

enum rule_class {
    RULE_NONE,     /* no object there, or one without call-frame information for it: guess */
    RULE_SP,       /* CFA = stack pointer + cfa_offset */
    RULE_FP,       /* CFA = frame pointer + cfa_offset */
    RULE_FP_DEREF, /* CFA = word at (frame pointer + cfa_offset): realigned frames (x86-64);
                      fp_offset, if fp_saved, then counts from the frame pointer: the caller's is
                      the word at (frame pointer + fp_offset) */
    RULE_SIGNAL, /* the kernel's signal frame: registers are in the ucontext; cfa_offset: where the
                    interrupted stack pointer, fp_offset: frame pointer, return_offset: pc lie,
                    all from the stack pointer */
    RULE_END,    /* the thread's first frame: there is no caller */
    RULE_COMPLEX /* anything else: only a full unwinder can step here */
};

struct rule {
    uint8_t class; /* enum rule_class */
    bool fp_saved; /* the caller's frame pointer is at CFA + fp_offset; else it is unchanged */
    int32_t cfa_offset;
    int32_t fp_offset;
    int32_t return_offset; /* the return address is at CFA + return_offset (x86-64: -8) */
};

/* The rule for a frame whose pc is looked up at `pc`: one less than a return address, or an
 * interrupted pc as it is. */
struct rule cfi_rule(uint64_t pc);

#endif
