/* tests/plugins/sample_entry.c: the sample plug-ins' NPP_* functions. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/sample_entry.h"

#include <stdlib.h>
#include <string.h>

#include "tests/plugins/sample.h"

struct sample_entry sample_entry_begin(int tally)
{
    struct sample_entry entry = {tally_current};
    tally_current = tally;
    return entry;
}

void sample_entry_end(struct sample_entry *entry)
{
    tally_current = entry->tally_before;
}

static char *attribute(const char *name, int16_t argc, char *argn[], char *argv[])
{
    for (int i = 0; i < argc; i++)
        if (argn[i] != NULL && argv[i] != NULL && strcmp(argn[i], name) == 0)
            return argv[i];
    return NULL;
}

/* Instances are never released: a script may call their object after NPP_Destroy. */
static struct sample_instance *instance_new(NPP npp, const char *mime, const char *program)
{
    struct sample_instance *instance = calloc(1, sizeof *instance);
    instance->npp = npp;
    instance->tally = tally_instance_new(mime);
    instance->rgb = 0x2060a0;
    if (program != NULL)
        instance->program = strdup(program);
    return instance;
}

static NPError sample_new(NPMIMEType mime, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                          char *argv[], NPSavedData *saved)
{
    (void)mode, (void)saved;
    struct sample_instance *instance = instance_new(npp, mime, attribute("do", argc, argn, argv));
    SAMPLE_ENTER(instance);
    npp->pdata = instance;
    const char *color = attribute("color", argc, argn, argv);
    if (color != NULL)
        instance->rgb = strtoul(color, NULL, 16);
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->setvalue != NULL) {
        SITE_AT(table->setvalue(npp, NPPVpluginWindowBool, NULL));
        SITE_AT(table->setvalue(npp, NPPVpluginTransparentBool, NULL));
    }
    SITE_AT(sample_phase("new", instance));
    if (instance->refused) {
        tally_instance_gone(instance->tally);
        return NPERR_GENERIC_ERROR;
    }
    return NPERR_NO_ERROR;
}

/* Leaves the host two blocks that it should free. */
static void save_something(NPSavedData **save)
{
    SITE_ENTER();
    NPSavedData *data = SAMPLE_ALLOC(sizeof *data);
    data->len = 10;
    data->buf = SAMPLE_ALLOC(10);
    memset(data->buf, 's', 10);
    tally_handed(data->buf);
    tally_handed(data);
    *save = data;
}

static NPError sample_destroy(NPP npp, NPSavedData **save)
{
    struct sample_instance *instance = npp->pdata;
    if (instance == NULL)
        return NPERR_INVALID_INSTANCE_ERROR;
    {
        SAMPLE_ENTER(instance);
        SITE_AT(sample_phase("destroy", instance));
        if (sample_quirk("save") && save != NULL)
            SITE_AT(save_something(save));
        if (instance->object != NULL)
            SITE_AT(sample_table()->releaseobject(instance->object));
        instance->object = NULL;
        tally_instance_gone(instance->tally);
    }
    tally_write_state();
    return NPERR_NO_ERROR;
}

static NPError sample_setwindow(NPP npp, NPWindow *window)
{
    (void)window;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("setwindow", instance));
    return NPERR_NO_ERROR;
}

static NPError sample_newstream(NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable,
                                uint16_t *stype)
{
    (void)type, (void)stream, (void)seekable;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    *stype = NP_NORMAL;
    SITE_AT(sample_phase("newstream", instance));
    return NPERR_NO_ERROR;
}

static NPError sample_destroystream(NPP npp, NPStream *stream, NPReason reason)
{
    (void)stream, (void)reason;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("destroystream", instance));
    return NPERR_NO_ERROR;
}

static void sample_asfile(NPP npp, NPStream *stream, const char *name)
{
    (void)npp, (void)stream, (void)name;
}

static int32_t sample_writeready(NPP npp, NPStream *stream)
{
    (void)npp, (void)stream;
    return 4096;
}

static int32_t sample_write(NPP npp, NPStream *stream, int32_t offset, int32_t len, void *buffer)
{
    (void)stream, (void)offset, (void)buffer;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("write", instance));
    return len;
}

static void sample_print(NPP npp, NPPrint *print)
{
    (void)print;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("print", instance));
}

static int16_t sample_event(NPP npp, void *event)
{
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    instance->events++;
    sample_paint(instance, event);
    SITE_AT(sample_phase("event", instance));
    return (int16_t) - (int)instance->events; /* negative: the sign must survive */
}

