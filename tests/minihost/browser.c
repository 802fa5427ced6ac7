/* tests/minihost/browser.c: values, addresses, windows: the plainer functions of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/later.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/offthread.h"
#include "tests/minihost/script.h"
#include "tests/minihost/table.h"

/* Says which instance a call came with: what a layer in between must pass on. */
static const char *caller(NPP npp)
{
    if (npp == NULL)
        return "no instance";
    const struct instance *instance = instance_of(npp);
    return instance != NULL ? instance_name(instance) : "a stranger";
}

/* ---- values ---------------------------------------------------------------------------------- */

static wide npn_getvalue(NPP npp, NPNVariable variable, void *value)
{
    (void)npp;
    if (offthread_refuses("NPN_GetValue"))
        return WIDE_ERROR(NPERR_GENERIC_ERROR);
    switch ((int)variable) {
    case NPNVWindowNPObject:
    case NPNVPluginElementNPObject:
        *(NPObject **)value = script_window();
        return WIDE_ERROR(NPERR_NO_ERROR);
    case NPNVdocumentOrigin:
        *(char **)value = memory_own_string("http://example.org");
        return WIDE_ERROR(NPERR_NO_ERROR);
    case NPNVSupportsWindowless:
        *(NPBool *)value = true;
        return WIDE_ERROR(NPERR_NO_ERROR);
    case NPNVToolkit:
        *(NPNToolkitType *)value = NPNVGtk2;
        return WIDE_ERROR(NPERR_NO_ERROR);
    default:
        return WIDE_ERROR(NPERR_INVALID_PARAM);
    }
}

static wide npn_setvalue(NPP npp, NPPVariable variable, void *value)
{
    say("  NPN_SetValue of %d to %s by %s", (int)variable, value != NULL ? "true" : "0",
        caller(npp));
    return WIDE_ERROR(NPERR_NO_ERROR);
}

static const char *npn_uagent(NPP npp)
{
    return npp != NULL ? "minihost/1.0" : "minihost/1.0 (no instance)";
}

static wide npn_getvalueforurl(NPP npp, NPNURLVariable variable, const char *url, char **value,
                               uint32_t *len)
{
    (void)npp, (void)url;
    if (variable != NPNURLVCookie || offthread_refuses("NPN_GetValueForURL"))
        return WIDE_ERROR(NPERR_INVALID_PARAM);
    *value = memory_own_string("chocolate=1");
    *len = (uint32_t)strlen(*value);
    return WIDE_ERROR(NPERR_NO_ERROR);
}

/* As one browser has it: writes a NUL behind the value, and restores what was there. */
static wide npn_setvalueforurl(NPP npp, NPNURLVariable variable, const char *url, const char *value,
                               uint32_t len)
{
    (void)npp, (void)variable, (void)url;
    char *end = (char *)value + len;
    const char was = *end;
    *end = '\0';
    say("  NPN_SetValueForURL: %s", value);
    *end = was;
    return WIDE_ERROR(NPERR_NO_ERROR);
}

static wide npn_getauthenticationinfo(NPP npp, const char *protocol, const char *host, int32_t port,
                                      const char *scheme, const char *realm, char **username,
                                      uint32_t *ulen, char **password, uint32_t *plen)
{
    (void)npp, (void)protocol, (void)scheme;
    say("  NPN_GetAuthenticationInfo for %s:%d, %s", host, port, realm);
    *username = memory_own_string("user");
    *ulen = 4;
    *password = memory_own_string("secret");
    *plen = 6;
    return WIDE_ERROR(NPERR_NO_ERROR);
}

/* ---- addresses and streams: asked for, never delivered, but the end of some is told -------------
 */

static wide npn_geturl(NPP npp, const char *url, const char *window)
{
    (void)window;
    say("  NPN_GetURL %s by %s", url, caller(npp));
    return WIDE_ERROR(NPERR_NO_ERROR);
}

static wide npn_posturl(NPP npp, const char *url, const char *window, uint32_t len, const char *buf,
                        NPBool file)
{
    (void)window, (void)buf;
    say("  NPN_PostURL %s by %s: %u bytes%s", url, caller(npp), len, file ? " in a file" : "");
    return WIDE_ERROR(NPERR_NO_ERROR);
}

