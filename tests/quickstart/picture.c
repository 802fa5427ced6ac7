/* tests/quickstart/picture.c: the plug-in that quickstart records; it forgets a picture. */
/* SPDX-License-Identifier: MIT */

/*
 * An ordinary small plug-in. Each instance keeps a state, a copy of its "title" attribute and a
 * picture of 64 by 64 pixels, all in browser memory. NPP_Destroy frees the state and the title. The
 * picture is forgotten, which is what `npntrace leaks` has to find: picture_new, called by
 * instance_new.
 */

#include <string.h>

#include "shim/npapi.h"

#define EXPORT __attribute__((visibility("default")))

enum { PICTURE_WIDTH = 64, PICTURE_HEIGHT = 64, PIXEL_BYTES = 4 };

struct instance {
    char *title;
    unsigned char *pixels;
};

static const NPNetscapeFuncs *browser;

static unsigned char *picture_new(uint32_t width, uint32_t height)
{
    unsigned char *pixels = browser->memalloc(width * height * PIXEL_BYTES);
    if (pixels)
        memset(pixels, 0xff, width * height * PIXEL_BYTES);
    return pixels;
}

static char *title_copy(int16_t argc, char **argn, char **argv)
{
    for (int16_t i = 0; i < argc; i++) {
        if (strcmp(argn[i], "title") != 0)
            continue;
        size_t bytes = strlen(argv[i]) + 1;
        char *copy = browser->memalloc((uint32_t)bytes);
        return copy ? memcpy(copy, argv[i], bytes) : NULL;
    }
    return NULL;
}

static NPError instance_new(NPMIMEType type, NPP npp, uint16_t mode, int16_t argc, char **argn,
                            char **argv, NPSavedData *saved)
{
    (void)type, (void)mode, (void)saved;
    struct instance *instance = browser->memalloc(sizeof(*instance));
    if (!instance)
        return NPERR_OUT_OF_MEMORY_ERROR;
    instance->title = title_copy(argc, argn, argv);
    instance->pixels = picture_new(PICTURE_WIDTH, PICTURE_HEIGHT);
    npp->pdata = instance;
    /* No window of its own: the host need not embed one. */
    browser->setvalue(npp, NPPVpluginWindowBool, NULL);
    return NPERR_NO_ERROR;
}

static NPError instance_destroy(NPP npp, NPSavedData **save)
{
    (void)save;
    struct instance *instance = npp->pdata;
    if (!instance)
        return NPERR_INVALID_INSTANCE_ERROR;
    if (instance->title)
        browser->memfree(instance->title);
    /* The leak: instance->pixels. */
    browser->memfree(instance);
    npp->pdata = NULL;
    return NPERR_NO_ERROR;
}

static NPError instance_set_window(NPP npp, NPWindow *window)
{
    (void)npp, (void)window;
    return NPERR_NO_ERROR;
}

static int16_t instance_handle_event(NPP npp, void *event)
{
    (void)npp, (void)event;
    return 0;
}

/* The name and description are asked for by hosts that look for plug-ins. */
static NPError get_value(NPPVariable variable, void *value)
{
    switch ((int)variable) {
    case NPPVpluginNameString:
        *(const char **)value = "Forgetful picture";
        return NPERR_NO_ERROR;
    case NPPVpluginDescriptionString:
        *(const char **)value = "Sample plug-in of npntrace: allocates a picture, never frees it";
        return NPERR_NO_ERROR;
    default:
        return NPERR_INVALID_PARAM;
    }
}

static NPError instance_get_value(NPP npp, NPPVariable variable, void *value)
{
    (void)npp;
    return get_value(variable, value);
}

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions);
EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions)
{
    browser = table;
    functions->newp = instance_new;
    functions->destroy = instance_destroy;
    functions->setwindow = instance_set_window;
    functions->event = instance_handle_event;
    functions->getvalue = instance_get_value;
    return NPERR_NO_ERROR;
}

EXPORT NPError NP_Shutdown(void);
EXPORT NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

EXPORT const char *NP_GetMIMEDescription(void);
EXPORT const char *NP_GetMIMEDescription(void)
{
    return "application/x-npntrace-picture:npnpicture:Forgetful picture";
}

EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value);
EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value)
{
    (void)future;
    return get_value(variable, value);
}
