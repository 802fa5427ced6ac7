/* shim/npapi_layout.c: pins the layout of shim/npapi.h to the one hosts and plug-ins share. */
/* SPDX-License-Identifier: MIT */

/*
 * Compiled into the shim for its assertions only. The numbers are those of 64-bit (LP64) systems,
 * as other people's hosts and plug-ins were built with: never adapt a number to make it compile.
 */

#include <assert.h>

#include "shim/npapi.h"

#define PIN_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type " has the wrong size")
#define PIN(type, member, at) \
    static_assert(offsetof(type, member) == (at), #type "." #member " is misplaced")
#define PIN_SLOT(member, at) PIN(NPNetscapeFuncs, member, at)
#define PIN_ENTRY(member, at) PIN(NPPluginFuncs, member, at)

#if defined(__LP64__)

PIN_SLOT(size, 0);
PIN_SLOT(version, 2);
PIN_SLOT(geturl, 8);
PIN_SLOT(posturl, 16);
PIN_SLOT(requestread, 24);
PIN_SLOT(newstream, 32);
PIN_SLOT(write, 40);
PIN_SLOT(destroystream, 48);
PIN_SLOT(status, 56);
PIN_SLOT(uagent, 64);
PIN_SLOT(memalloc, 72);
PIN_SLOT(memfree, 80);
PIN_SLOT(memflush, 88);
PIN_SLOT(reloadplugins, 96);
PIN_SLOT(getJavaEnv, 104);
PIN_SLOT(getJavaPeer, 112);
PIN_SLOT(geturlnotify, 120);
PIN_SLOT(posturlnotify, 128);
PIN_SLOT(getvalue, 136);
PIN_SLOT(setvalue, 144);
PIN_SLOT(invalidaterect, 152);
PIN_SLOT(invalidateregion, 160);
PIN_SLOT(forceredraw, 168);
PIN_SLOT(getstringidentifier, 176);
PIN_SLOT(getstringidentifiers, 184);
PIN_SLOT(getintidentifier, 192);
PIN_SLOT(identifierisstring, 200);
PIN_SLOT(utf8fromidentifier, 208);
PIN_SLOT(intfromidentifier, 216);
PIN_SLOT(createobject, 224);
PIN_SLOT(retainobject, 232);
PIN_SLOT(releaseobject, 240);
PIN_SLOT(invoke, 248);
PIN_SLOT(invokeDefault, 256);
PIN_SLOT(evaluate, 264);
PIN_SLOT(getproperty, 272);
PIN_SLOT(setproperty, 280);
PIN_SLOT(removeproperty, 288);
PIN_SLOT(hasproperty, 296);
PIN_SLOT(hasmethod, 304);
PIN_SLOT(releasevariantvalue, 312);
PIN_SLOT(setexception, 320);
PIN_SLOT(pushpopupsenabledstate, 328);
PIN_SLOT(poppopupsenabledstate, 336);
PIN_SLOT(enumerate, 344);
PIN_SLOT(pluginthreadasynccall, 352);
PIN_SLOT(construct, 360);
PIN_SLOT(getvalueforurl, 368);
PIN_SLOT(setvalueforurl, 376);
PIN_SLOT(getauthenticationinfo, 384);
PIN_SLOT(scheduletimer, 392);
PIN_SLOT(unscheduletimer, 400);
PIN_SLOT(popupcontextmenu, 408);
PIN_SLOT(convertpoint, 416);
PIN_SLOT(handleevent, 424);
PIN_SLOT(unfocusinstance, 432);
PIN_SLOT(urlredirectresponse, 440);
PIN_SLOT(initasyncsurface, 448);
PIN_SLOT(finalizeasyncsurface, 456);
PIN_SLOT(setcurrentasyncsurface, 464);
PIN_SIZE(NPNetscapeFuncs, 472);

PIN_ENTRY(size, 0);
PIN_ENTRY(version, 2);
PIN_ENTRY(newp, 8);
PIN_ENTRY(destroy, 16);
PIN_ENTRY(setwindow, 24);
PIN_ENTRY(newstream, 32);
PIN_ENTRY(destroystream, 40);
PIN_ENTRY(asfile, 48);
PIN_ENTRY(writeready, 56);
PIN_ENTRY(write, 64);
PIN_ENTRY(print, 72);
PIN_ENTRY(event, 80);
PIN_ENTRY(urlnotify, 88);
PIN_ENTRY(javaClass, 96);
PIN_ENTRY(getvalue, 104);
PIN_ENTRY(setvalue, 112);
PIN_ENTRY(gotfocus, 120);
PIN_ENTRY(lostfocus, 128);
PIN_ENTRY(urlredirectnotify, 136);
PIN_ENTRY(clearsitedata, 144);
PIN_ENTRY(getsiteswithdata, 152);
PIN_ENTRY(didComposite, 160);
PIN_SIZE(NPPluginFuncs, 168);

PIN(NPVariant, value, 8);
PIN_SIZE(NPVariant, 24);
PIN(NPString, UTF8Characters, 0);
PIN(NPString, UTF8Length, 8);
PIN_SIZE(NPString, 16);
PIN_SIZE(NPObject, 16);
PIN_SIZE(NPClass, 104);
PIN(NPSavedData, len, 0);
PIN(NPSavedData, buf, 8);
PIN_SIZE(NPSavedData, 16);
PIN_SIZE(NPStream, 48);
PIN(NPP_t, pdata, 0);
PIN(NPP_t, ndata, 8);
PIN_SIZE(NPP_t, 16);
PIN_SIZE(NPAsyncSurface, 32);

#endif

PIN_SIZE(bool, 1);
PIN_SIZE(NPBool, 1);
PIN_SIZE(NPError, 2);
PIN_SIZE(NPVariantType, 4);
