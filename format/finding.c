/* format/finding.c - the names and rules of findings */
/* SPDX-License-Identifier: MIT */

#include "format/finding.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *title;
    const char *rule;
} texts[FINDINGS] = {
    [FINDING_DOUBLE_FREE] =
        {"double-free", "Double free",
         "A block is released once: after NPN_MemFree it may belong to anybody."},
    [FINDING_NOT_ISSUED] = {"free-of-unissued", "Free of what was never issued",
                            "NPN_MemFree takes only what NPN_MemAlloc returned or the browser "
                            "handed over to be freed."},
    [FINDING_HEAP_BY_MEMFREE] = {"memfree-of-heap", "NPN_MemFree of heap memory",
                                 "What malloc or new allocated is released by free or delete: the "
                                 "browser may use another heap."},
    [FINDING_NPN_BY_FREE] = {"free-of-npn", "free of an NPN block",
                             "What NPN_MemAlloc or the browser gave is released by NPN_MemFree: "
                             "the browser may use another heap."},
    [FINDING_OTHERS_BLOCK] = {"free-of-others", "Free of another plug-in's block",
                              "A plug-in releases its own blocks only."},
    [FINDING_HANDED_THEN_FREED] = {"free-after-hand-over", "Free of what was handed over",
                                   "What a plug-in has handed over is released by the browser."},
    [FINDING_HOST_OWNED] =
        {"free-of-host-owned", "Free of the browser's memory",
         "The user agent and the arguments of NPP functions belong to the browser."},
    [FINDING_VARIANT_TWICE] = {"variant-released-twice", "Variant released twice",
                               "A result is released by one call of NPN_ReleaseVariantValue."},
    [FINDING_OVER_RELEASED] =
        {"object-over-released", "Object released too often",
         "Each NPN_ReleaseObject gives back one reference that the plug-in holds."},
    [FINDING_RESULT_NOT_ALLOC] = {"result-not-memalloc", "Result not from NPN_MemAlloc",
                                  "The browser releases results with its own NPN_MemFree, so they "
                                  "are allocated with NPN_MemAlloc."},
    [FINDING_RESULT_WHILE_FALSE] = {"result-while-false", "Result set, false returned",
                                    "A function that returns false leaves its result void: some "
                                    "browsers release it, some do not."},
    [FINDING_AFTER_SHUTDOWN] =
        {"call-after-shutdown", "Call after NP_Shutdown",
         "After NP_Shutdown a plug-in calls none of the browser's functions."},
    [FINDING_OFF_THREAD] = {"call-off-thread", "Call on a wrong thread",
                            "The browser's functions are called on its main thread; "
                            "NPN_PluginThreadAsyncCall gets there."},
    [FINDING_FLUSH_SPINS] =
        {"flush-spins", "NPN_MemFlush in a loop",
         "A loop until NPN_MemFlush returns 0 need not end: a browser may return more than 0 "
         "for ever."},
    [FINDING_NEGATIVE_SIZE] = {"negative-size", "Negative size",
                               "A size within 16 MiB of 4 GiB is a negative number, which came of "
                               "an overflow."},
    [FINDING_NULL_SLOT] =
        {"null-function", "Call of a missing function",
         "A browser's table may hold NULL whatever its version says: each function is looked at "
         "before it is called."},
    [FINDING_OVERRUN] = {"overrun", "Write behind a block",
                         "Only the bytes asked for belong to a block."},
    [FINDING_WRITE_AFTER_FREE] = {"write-after-free", "Write after free",
                                  "A released block is not touched again."},
};

const char *finding_name(unsigned kind)
{
    return kind < FINDINGS ? texts[kind].name : NULL;
}

const char *finding_title(unsigned kind)
{
    return kind < FINDINGS ? texts[kind].title : NULL;
}

const char *finding_rule(unsigned kind)
{
    return kind < FINDINGS ? texts[kind].rule : NULL;
}
