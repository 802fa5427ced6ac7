/* tests/minihost/instance.c: the mini-host's actions with instances of plug-ins. */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/later.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/object.h"
#include "tests/minihost/options.h"

/*
 * An instance is named by a number, and the number is its place here: a later instance of the same
 * number has the same NPP.
 */
static struct instance instances[HOST_INSTANCES];

static struct instance *instance_place(const char *name)
{
    char *end;
    const long number = strtol(name, &end, 10);
    if (*name == '\0' || *end != '\0' || number < 0 || number >= HOST_INSTANCES)
        script_error("`%s' is not a number of an instance", name);
    return &instances[number];
}

struct instance *instance_named(const char *name)
{
    struct instance *instance = instance_place(name);
    if (instance->plugin == NULL)
        script_error("there is no instance %s", name);
    return instance;
}

struct instance *instance_of(NPP npp)
{
    for (int i = 0; i < HOST_INSTANCES; i++)
        if (&instances[i].npp == npp)
            return &instances[i];
    return NULL;
}

const char *instance_name(const struct instance *instance)
{
    static _Thread_local char name[24];
    snprintf(name, sizeof name, "instance %d", (int)(instance - instances));
    return name;
}

/* Small arguments come with rubbish in the rest of their registers. */
typedef NPError (*wide_new)(const char *mime, NPP npp, wide mode, wide argc, char **argn,
                            char **argv, NPSavedData *saved);
typedef NPBool (*wide_gotfocus)(NPP npp, wide direction);

/* For the next instance. */
static NPSavedData *kept_saved;

/* Nothing that a plug-in may read, in a variable that it may fill. */
static NPSavedData *const unset = (NPSavedData *)0x5a5a5a50;

static NPSavedData *take_saved(void)
{
    NPSavedData *saved = kept_saved;
    kept_saved = NULL;
    return saved;
}

/* new PLUGIN INSTANCE [NAME=VALUE...]: NPP_New; `mime` is an attribute like others */
static long act_new(int count, char **words)
{
    struct plugin *plugin = plugin_named(words[1]);
    struct instance *instance = instance_place(words[2]);
    char *names[HOST_WORDS] = {NULL}, *values[HOST_WORDS] = {NULL};
    char mime[128];
    snprintf(mime, sizeof mime, "%.*s", (int)strcspn(plugin->mime(), ":"), plugin->mime());
    int attributes = 0;
    for (int i = 3; i < count; i++) {
        char *equals = strchr(words[i], '=');
        if (equals == NULL)
            script_error("`%s' is not NAME=VALUE", words[i]);
        *equals = '\0';
        names[attributes] = words[i];
        values[attributes++] = equals + 1;
    }
    if (instance->plugin != NULL)
        script_error("instance %s is in use", words[2]);
    memset(&instance->npp, 0, sizeof instance->npp);
    instance->npp.ndata = instance;
    instance->plugin = plugin;
    wide_new new = (wide_new)(void (*)(void))plugin->funcs->newp;
    NPError error =
        new (mime, &instance->npp, WIDE_16(NP_EMBED), WIDE_16(attributes), names, values,
             take_saved());
    say("  NPP_New returned %d", error);
    if (error != NPERR_NO_ERROR)
        instance->plugin = NULL;
    return error;
}

static void end_object(struct instance *instance)
{
    NPObject *object = instance->object;
    instance->object = NULL;
    if (object == NULL || options.objects == OBJECTS_KEEP)
        return;
    if (options.objects == OBJECTS_INVALIDATE)
        object_end(object);
    else
        object_release(object);
}

static void end_saved(NPSavedData *saved)
{
    if (saved == NULL || saved == unset)
        return;
    say("  saved %d bytes", saved->len);
    if (options.save == SAVE_IGNORED)
        return;
    if (options.save == SAVE_RETURNED) {
        kept_saved = saved;
        return;
    }
    memory_own_free(saved->buf);
    memory_own_free(saved);
}

