/* format/finding.h - the rules of the API whose breaking is told */
/* SPDX-License-Identifier: MIT */

/*
 * A finding is raised where it is certain, whatever the browser, that a plug-in broke a rule of the
 * API; not where a browser may see it differently, and not where evidence may be missing. `detail`
 * of struct ring_finding is the value that the comments name.
 */
#ifndef NPNTRACE_FORMAT_FINDING_H
#define NPNTRACE_FORMAT_FINDING_H

enum finding_kind {
    FINDING_NONE,
    FINDING_DOUBLE_FREE,     /* NPN_MemFree of what was released before */
    FINDING_NOT_ISSUED,      /* NPN_MemFree of what nobody gave the plug-in */
    FINDING_HEAP_BY_MEMFREE, /* NPN_MemFree of what malloc gave it */
    FINDING_NPN_BY_FREE,     /* free and its family of an NPN block */
    FINDING_OTHERS_BLOCK,    /* NPN_MemFree of another plug-in's block */
    FINDING_HANDED_THEN_FREED, /* NPN_MemFree of what it handed over; detail: enum npn_way */
    FINDING_HOST_OWNED,      /* NPN_MemFree of what stays the browser's; detail: 1 if it was
                                NPN_ReleaseVariantValue */
    FINDING_VARIANT_TWICE,   /* NPN_ReleaseVariantValue of a released string */
    FINDING_OVER_RELEASED,   /* a reference released that nobody holds */
    FINDING_RESULT_NOT_ALLOC, /* a string or array for the browser that is no NPN_MemAlloc block;
                                 detail: enum npn_way */
    FINDING_RESULT_WHILE_FALSE, /* an NPClass function set a result and returned false */
    FINDING_AFTER_SHUTDOWN,  /* a call after NP_Shutdown; detail: the slot's offset in the table */
    FINDING_OFF_THREAD,      /* a call on a thread that may not; detail: the slot's offset */
    FINDING_FLUSH_SPINS,     /* NPN_MemFlush again and again; detail: times in a row */
    FINDING_NEGATIVE_SIZE,   /* NPN_MemAlloc of nearly 4 GiB: a small negative number */
    FINDING_NULL_SLOT,       /* a call of a function that the browser does not have */
    FINDING_OVERRUN,         /* bytes behind the block were written (--check) */
    FINDING_WRITE_AFTER_FREE, /* a released block was written (--check) */
    FINDINGS
};

const char *finding_name(unsigned kind);  /* "double-free", ...; NULL: there is none */
const char *finding_title(unsigned kind); /* "Double free", ... */
const char *finding_rule(unsigned kind);  /* the rule, one sentence */

#endif
