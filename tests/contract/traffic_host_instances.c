/* tests/contract/traffic_host_instances.c - the random host's instances, and calls of NPP_* */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/traffic_host.h"

struct host_instance host_instances[HOST_INSTANCES];

struct host_instance *instance_any(void)
{
    const uint32_t first = host_below(HOST_INSTANCES);

    for (uint32_t i = 0; i < HOST_INSTANCES; i++) {
        struct host_instance *instance = &host_instances[(first + i) % HOST_INSTANCES];
        if (instance->life == HOST_READY)
            return instance;
    }
    return NULL;
}

struct host_instance *instance_of(NPP npp)
{
    for (int i = 0; i < HOST_INSTANCES; i++)
        if (&host_instances[i].npp == npp && host_instances[i].life != HOST_NO_INSTANCE)
            return &host_instances[i];
    host_fail("a call for an instance that there is not");
}

struct host_instance *instance_lent(uint64_t serial)
{
    for (int i = 0; i < HOST_INSTANCES; i++)
        if (host_instances[i].serial == serial && host_instances[i].life != HOST_NO_INSTANCE)
            return &host_instances[i];
    return NULL;
}

/* ---- beginning ------------------------------------------------------------------------------- */

/* Attributes lie in memory that is gone when NPP_New has returned. */
static char **attributes(int count, const char *what)
{
    char **list = calloc((size_t)count + 1, sizeof *list);

    for (int i = 0; i < count; i++) {
        list[i] = malloc(32);
        snprintf(list[i], 32, "%s%d", what, i);
    }
    return list;
}

static void end_attributes(int count, char **list)
{
    for (int i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static void is_over(struct host_instance *instance)
{
    const uint64_t serial = instance->serial;
    NPObject *object = instance->object;

    instance->object = NULL;
    instance->life = HOST_NO_INSTANCE;
    memset(&instance->npp, 0, sizeof instance->npp);
    later_drop(serial, &instance->npp);
    if (object != NULL)
        object_drop(object);
    object_owner_ends(serial);
}

void instance_new(void)
{
    static uint64_t serials;
    struct host_instance *instance = NULL;
    char mime[] = "application/x-nptraffic";
    const int count = (int)host_below(5);

    for (int i = 0; i < HOST_INSTANCES && instance == NULL; i++)
        if (host_instances[i].life == HOST_NO_INSTANCE)
            instance = &host_instances[i];
    if (instance == NULL || host_closing)
        return;
    struct host_plugin *plugin = &host_plugins[host_below(host_plugin_count)];
    NPSavedData *saved = host_one_in(2) ? plugin->saved : NULL;
    if (saved != NULL)
        plugin->saved = NULL; /* it is the plug-in's now */
    *instance = (struct host_instance){
        .plugin = plugin, .life = HOST_BEGINNING, .serial = ++serials, .npp.ndata = instance};
    char **names = attributes(count, "name"), **values = attributes(count, "value");
    NPError error = plugin->funcs.newp(mime, &instance->npp, host_one_in(2) ? NP_EMBED : NP_FULL,
                                       (int16_t)count, names, values, saved);
    end_attributes(count, names);
    end_attributes(count, values);
    if (error != NPERR_NO_ERROR) {
        stream_end_all(instance);
        is_over(instance);
        return;
    }
    instance->life = HOST_READY;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* It may run in a call of the same instance. */
void instance_destroy(struct host_instance *instance)
{
    struct host_plugin *plugin = instance->plugin;
    NPSavedData *saved = NULL;

    instance->life = HOST_ENDING;
    stream_end_all(instance);
    plugin->funcs.destroy(&instance->npp, host_options.no_save ? NULL : &saved);
    instance->destroyed = true;
    stream_end_all(instance);
    is_over(instance);
    if (saved == NULL)
        return;
    if (plugin->saved != NULL) {
        host_free(saved->buf);
        host_free(saved);
    } else {
        plugin->saved = saved;
    }
}

/* ---- between --------------------------------------------------------------------------------- */

static void call_setwindow(struct host_instance *instance)
{
    NPSetWindowCallbackStruct screen = {.type = 1, .depth = 24};
    NPWindow window = {.width = 100 + host_below(100),
                       .height = 50,
                       .ws_info = &screen,
                       .type = NPWindowTypeDrawable};

    instance->plugin->funcs.setwindow(&instance->npp, &window);
}

static void call_print(struct host_instance *instance)
{
    NPPrint print = {.mode = host_one_in(2) ? NP_EMBED : NP_FULL};

    instance->plugin->funcs.print(&instance->npp, &print);
}

static void call_event(struct host_instance *instance)
{
    char event[192] = {2};

    instance->plugin->funcs.event(&instance->npp, event);
}

static void call_setvalue(struct host_instance *instance)
{
    NPBool value = host_one_in(2);

    instance->plugin->funcs.setvalue(&instance->npp, NPNVprivateModeBool, &value);
}

static void call_focus(struct host_instance *instance)
{
    instance->plugin->funcs.gotfocus(&instance->npp,
                                     host_one_in(2) ? NPFocusNext : NPFocusPrevious);
}

static void call_lostfocus(struct host_instance *instance)
{
    instance->plugin->funcs.lostfocus(&instance->npp);
}

static void call_composite(struct host_instance *instance)
{
    instance->plugin->funcs.didComposite(&instance->npp);
}

static void ask_form(struct host_instance *instance)
{
    char *text = NULL;

    if (instance->plugin->funcs.getvalue(&instance->npp, NPPVformValue, &text) == NPERR_NO_ERROR)
        host_free(text);
}

/* The instance may be over when it has answered. */
static void ask_object(struct host_instance *instance)
{
    const uint64_t serial = instance->serial;
    NPObject *object = NULL;

    if (instance->plugin->funcs.getvalue(&instance->npp, NPPVpluginScriptableNPObject, &object) !=
            NPERR_NO_ERROR ||
        object == NULL)
        return;
    object_taken_over(object);
    if (instance_lent(serial) == instance && instance->object == NULL)
        instance->object = object;
    else
        page_keep(object);
}

static void ask_name(struct host_instance *instance)
{
    const char *text = NULL;
    NPBool value = false;

    instance->plugin->funcs.getvalue(&instance->npp, NPPVpluginNameString, &text);
    if (host_one_in(2) && instance->life == HOST_READY)
        instance->plugin->funcs.getvalue(&instance->npp, NPPVpluginWindowBool, &value);
}

void instance_call(void)
{
    static void (*const calls[])(struct host_instance *) = {
        call_setwindow,  call_print,     call_event, call_event, call_setvalue, call_focus,
        call_lostfocus,  call_composite, ask_form,   ask_object, ask_name,
    };
    struct host_instance *instance = instance_any();

    if (instance != NULL)
        calls[host_below(sizeof calls / sizeof calls[0])](instance);
}
