/* tests/contract/traffic_entries.c - the random plug-in's NPP_* functions */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

enum { SAVED_BYTES = 40 };

/* A call about an instance, with some acts before and after. */
#define WITHIN(npp, name, most, does)                                                              \
    do {                                                                                           \
        struct instance *me = (npp)->pdata;                                                        \
        count(name);                                                                               \
        enter(me);                                                                                 \
        does;                                                                                      \
        acts_some(me, most);                                                                       \
        leave(me);                                                                                 \
    } while (0)

/* ---- beginning and end ----------------------------------------------------------------------- */

/* What another instance left is this one's now. */
static void take_saved(NPSavedData *saved)
{
    const unsigned char *bytes;

    if (saved == NULL)
        return;
    count("saved-taken");
    bytes = saved->buf;
    for (int i = 0; i < saved->len; i++)
        if (bytes[i] != 0x5a)
            traffic_fail("another's saved data");
    count_received(saved);
    count_received(saved->buf);
    mem_free(saved->buf);
    mem_free(saved);
}

static NPError entry_new(NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char *argn[],
                         char *argv[], NPSavedData *saved)
{
    struct instance *me = instance_begin(npp);
    NPError error = one_in(6) ? NPERR_GENERIC_ERROR : NPERR_NO_ERROR;

    (void)mode;
    count("newp");
    enter(me);
    if (strcmp(type, "application/x-nptraffic") != 0)
        traffic_fail("another type");
    for (int i = 0; i < argc; i++)
        if (argn[i] == NULL || argv[i] == NULL)
            traffic_fail("an attribute is missing");
    take_saved(saved);
    acts_some(me, 8);
    atomic_fetch_add(&tally.begun, 1);
    if (error != NPERR_NO_ERROR) {
        atomic_fetch_add(&tally.failed, 1);
        instance_end(me);
    }
    leave(me);
    return error;
}

/* Some browsers have no place for it. */
static void save_some(NPSavedData **save)
{
    if (save == NULL || one_in(2))
        return;
    NPSavedData *saved = mem_alloc(sizeof *saved);
    saved->len = one_in(8) ? 0 : (int32_t)below(SAVED_BYTES);
    saved->buf = saved->len != 0 ? mem_alloc((uint32_t)saved->len) : NULL;
    count_handed(saved->buf);
    count_handed(saved);
    *save = saved;
}

static NPError entry_destroy(NPP npp, NPSavedData **save)
{
    struct instance *me = npp->pdata;

    count("destroy");
    enter(me);
    acts_some(me, 4);
    atomic_fetch_add(&tally.ended, 1);
    save_some(save);
    instance_end(me);
    leave(me);
    return NPERR_NO_ERROR;
}

/* ---- streams --------------------------------------------------------------------------------- */

static NPStream **find_coming(struct instance *me, const NPStream *stream)
{
    for (int i = 0; i < KEPT; i++)
        if (me->coming[i] == stream)
            return &me->coming[i];
    return NULL;
}

static NPError entry_newstream(NPP npp, NPMIMEType type, NPStream *stream, NPBool seekable,
                               uint16_t *stype)
{
    struct instance *me = npp->pdata;
    NPStream **place = find_coming(me, NULL);

    if (strcmp(type, "text/plain") != 0 || stream->headers == NULL)
        traffic_fail("another stream");
    if (place == NULL || one_in(8))
        return NPERR_GENERIC_ERROR;
    *place = stream;
    stream->pdata = mem_alloc(mem_size());
    *stype = (uint16_t)(seekable && one_in(2) ? NP_SEEK : 1 + 2 * below(2));
    if (one_in(6))
        *stype = NP_ASFILEONLY;
    count("newstream");
    enter(me);
    acts_some(me, 2);
    leave(me);
    return NPERR_NO_ERROR;
}

static void stream_over(struct instance *me, NPStream *stream)
{
    NPStream **place = find_coming(me, stream);

    if (place == NULL)
        traffic_fail("a stream that is not open");
    *place = NULL;
    mem_free(stream->pdata);
    stream->pdata = NULL;
}

static NPError entry_destroystream(NPP npp, NPStream *stream, NPReason reason)
{
    (void)reason;
    WITHIN(npp, "destroystream", 2, stream_over(me, stream));
    return NPERR_NO_ERROR;
}

static void entry_asfile(NPP npp, NPStream *stream, const char *name)
{
    if (*name != '/' || stream->pdata == NULL)
        traffic_fail("not a file");
    WITHIN(npp, "asfile", 2, (void)0);
}

static int32_t entry_writeready(NPP npp, NPStream *stream)
{
    if (stream->pdata == NULL)
        traffic_fail("a stream that is not open");
    WITHIN(npp, "writeready", 1, (void)0);
    return one_in(4) ? 0 : 1 + (int32_t)below(2000);
}

/* The buffer is the browser's; a copy may be kept. */
static void copy_buffer(struct instance *me, const void *buffer, int32_t length)
{
    char *copy = mem_alloc((uint32_t)length);

    memcpy(copy, buffer, (size_t)length);
    keep_block(me, copy);
}

static int32_t entry_write(NPP npp, NPStream *stream, int32_t offset, int32_t length, void *buffer)
{
    (void)stream, (void)offset;
    WITHIN(npp, "write", 2, copy_buffer(me, buffer, length));
    return one_in(30) ? -1 : length;
}

