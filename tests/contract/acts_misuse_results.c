/* tests/contract/acts_misuse_results.c - acts that give the browser what it cannot free */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/contract/acts.h"

/* These are found when the function has returned: the plug-in is not on the stack any more. */

static void set_string(struct act_call *call, const char *text)
{
    call->result->type = NPVariantType_String;
    call->result->value.stringValue = (NPString){text, (uint32_t)strlen(text)};
}

static void answer_literal(struct act_call *call)
{
    set_string(call, "a literal");
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

static void answer_heap(struct act_call *call)
{
    set_string(call, strdup("from the heap"));
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

static void list_heap(struct act_call *call)
{
    *call->names = malloc(sizeof **call->names);
    **call->names = browser.getstringidentifier("identifier-freed");
    *call->name_count = 1;
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

static void form_literal(struct act_call *call)
{
    static char text[] = "a form value";
    *call->text = text;
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

/* The array is right, its string is not. */
static void sites_literal(struct act_call *call)
{
    static char site[] = "example.org";
    char **sites = browser.memalloc(2 * sizeof *sites);
    sites[0] = site;
    sites[1] = NULL;
    *call->sites = sites;
    STATE_HANDED(1);
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

static void saved_static(struct act_call *call)
{
    static char bytes[] = "static";
    if (call->save == NULL)
        return;
    NPSavedData *data = browser.memalloc(sizeof *data);
    *data = (NPSavedData){6, bytes};
    *call->save = data;
    STATE_HANDED(1);
    STATE_FINDING_OUTSIDE("result-not-memalloc", "");
}

/* ---- false returned, result set -------------------------------------------------------------- */

static void false_with_string(struct act_call *call)
{
    char *text = browser.memalloc(80);
    strcpy(text, "set all the same");
    set_string(call, text);
    call->returns = false;
    STATE_FINDING_OUTSIDE("result-while-false", "false_with_string");
    STATE_LEAK("NPN_MemAlloc", 80);
}

static void false_with_object(struct act_call *call)
{
    call->result->type = NPVariantType_Object;
    call->result->value.objectValue = browser.createobject(call->instance->npp, &acts_plain_class);
    call->returns = false;
    STATE_FINDING_OUTSIDE("result-while-false", "false_with_object");
    STATE_HELD("NPN_CreateObject", 1);
}

/* ---- handed over, then freed ----------------------------------------------------------------- */

static void answer_remembered(struct act_call *call)
{
    char *text = browser.memalloc(81);
    strcpy(text, "remembered");
    set_string(call, text);
    call->instance->block = text;
    STATE_HANDED(1);
}

static void remembered_freed(struct act_call *call)
{
    STATE_FINDING("free-after-hand-over", "answer_remembered", "");
    browser.memfree(call->instance->block);
}

/* ---- the scriptable object without a reference for the caller -------------------------------- */

/* The first caller gets the plug-in's own reference, the second one that nobody holds. */
static void scriptable_unretained(struct act_call *call)
{
    if (call->instance->kept == NULL) {
        call->instance->kept = browser.createobject(call->instance->npp, &acts_plain_class);
    } else {
        STATE_FINDING_OUTSIDE("object-over-released", "scriptable_unretained");
    }
    *call->object = call->instance->kept;
}

const struct act acts_misuse_results[] = {
    {"answer-literal", answer_literal},
    {"answer-heap", answer_heap},
    {"list-heap", list_heap},
    {"form-literal", form_literal},
    {"sites-literal", sites_literal},
    {"saved-static", saved_static},
    {"false-with-string", false_with_string},
    {"false-with-object", false_with_object},
    {"answer-remembered", answer_remembered},
    {"remembered-freed", remembered_freed},
    {"scriptable-unretained", scriptable_unretained},
    {NULL, NULL},
};
