/* viewer/finding_words.c - a finding in words */
/* SPDX-License-Identifier: MIT */

#include "viewer/finding_words.h"
#include "viewer/slots.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum subject { SUBJECT_BLOCK, SUBJECT_ADDRESS, SUBJECT_OBJECT, SUBJECT_FUNCTION, SUBJECT_OTHER };

enum tail { TAIL_NONE, TAIL_WAY, TAIL_OWNER, TAIL_RELEASE };

/* before + subject + after + tail */
static const struct {
    const char *before;
    enum subject subject;
    const char *after;
    enum tail tail;
} words[FINDINGS] = {
    [FINDING_DOUBLE_FREE] = {"NPN_MemFree of the block ", SUBJECT_BLOCK,
                             ", which was released before", TAIL_NONE},
    [FINDING_NOT_ISSUED] = {"NPN_MemFree of ", SUBJECT_ADDRESS, ", which nobody gave the plug-in",
                            TAIL_NONE},
    [FINDING_HEAP_BY_MEMFREE] = {"NPN_MemFree of ", SUBJECT_BLOCK, ", which is heap memory",
                                 TAIL_NONE},
    [FINDING_NPN_BY_FREE] = {"free of the NPN block ", SUBJECT_BLOCK, "", TAIL_NONE},
    [FINDING_OTHERS_BLOCK] = {"NPN_MemFree of the block ", SUBJECT_BLOCK, ", which belongs to ",
                              TAIL_OWNER},
    [FINDING_HANDED_THEN_FREED] = {"NPN_MemFree of the block ", SUBJECT_BLOCK,
                                   ", which the browser had been given as ", TAIL_WAY},
    [FINDING_HOST_OWNED] = {"Release of ", SUBJECT_ADDRESS, ", which is the browser's own, by ",
                            TAIL_RELEASE},
    [FINDING_VARIANT_TWICE] = {"NPN_ReleaseVariantValue of the string ", SUBJECT_BLOCK,
                               ", which was released before", TAIL_NONE},
    [FINDING_OVER_RELEASED] = {"A reference given back to the object ", SUBJECT_OBJECT,
                               ", of which no plug-in holds one", TAIL_NONE},
    [FINDING_RESULT_NOT_ALLOC] = {"Given to the browser: ", SUBJECT_ADDRESS,
                                  ", not from NPN_MemAlloc, as ", TAIL_WAY},
    [FINDING_RESULT_WHILE_FALSE] = {"The block ", SUBJECT_BLOCK,
                                    " set as result of a function that failed", TAIL_NONE},
    [FINDING_AFTER_SHUTDOWN] = {"", SUBJECT_FUNCTION, " called after NP_Shutdown", TAIL_NONE},
    [FINDING_OFF_THREAD] = {"", SUBJECT_FUNCTION, " called on a thread of the plug-in's own",
                            TAIL_NONE},
    [FINDING_NULL_SLOT] = {"", SUBJECT_FUNCTION, " called, which is NULL in this browser's table",
                           TAIL_NONE},
    [FINDING_OVERRUN] = {"Bytes behind the block ", SUBJECT_BLOCK, " were written", TAIL_NONE},
    [FINDING_WRITE_AFTER_FREE] = {"The block ", SUBJECT_BLOCK, " was written after its release",
                                  TAIL_NONE},
};

const char *finding_words_function(const struct found *found)
{
    if (found->kind >= FINDINGS || words[found->kind].subject != SUBJECT_FUNCTION ||
        words[found->kind].after == NULL)
        return NULL;
    return slots_name(found->finding.detail);
}

const char *finding_words_way(const struct found *found)
{
    if (found->kind >= FINDINGS || words[found->kind].tail != TAIL_WAY)
        return NULL;
    return npn_way_name(found->finding.detail);
}

static char *subject_of(const struct found *found)
{
    const struct trace_finding *finding = &found->finding;
    const char *function = slots_name(finding->detail);

    switch (words[found->kind].subject) {
    case SUBJECT_BLOCK:
        if (finding->size != 0)
            return xalloc_format("0x%" PRIx64 " (%s)", finding->address,
                                 text_plural(finding->size, "byte").chars);
        break;
    case SUBJECT_FUNCTION:
        return function != NULL ? xalloc_string(function)
                                : xalloc_format("The function at offset %" PRIu32 " of the table",
                                                finding->detail);
    default: break;
    }
    return xalloc_format("0x%" PRIx64, finding->address);
}

