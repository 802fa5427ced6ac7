/* tests/contract/acts_table.c - the table of acts, and who runs them when */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/acts.h"

NPNetscapeFuncs browser;
struct acts_instance acts_module;
ACTS_THREAD_LOCAL struct acts_here acts_here;

static const struct act *const parts[] = {
    acts_received, acts_results, acts_objects,        acts_handed,  acts_later,
    acts_threads,  acts_misuse,  acts_misuse_results, acts_checked,
};
enum { PARTS = sizeof parts / sizeof parts[0], ACTS = 256 };

static struct {
    NPIdentifier name;
    const struct act *act;
} known[ACTS];
static size_t known_count;

/* The slots beyond the browser's size are NULL. */
void acts_keep_table(const NPNetscapeFuncs *table)
{
    browser = (NPNetscapeFuncs){0};
    memcpy(&browser, table, table->size < sizeof browser ? table->size : sizeof browser);
}

/* Identifiers are not owned. */
void acts_learn_names(void)
{
    known_count = 0;
    for (size_t part = 0; part < PARTS; part++) {
        for (const struct act *act = parts[part]; act->name != NULL; act++) {
            if (known_count == ACTS)
                acts_fail("too many acts");
            known[known_count].act = act;
            known[known_count++].name = browser.getstringidentifier(act->name);
        }
    }
}

const struct act *acts_find(NPIdentifier name)
{
    for (size_t i = 0; i < known_count; i++)
        if (known[i].name == name)
            return known[i].act;
    return NULL;
}

static const struct act *find_word(const char *word, size_t length)
{
    for (size_t part = 0; part < PARTS; part++)
        for (const struct act *act = parts[part]; act->name != NULL; act++)
            if (strlen(act->name) == length && memcmp(act->name, word, length) == 0)
                return act;
    return NULL;
}

bool acts_is_property(const struct acts_instance *instance, NPIdentifier name)
{
    const char *words = instance->acts[ACTS_PROPERTIES];
    for (size_t length; words != NULL && *words != '\0'; words += length + (words[length] == ',')) {
        length = strcspn(words, ",");
        const struct act *act = find_word(words, length);
        if (act != NULL && act == acts_find(name))
            return true;
    }
    return false;
}

static const char *words_of(enum acts_phase phase, const struct acts_instance *instance)
{
    static const char *const variables[ACTS_PHASES] = {
        [ACTS_INIT] = "ACTS_INIT",     [ACTS_SITES] = "ACTS_SITES",
        [ACTS_VALUE] = "ACTS_VALUE",   [ACTS_SHUTDOWN] = "ACTS_SHUTDOWN",
        [ACTS_UNLOAD] = "ACTS_UNLOAD",
    };
    return variables[phase] != NULL ? getenv(variables[phase]) : instance->acts[phase];
}

static const char *const entries[ACTS_PHASES] = {
    [ACTS_DO] = "act_new",
    [ACTS_WINDOW] = "act_setwindow",
    [ACTS_EVENT] = "act_event",
    [ACTS_STREAM] = "act_newstream",
    [ACTS_FILE] = "act_asfile",
    [ACTS_WRITE] = "act_write",
    [ACTS_NOTIFY] = "act_urlnotify",
    [ACTS_DESTROY] = "act_destroy",
    [ACTS_FORM] = "act_getvalue",
    [ACTS_SAVE] = "act_destroy",
    [ACTS_OBJECT] = "act_getvalue",
    [ACTS_HAS] = "class_hasmethod",
    [ACTS_NAMES] = "class_enumerate",
    [ACTS_APPLY] = "class_invokedefault",
    [ACTS_CONSTRUCT] = "class_construct",
    [ACTS_INIT] = "NP_Initialize",
    [ACTS_SITES] = "act_getsiteswithdata",
    [ACTS_VALUE] = "NP_GetValue",
    [ACTS_SHUTDOWN] = "NP_Shutdown",
    [ACTS_UNLOAD] = "acts_unload",
};

/* Acts lead to others, by way of scripts, also of other instances. */
void acts_run_one(const struct act *act, struct act_call *call, const char *entry)
{
    const struct acts_here before = acts_here;
    acts_here = (struct acts_here){call->instance->serial, entry};
    act->run(call);
    acts_here = before;
}

bool acts_run(enum acts_phase phase, struct act_call *call)
{
    const char *words = words_of(phase, call->instance);
    if (words == NULL || *words == '\0')
        return false;
    for (;;) {
        const size_t length = strcspn(words, ",");
        const struct act *act = find_word(words, length);
        if (act == NULL)
            acts_fail(words);
        acts_run_one(act, call, entries[phase]);
        if (words[length] == '\0')
            return true;
        words += length + 1;
    }
}

struct act_call acts_call(struct acts_instance *instance, NPVariant *result)
{
    result->type = NPVariantType_Void;
    return (struct act_call){.instance = instance, .result = result, .returns = true};
}
