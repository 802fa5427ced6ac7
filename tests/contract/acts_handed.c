/* tests/contract/acts_handed.c - acts that give the browser memory to free */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/acts.h"

static char *copy_of(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = browser.memalloc((uint32_t)bytes);
    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

static NPVariant string_variant(const char *text)
{
    return (NPVariant){.type = NPVariantType_String,
                       .value.stringValue = {text, (uint32_t)strlen(text)}};
}

/* ---- results of NPClass functions ------------------------------------------------------------ */

static void answer_string(struct act_call *call)
{
    *call->result = string_variant(copy_of("an answer"));
    STATE_HANDED(1);
}

/* A string of no length may point anywhere. */
static void answer_empty(struct act_call *call)
{
    *call->result = string_variant("");
    call->result->value.stringValue.UTF8Characters = NULL;
}

/* What the browser has given is passed on. */
static void answer_received(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPIdentifier name = browser.getstringidentifier("title");
    if (!browser.getproperty(call->instance->npp, window, name, call->result))
        acts_fail("title");
    browser.releaseobject(window);
    STATE_RECEIVED(1);
    STATE_HANDED(1);
}

static void answer_object(struct act_call *call)
{
    call->result->type = NPVariantType_Object;
    call->result->value.objectValue = browser.createobject(call->instance->npp, &acts_plain_class);
}

static void answer_window(struct act_call *call)
{
    call->result->type = NPVariantType_Object;
    call->result->value.objectValue = acts_window(call);
}

/* A script gets hold of the plug-in's own object. */
static void answer_self(struct act_call *call)
{
    call->result->type = NPVariantType_Object;
    call->result->value.objectValue = browser.retainobject(acts_scriptable(call->instance));
}

/* One reference for the caller, and one that stays. */
static void answer_object_kept(struct act_call *call)
{
    call->result->type = NPVariantType_Object;
    call->result->value.objectValue = browser.createobject(call->instance->npp, &acts_plain_class);
    browser.retainobject(call->result->value.objectValue);
    STATE_HELD("NPN_CreateObject", 1);
}

/* Two strings are made, one is given. */
static void answer_one_of_two(struct act_call *call)
{
    char *lost = browser.memalloc(21);
    STATE_LEAK("NPN_MemAlloc", 21);
    (void)lost;
    *call->result = string_variant(copy_of("the other"));
    STATE_HANDED(1);
}

/* False, and the result as it was. */
static void answer_false(struct act_call *call)
{
    call->returns = false;
}

static void answer_false_and_number(struct act_call *call)
{
    call->result->type = NPVariantType_Int32;
    call->result->value.intValue = 5;
    call->returns = false;
}

/* ---- NPClass.enumerate ----------------------------------------------------------------------- */

static void list_names(struct act_call *call)
{
    NPIdentifier *names = browser.memalloc(2 * sizeof *names);
    names[0] = browser.getstringidentifier("identifier-freed");
    names[1] = browser.getstringidentifier("window-released");
    *call->names = names;
    *call->name_count = 2;
    STATE_HANDED(1);
}

static void list_one_name(struct act_call *call)
{
    NPIdentifier *names = browser.memalloc(sizeof *names);
    names[0] = browser.getstringidentifier("identifier-freed");
    *call->names = names;
    *call->name_count = 1;
    STATE_HANDED(1);
}

/* No names, no array. */
static void list_nothing(struct act_call *call)
{
    *call->names = NULL;
    *call->name_count = 0;
}

/* ---- NPP_GetValue(NPPVformValue), NPP_GetSitesWithData, NP_GetValue -------------------------- */

static void form_given(struct act_call *call)
{
    *call->text = copy_of("form value");
    STATE_HANDED(1);
}

static void form_none(struct act_call *call)
{
    *call->text = NULL;
}

static void sites_given(struct act_call *call)
{
    char **sites = browser.memalloc(3 * sizeof *sites);
    sites[0] = copy_of("example.org");
    sites[1] = copy_of("example.net");
    sites[2] = NULL;
    *call->sites = sites;
    STATE_HANDED(3);
}

static void sites_none(struct act_call *call)
{
    char **sites = browser.memalloc(sizeof *sites);
    sites[0] = NULL;
    *call->sites = sites;
    STATE_HANDED(1);
}

/* Nobody frees a name, so it must not be made anew each time. */
static void value_made(struct act_call *call)
{
    char *name = browser.memalloc(24);
    strcpy(name, "npntrace acting plug-in");
    *call->value = name;
    STATE_LEAK("NPN_MemAlloc", 24);
}

/* ---- NPP_Destroy ----------------------------------------------------------------------------- */

static void saved_given(struct act_call *call)
{
    if (call->save == NULL)
        return;
    NPSavedData *data = browser.memalloc(sizeof *data);
    data->len = 10;
    data->buf = browser.memalloc(10);
    memset(data->buf, 's', 10);
    *call->save = data;
    STATE_HANDED(2);
}

static void saved_empty(struct act_call *call)
{
    if (call->save == NULL)
        return;
    NPSavedData *data = browser.memalloc(sizeof *data);
    *data = (NPSavedData){0, NULL};
    *call->save = data;
    STATE_HANDED(1);
}

/* Makes what it cannot give on some hosts. */
static void saved_or_lost(struct act_call *call)
{
    NPSavedData *data = browser.memalloc(sizeof *data);
    *data = (NPSavedData){0, NULL};
    if (call->save != NULL) {
        *call->save = data;
        STATE_HANDED(1);
    } else {
        STATE_LEAK("NPN_MemAlloc", sizeof *data);
    }
}

/* Without a look, as it crashes where there is no place for it. */
static void saved_blindly(struct act_call *call)
{
    *call->save = NULL;
}

/* What an earlier instance saved is this one's to free. */
static void saved_freed(struct act_call *call)
{
    if (call->saved == NULL)
        return;
    STATE_RECEIVED(2);
    browser.memfree(call->saved->buf);
    browser.memfree(call->saved);
}

static void saved_kept(struct act_call *call)
{
    if (call->saved == NULL)
        return;
    STATE_RECEIVED(2);
    STATE_LEAK_BY("NPP_New (saved data)", sizeof *call->saved, "");
    STATE_LEAK_BY("NPP_New (saved data)", (size_t)call->saved->len, "");
}

const struct act acts_handed[] = {
    {"answer-string", answer_string},
    {"answer-empty", answer_empty},
    {"answer-received", answer_received},
    {"answer-object", answer_object},
    {"answer-window", answer_window},
    {"answer-self", answer_self},
    {"answer-object-kept", answer_object_kept},
    {"answer-one-of-two", answer_one_of_two},
    {"answer-false", answer_false},
    {"answer-false-and-number", answer_false_and_number},
    {"list-names", list_names},
    {"list-one-name", list_one_name},
    {"list-nothing", list_nothing},
    {"form-given", form_given},
    {"form-none", form_none},
    {"sites-given", sites_given},
    {"sites-none", sites_none},
    {"value-made", value_made},
    {"saved-given", saved_given},
    {"saved-empty", saved_empty},
    {"saved-or-lost", saved_or_lost},
    {"saved-blindly", saved_blindly},
    {"saved-freed", saved_freed},
    {"saved-kept", saved_kept},
    {NULL, NULL},
};