static char *tail_of(const struct recording *recording, const struct found *found)
{
    const char *way = npn_way_name(found->finding.detail);

    switch (words[found->kind].tail) {
    case TAIL_WAY: return xalloc_string(way != NULL ? way : "a result");
    case TAIL_RELEASE:
        return xalloc_string(found->finding.detail == 1 ? "NPN_ReleaseVariantValue"
                                                        : "NPN_MemFree");
    case TAIL_OWNER: return verdict_plugin_name(recording, found->finding.owner_plugin);
    default: return xalloc_string("");
    }
}

/* Where the number is the subject. */
static char *number_words(const struct found *found)
{
    const struct trace_finding *finding = &found->finding;

    switch (found->kind) {
    case FINDING_FLUSH_SPINS:
        return xalloc_format("NPN_MemFlush called %s in a row, each time with memory freed by what "
                             "the browser says",
                             text_plural(finding->detail, "time").chars);
    case FINDING_NEGATIVE_SIZE:
        return xalloc_format("NPN_MemAlloc of %s, which is %" PRId32 " as a signed number",
                             text_plural(finding->size, "byte").chars, (int32_t)finding->size);
    case FINDINGS_OBJECT_KEPT:
        return xalloc_format("%s held with %s when NPP_Destroy had returned",
                             text_plural(finding->count, "object").chars,
                             text_plural(found->refs, "reference").chars);
    default:
        return xalloc_format("Kind %" PRIu16 ", detail %" PRIu32 ", address 0x%" PRIx64,
                             finding->kind, finding->detail, finding->address);
    }
}

char *finding_words_what(const struct recording *recording, const struct found *found)
{
    if (found->kind >= FINDINGS || words[found->kind].after == NULL)
        return number_words(found);
    char *subject = subject_of(found), *tail = tail_of(recording, found);
    char *text = xalloc_format("%s%s%s%s", words[found->kind].before, subject,
                               words[found->kind].after, tail);
    free(subject);
    free(tail);
    return text;
}

const char *finding_words_origin(const struct found *found)
{
    if (found->kind == FINDINGS_OBJECT_KEPT)
        return object_step_name(found->step);
    if (found->kind == FINDING_HEAP_BY_MEMFREE)
        return event_function_name(found->function);
    if (found->kind >= FINDINGS || words[found->kind].subject != SUBJECT_BLOCK ||
        words[found->kind].after == NULL || found->finding.owner_stamp == 0)
        return NULL;
    return npn_origin_name(EVENT_ORIGIN(found->finding.owner_flags));
}

/* Calls on a wrong thread by what they do in Gecko; others return an error there. */
static const struct {
    const char *function;
    const char *note;
} thread_notes[] = {
    {"NPN_ReleaseObject", "Gecko ignores this call on other threads, and the object leaks by the "
                          "browser's doing; its plug-in process ends itself."},
    {"NPN_RetainObject", "Gecko's plug-in process ends itself at this call."},
    {"NPN_ReleaseVariantValue", "Gecko's plug-in process ends itself at this call."},
    {"NPN_GetStringIdentifier", "Gecko's plug-in process ends itself at this call."},
    {"NPN_GetStringIdentifiers", "Gecko's plug-in process ends itself at this call."},
    {"NPN_GetIntIdentifier", "Gecko's plug-in process ends itself at this call."},
    {"NPN_GetValueForURL", "Gecko's plug-in process ends itself at this call."},
    {"NPN_GetAuthenticationInfo", "Gecko's plug-in process ends itself at this call."},
    {"NPN_ScheduleTimer", "Gecko's plug-in process ends itself at this call."},
    {"NPN_UnscheduleTimer", "Gecko's plug-in process ends itself at this call."},
};

static const char *thread_note(const struct found *found)
{
    const char *function = slots_name(found->finding.detail);

    for (size_t i = 0; function != NULL && i < sizeof(thread_notes) / sizeof(thread_notes[0]); i++)
        if (strcmp(thread_notes[i].function, function) == 0)
            return thread_notes[i].note;
    return "Other browsers return an error, or have a race.";
}

const char *finding_words_note(const struct found *found)
{
    switch (found->kind) {
    case FINDING_OFF_THREAD: return thread_note(found);
    case FINDING_RESULT_WHILE_FALSE:
        return "After a failed invoke WebKit and Chromium release it and Gecko does not; after a "
               "failed getProperty hardly any browser does.";
    case FINDING_FLUSH_SPINS: return "Chromium returns what it was asked for, every time.";
    case FINDINGS_OBJECT_KEPT:
        return "In Gecko the object is deallocated all the same, in WebKit it stays for ever.";
    default: return NULL;
    }
}
