/* tests/contract/acts_main.c - what the acting plug-in exports, and its NPP_* functions */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/acts.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries);
EXPORT NPError NP_Shutdown(void);
EXPORT const char *NP_GetMIMEDescription(void);
EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value);

static void run(enum acts_phase phase, struct acts_instance *instance)
{
    NPVariant nothing;
    struct act_call call = acts_call(instance, &nothing);
    acts_run(phase, &call);
}

/* ---- instances ------------------------------------------------------------------------------- */

static void read_attributes(struct acts_instance *instance, int16_t argc, char *argn[],
                            char *argv[])
{
    static const char *const names[ACTS_INSTANCE_PHASES] = {
        [ACTS_DO] = "do",
        [ACTS_WINDOW] = "window",
        [ACTS_EVENT] = "event",
        [ACTS_STREAM] = "stream",
        [ACTS_FILE] = "file",
        [ACTS_WRITE] = "write",
        [ACTS_NOTIFY] = "notify",
        [ACTS_DESTROY] = "destroy",
        [ACTS_FORM] = "form",
        [ACTS_SAVE] = "save",
        [ACTS_OBJECT] = "object",
        [ACTS_HAS] = "has",
        [ACTS_NAMES] = "names",
        [ACTS_APPLY] = "apply",
        [ACTS_CONSTRUCT] = "construct",
        [ACTS_PROPERTIES] = "properties",
    };
    for (int phase = 0; phase < ACTS_INSTANCE_PHASES; phase++)
        for (int i = 0; i < argc; i++)
            if (argn[i] != NULL && argv[i] != NULL && strcmp(argn[i], names[phase]) == 0)
                instance->acts[phase] = strdup(argv[i]);
}

static void instance_free(struct acts_instance *instance)
{
    for (int phase = 0; phase < ACTS_INSTANCE_PHASES; phase++)
        free(instance->acts[phase]);
    free(instance);
}

static NPError act_new(NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                       char *argv[], NPSavedData *saved)
{
    (void)mode;
    struct acts_instance *instance = calloc(1, sizeof *instance);
    NPVariant nothing;
    instance->npp = npp;
    instance->serial = state_next_serial();
    instance->variant.type = NPVariantType_Void;
    read_attributes(instance, argc, argn, argv);
    npp->pdata = instance;
    browser.setvalue(npp, NPPVpluginWindowBool, NULL);
    struct act_call call = acts_call(instance, &nothing);
    call.value = (const char *[]){type};
    call.saved = saved;
    call.attributes = argv;
    acts_run(ACTS_DO, &call);
    if (call.error != NPERR_NO_ERROR)
        instance_free(instance);
    return call.error;
}

/* The object may live on: it forgets its instance. */
static NPError act_destroy(NPP npp, NPSavedData **save)
{
    struct acts_instance *instance = npp->pdata;
    NPVariant nothing;
    run(ACTS_DESTROY, instance);
    struct act_call call = acts_call(instance, &nothing);
    call.save = save;
    acts_run(ACTS_SAVE, &call);
    if (instance->object != NULL) {
        acts_forget(instance->object);
        browser.releaseobject(instance->object);
    }
    instance_free(instance);
    return NPERR_NO_ERROR;
}

static NPError act_setwindow(NPP npp, NPWindow *window)
{
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char **)&window;
    acts_run(ACTS_WINDOW, &call);
    return NPERR_NO_ERROR;
}

static NPError act_newstream(NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable,
                             uint16_t *stype)
{
    (void)type, (void)seekable;
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char **)&stream->url;
    acts_run(ACTS_STREAM, &call);
    *stype = call.instance->acts[ACTS_FILE] != NULL ? NP_ASFILE : NP_NORMAL;
    return NPERR_NO_ERROR;
}

static NPError act_destroystream(NPP npp, NPStream *stream, NPReason reason)
{
    (void)npp, (void)stream, (void)reason;
    return NPERR_NO_ERROR;
}