static void sample_urlnotify(NPP npp, const char *url, NPReason reason, void *data)
{
    (void)url, (void)reason, (void)data;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("urlnotify", instance));
}

/* The host frees the string. */
static NPError form_value(struct sample_instance *instance, char **value)
{
    SAMPLE_ENTER(instance);
    static const char text[] = "form value";
    char *block = SAMPLE_ALLOC(sizeof text);
    if (block == NULL)
        return NPERR_OUT_OF_MEMORY_ERROR;
    memcpy(block, text, sizeof text);
    *value = block;
    tally_handed(block);
    return NPERR_NO_ERROR;
}

static NPError scriptable(struct sample_instance *instance, NPObject **value)
{
    SAMPLE_ENTER(instance);
    *value = SITE_AT(sample_object_get(instance));
    return *value != NULL ? NPERR_NO_ERROR : NPERR_OUT_OF_MEMORY_ERROR;
}

static NPError sample_getvalue(NPP npp, NPPVariable variable, void *value)
{
    SITE_ENTER();
    switch ((int)variable) {
    case NPPVpluginScriptableNPObject:
        return SITE_AT(scriptable(npp->pdata, value));
    case NPPVformValue:
        return SITE_AT(form_value(npp->pdata, value));
    case NPPVpluginNeedsXEmbed:
    case NPPVpluginWindowBool:
        *(NPBool *)value = false;
        return NPERR_NO_ERROR;
    default:
        return sample_describe(variable, value);
    }
}

static NPError sample_setvalue(NPP npp, NPNVariable variable, void *value)
{
    (void)variable, (void)value;
    struct sample_instance *instance = npp->pdata;
    SAMPLE_ENTER(instance);
    SITE_AT(sample_phase("setvalue", instance));
    return NPERR_NO_ERROR;
}

static NPBool sample_gotfocus(NPP npp, NPFocusDirection direction)
{
    (void)npp;
    return direction == NPFocusNext;
}

static void sample_lostfocus(NPP npp)
{
    (void)npp;
}

static void sample_urlredirectnotify(NPP npp, const char *url, int32_t status, void *data)
{
    (void)url, (void)status;
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->urlredirectresponse != NULL)
        table->urlredirectresponse(npp, data, true);
}

static NPError sample_clearsitedata(const char *site, uint64_t flags, uint64_t max_age)
{
    (void)flags;
    SAMPLE_ENTER(sample_module());
    SITE_AT(sample_phase("clearsitedata", sample_module()));
    return site == NULL && max_age == UINT64_MAX ? NPERR_NO_ERROR : NPERR_TIME_RANGE_NOT_SUPPORTED;
}

/* An array and two strings, which the host frees. */
static char **sample_getsiteswithdata(void)
{
    SAMPLE_ENTER(sample_module());
    char **sites = SAMPLE_ALLOC(3 * sizeof *sites);
    sites[0] = SAMPLE_ALLOC(sizeof "example.org");
    sites[1] = SAMPLE_ALLOC(sizeof "example.net");
    sites[2] = NULL;
    memcpy(sites[0], "example.org", sizeof "example.org");
    memcpy(sites[1], "example.net", sizeof "example.net");
    for (int i = 0; i < 2; i++)
        tally_handed(sites[i]);
    tally_handed(sites);
    return sites;
}

static void sample_didcomposite(NPP npp)
{
    (void)npp;
}

const NPPluginFuncs sample_entries = {
    .size = sizeof(NPPluginFuncs),
    .version = NP_VERSION_MAJOR << 8 | NP_VERSION_MINOR,
    .newp = sample_new,
    .destroy = sample_destroy,
    .setwindow = sample_setwindow,
    .newstream = sample_newstream,
    .destroystream = sample_destroystream,
    .asfile = sample_asfile,
    .writeready = sample_writeready,
    .write = sample_write,
    .print = sample_print,
    .event = sample_event,
    .urlnotify = sample_urlnotify,
    .getvalue = sample_getvalue,
    .setvalue = sample_setvalue,
    .gotfocus = sample_gotfocus,
    .lostfocus = sample_lostfocus,
    .urlredirectnotify = sample_urlredirectnotify,
    .clearsitedata = sample_clearsitedata,
    .getsiteswithdata = sample_getsiteswithdata,
    .didComposite = sample_didcomposite,
};
