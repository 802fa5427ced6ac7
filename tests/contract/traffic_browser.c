/* tests/contract/traffic_browser.c - the random plug-in draws, asks for addresses, streams */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

/* ---- values and windows ---------------------------------------------------------------------- */

static void ask_values(struct instance *me)
{
    NPBool windowless = false;
    int none;

    npn_getvalue(me->npp, NPNVSupportsWindowless, &windowless);
    if (npn_getvalue(me->npp, NPNVxDisplay, &none) == NPERR_NO_ERROR)
        traffic_fail("a display");
    npn_setvalue(me->npp, NPPVpluginWindowBool, NULL);
}

/* The text stays the browser's. */
static void ask_agent(struct instance *me)
{
    if (strncmp(npn_uagent(one_in(3) ? NULL : me->npp), "traffic", 7) != 0)
        traffic_fail("another browser");
}

static void draw(struct instance *me)
{
    NPRect rect = {.right = 10, .bottom = 10};

    npn_invalidaterect(me->npp, &rect);
    npn_invalidateregion(me->npp, NULL);
    if (one_in(4))
        npn_forceredraw(me->npp);
}

static void say(struct instance *me)
{
    char text[] = "a text of the plug-in's own";

    npn_status(me->npp, text);
    memset(text, 0, sizeof text);
}

static void ask_java(struct instance *me)
{
    npn_getJavaEnv();
    npn_getJavaPeer(me->npp);
    npn_reloadplugins(false);
}

static void move(struct instance *me)
{
    double x = 0, y = 0;
    char event[192] = {3};

    npn_convertpoint(me->npp, 1, 2, NPCoordinateSpacePlugin, &x, &y, NPCoordinateSpaceWindow);
    if (x != 2 || y != 3)
        traffic_fail("another point");
    npn_handleevent(me->npp, event, true);
    npn_unfocusinstance(me->npp, NPFocusNext);
}

/* The user may do anything meanwhile. */
static void menu(struct instance *me)
{
    NPMenu entries = NULL;

    npn_popupcontextmenu(me->npp, &entries);
}

static void popups(struct instance *me)
{
    if (one_in(2) && me->popups < 10) {
        npn_pushpopupsenabledstate(me->npp, true);
        me->popups++;
    } else if (me->popups > 0) {
        npn_poppopupsenabledstate(me->npp);
        me->popups--;
    }
}

/* ---- asynchronous surfaces ------------------------------------------------------------------- */

static void end_surface(struct instance *me, int place)
{
    NPAsyncSurface *surface = me->surfaces[place];

    me->surfaces[place] = NULL;
    if (surface == NULL)
        return;
    npn_setcurrentasyncsurface(me->npp, NULL, NULL);
    npn_finalizeasyncsurface(me->npp, surface);
    mem_free(surface);
}

static void draw_surface(struct instance *me)
{
    NPSize size = {.width = 1 + (int32_t)below(100), .height = 1};
    NPRect changed = {.right = 1, .bottom = 1};
    const int place = (int)below(KEPT);

    end_surface(me, place);
    if (!me->keeps)
        return;
    NPAsyncSurface *surface = mem_alloc(sizeof *surface);
    if (npn_initasyncsurface(me->npp, &size, NPImageFormatBGRA32, NULL, surface) !=
        NPERR_NO_ERROR) {
        mem_free(surface);
        return;
    }
    memset(surface->bitmap.data, 0xff, surface->bitmap.stride);
    npn_setcurrentasyncsurface(me->npp, surface, &changed);
    me->surfaces[place] = surface;
}

/* ---- addresses and streams ------------------------------------------------------------------- */

static void ask_url(struct instance *me)
{
    const char *window = one_in(3) ? "_blank" : NULL;

    if (one_in(2)) {
        npn_geturl(me->npp, "http://example.org/a", window);
        return;
    }
    const uint32_t length = below(200);
    char *bytes = mem_alloc(length);
    npn_posturl(me->npp, "http://example.org/b", window, length, bytes, false);
    mem_free(bytes);
}

static void ask_and_be_told(struct instance *me)
{
    later_notify(me, one_in(2));
}

static void end_stream(struct instance *me, int place)
{
    NPStream *stream = me->streams[place];

    me->streams[place] = NULL;
    if (stream != NULL)
        npn_destroystream(me->npp, stream, NPRES_DONE);
}

static void make_stream(struct instance *me)
{
    const int place = (int)below(KEPT);
    char type[] = "text/plain";
    NPStream *stream = NULL;

    end_stream(me, place);
    if (me->keeps && npn_newstream(me->npp, type, "_blank", &stream) == NPERR_NO_ERROR)
        me->streams[place] = stream;
}

static void write_stream(struct instance *me)
{
    NPStream *stream = me->streams[below(KEPT)];

    if (stream == NULL)
        return;
    const uint32_t length = 1 + mem_size();
    char *bytes = mem_alloc(length);
    if (npn_write(me->npp, stream, (int32_t)length, bytes) != (int32_t)length)
        traffic_fail("NPN_Write");
    mem_free(bytes);
}

/* The browser's own stream, which it may tell the end of at once. */
static void use_coming(struct instance *me)
{
    NPStream *stream = NULL;
    NPByteRange second = {.offset = 100, .length = 10}, first = {.length = 10, .next = &second};

    for (int i = 0; i < KEPT && stream == NULL; i++)
        stream = me->coming[i];
    if (stream == NULL)
        return;
    if (one_in(6))
        npn_destroystream(me->npp, stream, NPRES_USER_BREAK);
    else
        npn_requestread(stream, &first);
}

void browser_end(struct instance *me)
{
    for (int i = 0; i < KEPT; i++) {
        end_stream(me, i);
        end_surface(me, i);
        me->coming[i] = NULL;
    }
    for (; me->popups > 0; me->popups--)
        npn_poppopupsenabledstate(me->npp);
}

const struct act acts_browser[] = {
    {ask_values, 2, false},   {ask_agent, 2, false},       {draw, 2, false},
    {say, 2, false},          {ask_java, 1, false},        {move, 1, false},
    {menu, 1, false},         {popups, 2, false},          {draw_surface, 2, false},
    {ask_url, 3, false},      {ask_and_be_told, 5, false}, {make_stream, 2, false},
    {write_stream, 4, false}, {use_coming, 6, false},      {NULL, 0, false},
};