static long destroy(struct instance *instance)
{
    NPSavedData *saved = options.save == SAVE_UNSET ? unset : NULL;
    later_drop(&instance->npp);
    NPSavedData **save = options.save == SAVE_NULL ? NULL : &saved;
    NPError error = instance->plugin->funcs->destroy(&instance->npp, save);
    say("  NPP_Destroy returned %d", error);
    instance->plugin = NULL;
    instance->npp.pdata = NULL;
    instance->npp.ndata = NULL;
    end_object(instance);
    end_saved(saved);
    return error;
}

/* destroy INSTANCE */
static long act_destroy(int count, char **words)
{
    (void)count;
    return destroy(instance_named(words[1]));
}

static void destroy_all(void)
{
    for (int i = 0; i < HOST_INSTANCES; i++) {
        if (instances[i].plugin == NULL)
            continue;
        say("at exit: destroy %d", i);
        destroy(&instances[i]);
    }
}

/* destroyatexit: what is left is destroyed while the process ends */
static long act_destroyatexit(int count, char **words)
{
    (void)count, (void)words;
    return atexit(destroy_all);
}

/* event INSTANCE */
static long act_event(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    struct {
        int type;
        char rest[188];
    } event = {.type = 2};
    int16_t handled = instance->plugin->funcs->event(&instance->npp, &event);
    say("  NPP_HandleEvent returned %d", handled);
    return handled;
}

/* setwindow INSTANCE */
static long act_setwindow(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    NPWindow window = {.width = 100, .height = 50, .type = NPWindowTypeDrawable};
    return instance->plugin->funcs->setwindow(&instance->npp, &window);
}

/* print INSTANCE */
static long act_print(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    NPPrint print = {.mode = NP_EMBED};
    instance->plugin->funcs->print(&instance->npp, &print);
    return 0;
}

/* focus INSTANCE: NPP_GotFocus both ways, NPP_LostFocus */
static long act_focus(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    wide_gotfocus got = (wide_gotfocus)(void (*)(void))instance->plugin->funcs->gotfocus;
    NPBool next = got(&instance->npp, WIDE_32(NPFocusNext));
    NPBool previous = got(&instance->npp, WIDE_32(NPFocusPrevious));
    instance->plugin->funcs->lostfocus(&instance->npp);
    say("  NPP_GotFocus returned %d and %d", next, previous);
    return 0;
}

/* form INSTANCE: NPP_GetValue of NPPVformValue, a string that the host frees */
static long act_form(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    char *value = NULL;
    NPError error = instance->plugin->funcs->getvalue(&instance->npp, NPPVformValue, &value);
    say("  form value: %s (%d)", value != NULL ? value : "none", error);
    memory_own_free(value);
    return error;
}

/* stream INSTANCE: a stream of three writes that ends as a file */
static long act_stream(int count, char **words)
{
    (void)count;
    struct instance *instance = instance_named(words[1]);
    NPPluginFuncs *funcs = instance->plugin->funcs;
    NPP npp = &instance->npp;
    NPStream stream = {.url = "http://example.org/data", .end = 12};
    char type[] = "text/plain", bytes[] = "0123456789ab";
    uint16_t stype = 0;
    NPError error = funcs->newstream(npp, type, &stream, false, &stype);
    int32_t taken = 0;
    for (int i = 0; i < 3; i++)
        if (funcs->writeready(npp, &stream) > 0)
            taken += funcs->write(npp, &stream, i * 4, 4, bytes + i * 4);
    funcs->asfile(npp, &stream, "/nowhere");
    NPError end = funcs->destroystream(npp, &stream, NPRES_DONE);
    funcs->urlnotify(npp, stream.url, NPRES_DONE, NULL);
    say("  stream: %d, type %u, %d bytes taken, %d", error, stype, taken, end);
    return error;
}

const struct action instance_actions[] = {
    {"new", "PLUGIN INSTANCE [NAME=VALUE...]", 2, act_new},
    {"destroy", "INSTANCE", 1, act_destroy},
    {"destroyatexit", "", 0, act_destroyatexit},
    {"event", "INSTANCE", 1, act_event},
    {"setwindow", "INSTANCE", 1, act_setwindow},
    {"print", "INSTANCE", 1, act_print},
    {"focus", "INSTANCE", 1, act_focus},
    {"form", "INSTANCE", 1, act_form},
    {"stream", "INSTANCE", 1, act_stream},
    {NULL, NULL, 0, NULL},
};