static wide npn_geturlnotify(NPP npp, const char *url, const char *window, void *data)
{
    (void)window;
    say("  NPN_GetURLNotify %s by %s", url, caller(npp));
    return WIDE_ERROR(later_notify(npp, url, data) ? NPERR_NO_ERROR : NPERR_INVALID_URL);
}

static wide npn_posturlnotify(NPP npp, const char *url, const char *window, uint32_t len,
                              const char *buf, NPBool file, void *data)
{
    (void)data;
    npn_posturl(npp, url, window, len, buf, file);
    return WIDE_ERROR(NPERR_INVALID_URL);
}

static wide npn_requestread(NPStream *stream, NPByteRange *ranges)
{
    (void)stream, (void)ranges;
    return WIDE_ERROR(NPERR_STREAM_NOT_SEEKABLE);
}

static wide npn_newstream(NPP npp, NPMIMEType type, const char *window, NPStream **stream)
{
    (void)npp, (void)type, (void)window, (void)stream;
    return WIDE_ERROR(NPERR_GENERIC_ERROR);
}

static wide npn_write(NPP npp, NPStream *stream, int32_t len, void *buffer)
{
    (void)npp, (void)stream, (void)len, (void)buffer;
    return WIDE_32(-1);
}

static wide npn_destroystream(NPP npp, NPStream *stream, NPReason reason)
{
    (void)npp, (void)stream, (void)reason;
    return WIDE_ERROR(NPERR_INVALID_INSTANCE_ERROR);
}

static void npn_status(NPP npp, const char *message)
{
    say("  NPN_Status by %s: %s", caller(npp), message);
}

static void npn_urlredirectresponse(NPP npp, void *data, NPBool allow)
{
    (void)data;
    say("  NPN_URLRedirectResponse by %s: %d", caller(npp), allow);
}

/* ---- the rest: nothing to show --------------------------------------------------------------- */

static void npn_nothing(NPP npp)
{
    (void)npp;
}

static void npn_invalidaterect(NPP npp, NPRect *rect)
{
    say("  NPN_InvalidateRect by %s: %u x %u", caller(npp), rect->right - rect->left,
        rect->bottom - rect->top);
}

static void *npn_null(void)
{
    return NULL;
}

static void npn_reloadplugins(NPBool reload_pages)
{
    say("  NPN_ReloadPlugins %d", reload_pages);
}

static wide npn_not_this_one(void)
{
    return WIDE_ERROR(NPERR_INCOMPATIBLE_VERSION_ERROR);
}

static wide npn_no(void)
{
    return WIDE_BOOL(false);
}

const struct slot browser_slots[] = {
    SLOT(geturl, npn_geturl),
    SLOT(posturl, npn_posturl),
    SLOT(requestread, npn_requestread),
    SLOT(newstream, npn_newstream),
    SLOT(write, npn_write),
    SLOT(destroystream, npn_destroystream),
    SLOT(status, npn_status),
    SLOT(uagent, npn_uagent),
    SLOT(reloadplugins, npn_reloadplugins),
    SLOT(getJavaEnv, npn_null),
    SLOT(getJavaPeer, npn_null),
    SLOT(geturlnotify, npn_geturlnotify),
    SLOT(posturlnotify, npn_posturlnotify),
    SLOT(getvalue, npn_getvalue),
    SLOT(setvalue, npn_setvalue),
    SLOT(invalidaterect, npn_invalidaterect),
    SLOT(invalidateregion, npn_nothing),
    SLOT(forceredraw, npn_nothing),
    SLOT(pushpopupsenabledstate, npn_nothing),
    SLOT(poppopupsenabledstate, npn_nothing),
    SLOT(getvalueforurl, npn_getvalueforurl),
    SLOT(setvalueforurl, npn_setvalueforurl),
    SLOT(getauthenticationinfo, npn_getauthenticationinfo),
    SLOT(popupcontextmenu, npn_not_this_one),
    SLOT(convertpoint, npn_no),
    SLOT(handleevent, npn_no),
    SLOT(unfocusinstance, npn_no),
    SLOT(urlredirectresponse, npn_urlredirectresponse),
    SLOT(initasyncsurface, npn_not_this_one),
    SLOT(finalizeasyncsurface, npn_not_this_one),
    SLOT(setcurrentasyncsurface, npn_nothing),
    {NULL, 0, NULL},
};