static void act_asfile(NPP npp, NPStream *stream, const char *name)
{
    (void)stream;
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char **)&name;
    acts_run(ACTS_FILE, &call);
}

static int32_t act_writeready(NPP npp, NPStream *stream)
{
    (void)npp, (void)stream;
    return 4096;
}

static int32_t act_write(NPP npp, NPStream *stream, int32_t offset, int32_t len, void *buffer)
{
    (void)stream, (void)offset;
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char *[]){buffer};
    acts_run(ACTS_WRITE, &call);
    return len;
}

static int16_t act_event(NPP npp, void *event)
{
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char **)&event;
    acts_run(ACTS_EVENT, &call);
    return 1;
}

static void act_urlnotify(NPP npp, const char *url, NPReason reason, void *data)
{
    (void)reason;
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    call.text = (char **)&url;
    if (data != NULL)
        call.instance->block = data;
    acts_run(ACTS_NOTIFY, &call);
}

/* Each caller gets a reference; attributes may have it otherwise. */
static NPError get_object(struct acts_instance *instance, NPObject **value)
{
    NPVariant nothing;
    struct act_call call = acts_call(instance, &nothing);
    call.object = value;
    if (!acts_run(ACTS_OBJECT, &call))
        *value = browser.retainobject(acts_scriptable(instance));
    return NPERR_NO_ERROR;
}

static NPError act_getvalue(NPP npp, NPPVariable variable, void *value)
{
    NPVariant nothing;
    struct act_call call = acts_call(npp->pdata, &nothing);
    switch ((int)variable) {
    case NPPVpluginScriptableNPObject: return get_object(npp->pdata, value);
    case NPPVformValue:
        call.text = value;
        return acts_run(ACTS_FORM, &call) ? call.error : NPERR_GENERIC_ERROR;
    default: return NPERR_INVALID_PARAM;
    }
}

static char **act_getsiteswithdata(void)
{
    char **sites = NULL;
    NPVariant nothing;
    struct act_call call = acts_call(&acts_module, &nothing);
    call.sites = &sites;
    acts_run(ACTS_SITES, &call);
    return sites;
}

static void fill_entries(NPPluginFuncs *entries)
{
    entries->newp = act_new;
    entries->destroy = act_destroy;
    entries->setwindow = act_setwindow;
    entries->newstream = act_newstream;
    entries->destroystream = act_destroystream;
    entries->asfile = act_asfile;
    entries->writeready = act_writeready;
    entries->write = act_write;
    entries->event = act_event;
    entries->urlnotify = act_urlnotify;
    entries->getvalue = act_getvalue;
    entries->getsiteswithdata = act_getsiteswithdata;
}

/* ---- the plug-in ----------------------------------------------------------------------------- */

NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries)
{
    acts_keep_table(table);
    fill_entries(entries);
    acts_learn_names();
    run(ACTS_INIT, &acts_module);
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    run(ACTS_SHUTDOWN, &acts_module);
    return NPERR_NO_ERROR;
}

/* A copy of the plug-in by the name of libnpacts2.so is for application/x-npacts2. */
const char *NP_GetMIMEDescription(void)
{
    static char text[128];
    const char *number = state_plugin() + strlen("libnpacts");
    snprintf(text, sizeof text, "application/x-npacts%.*s:npacts:npntrace acting plug-in",
             (int)strcspn(number, "."), number);
    return text;
}

NPError NP_GetValue(void *future, NPPVariable variable, void *value)
{
    (void)future;
    NPVariant nothing;
    struct act_call call = acts_call(&acts_module, &nothing);
    call.value = value;
    *call.value = "npntrace acting plug-in";
    if (variable == NPPVpluginNameString && browser.memalloc != NULL)
        acts_run(ACTS_VALUE, &call);
    return NPERR_NO_ERROR;
}

__attribute__((destructor)) static void acts_unload(void)
{
    if (browser.memalloc != NULL)
        run(ACTS_UNLOAD, &acts_module);
}