static void entry_urlnotify(NPP npp, const char *url, NPReason reason, void *data)
{
    (void)reason;
    if (strncmp(url, "http://example.org/", 19) != 0)
        traffic_fail("another address");
    WITHIN(npp, "urlnotify", 2, later_notified(me, data));
}

static void entry_urlredirectnotify(NPP npp, const char *url, int32_t status, void *data)
{
    (void)url, (void)status;
    WITHIN(npp, "urlredirectnotify", 2, later_redirected(me, data));
}

/* ---- values ---------------------------------------------------------------------------------- */

static NPError give_form(char **ret_text)
{
    if (one_in(4))
        return NPERR_GENERIC_ERROR;
    char *text = mem_alloc(12);
    strcpy(text, "form value");
    count_handed(text);
    *ret_text = text;
    return NPERR_NO_ERROR;
}

/* One reference for the browser, and one that the instance keeps. */
static NPError give_object(struct instance *me, NPObject **ret_object)
{
    if (me->npp == NULL)
        return NPERR_GENERIC_ERROR;
    if (me->scriptable == NULL)
        me->scriptable = class_object(me);
    *ret_object = npn_retainobject(me->scriptable);
    return NPERR_NO_ERROR;
}

static NPError give_value(struct instance *me, NPPVariable variable, void *value)
{
    switch ((int)variable) {
    case NPPVformValue:
        return give_form(value);
    case NPPVpluginScriptableNPObject:
        return give_object(me, value);
    case NPPVpluginNameString:
        *(const char **)value = "random traffic";
        return NPERR_NO_ERROR;
    case NPPVpluginWindowBool:
        *(NPBool *)value = false;
        return NPERR_NO_ERROR;
    default:
        return NPERR_INVALID_PARAM;
    }
}

static NPError entry_getvalue(NPP npp, NPPVariable variable, void *value)
{
    struct instance *me = npp->pdata;

    count("getvalue");
    enter(me);
    acts_some(me, 2);
    NPError error = give_value(me, variable, value);
    leave(me);
    return error;
}

static NPError entry_setvalue(NPP npp, NPNVariable variable, void *value)
{
    (void)variable, (void)value;
    WITHIN(npp, "setvalue", 2, (void)0);
    return NPERR_NO_ERROR;
}

/* ---- windows --------------------------------------------------------------------------------- */

static NPError entry_setwindow(NPP npp, NPWindow *window)
{
    (void)window;
    WITHIN(npp, "setwindow", 3, (void)0);
    return NPERR_NO_ERROR;
}

static void entry_print(NPP npp, NPPrint *print)
{
    (void)print;
    WITHIN(npp, "print", 2, (void)0);
}

static int16_t entry_event(NPP npp, void *event)
{
    (void)event;
    WITHIN(npp, "event", 8, (void)0);
    return 1;
}

static NPBool entry_gotfocus(NPP npp, NPFocusDirection direction)
{
    (void)direction;
    WITHIN(npp, "gotfocus", 2, (void)0);
    return true;
}

static void entry_lostfocus(NPP npp)
{
    WITHIN(npp, "lostfocus", 2, (void)0);
}

static void entry_didcomposite(NPP npp)
{
    WITHIN(npp, "didComposite", 2, (void)0);
}

/* ---- what belongs to no instance ------------------------------------------------------------- */

static NPError entry_clearsitedata(const char *site, uint64_t flags, uint64_t age)
{
    (void)site, (void)flags, (void)age;
    count("clearsitedata");
    enter(&traffic_module);
    acts_some(&traffic_module, 3);
    leave(&traffic_module);
    return NPERR_NO_ERROR;
}

static char **entry_getsiteswithdata(void)
{
    const uint32_t sites = below(4);

    count("getsiteswithdata");
    if (one_in(4))
        return NULL;
    enter(&traffic_module);
    char **list = mem_alloc((uint32_t)((sites + 1) * sizeof *list));
    count_handed(list);
    for (uint32_t i = 0; i < sites; i++) {
        list[i] = strcpy(mem_alloc(12), "example.org");
        count_handed(list[i]);
    }
    list[sites] = NULL;
    acts_some(&traffic_module, 2);
    leave(&traffic_module);
    return list;
}

void entries_fill(NPPluginFuncs *entries)
{
    if (entries->size < sizeof *entries)
        traffic_fail("no room for the entries");
    *entries = (NPPluginFuncs){
        .size = entries->size,
        .version = entries->version,
        .newp = entry_new,
        .destroy = entry_destroy,
        .setwindow = entry_setwindow,
        .newstream = entry_newstream,
        .destroystream = entry_destroystream,
        .asfile = entry_asfile,
        .writeready = entry_writeready,
        .write = entry_write,
        .print = entry_print,
        .event = entry_event,
        .urlnotify = entry_urlnotify,
        .getvalue = entry_getvalue,
        .setvalue = entry_setvalue,
        .gotfocus = entry_gotfocus,
        .lostfocus = entry_lostfocus,
        .urlredirectnotify = entry_urlredirectnotify,
        .clearsitedata = entry_clearsitedata,
        .getsiteswithdata = entry_getsiteswithdata,
        .didComposite = entry_didcomposite,
    };
}
