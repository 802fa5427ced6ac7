/* shim/npapi.h: the NPAPI plug-in ABI as it is on Unix, with its true names. */
/* SPDX-License-Identifier: MIT */

/*
 * Two tables meet in NP_Initialize: NPNetscapeFuncs holds what the browser offers to a plug-in
 * (NPN_*), NPPluginFuncs what the plug-in offers to the browser (NPP_*). First come the browser's
 * functions in the order of their slots and the table that holds them, then the plug-in's, then
 * what a plug-in exports by name (NP_*). Structures and constants stand in shim/npapi_types.h.
 *
 * Every table opens with its own size in bytes and a version, major << 8 | minor. A table may be
 * shorter than the one declared here (WebKit's ends before the asynchronous surfaces) or longer,
 * and any slot may be NULL, so a slot may only be read when `size` reaches beyond it. Layouts are
 * pinned, for 64-bit systems, in shim/npapi_layout.c.
 */

#ifndef NPNTRACE_SHIM_NPAPI_H
#define NPNTRACE_SHIM_NPAPI_H

#include "shim/npapi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The browser's functions --------------------------------------------------------------- */

typedef NPError (*NPN_GetURLProcPtr)(NPP instance, const char *url, const char *window);
typedef NPError (*NPN_PostURLProcPtr)(NPP instance, const char *url, const char *window,
                                      uint32_t len, const char *buf, NPBool file);
typedef NPError (*NPN_RequestReadProcPtr)(NPStream *stream, NPByteRange *rangeList);
typedef NPError (*NPN_NewStreamProcPtr)(NPP instance, NPMIMEType type, const char *window,
                                        NPStream **stream);
typedef int32_t (*NPN_WriteProcPtr)(NPP instance, NPStream *stream, int32_t len, void *buffer);
typedef NPError (*NPN_DestroyStreamProcPtr)(NPP instance, NPStream *stream, NPReason reason);
typedef void (*NPN_StatusProcPtr)(NPP instance, const char *message);
typedef const char *(*NPN_UserAgentProcPtr)(NPP instance);
typedef void *(*NPN_MemAllocProcPtr)(uint32_t size);
typedef void (*NPN_MemFreeProcPtr)(void *ptr);
typedef uint32_t (*NPN_MemFlushProcPtr)(uint32_t size);
typedef void (*NPN_ReloadPluginsProcPtr)(NPBool reloadPages);
typedef void *(*NPN_GetJavaEnvProcPtr)(void);
typedef void *(*NPN_GetJavaPeerProcPtr)(NPP instance);
typedef NPError (*NPN_GetURLNotifyProcPtr)(NPP instance, const char *url, const char *window,
                                           void *notifyData);
typedef NPError (*NPN_PostURLNotifyProcPtr)(NPP instance, const char *url, const char *window,
                                            uint32_t len, const char *buf, NPBool file,
                                            void *notifyData);
typedef NPError (*NPN_GetValueProcPtr)(NPP instance, NPNVariable variable, void *value);
typedef NPError (*NPN_SetValueProcPtr)(NPP instance, NPPVariable variable, void *value);
typedef void (*NPN_InvalidateRectProcPtr)(NPP instance, NPRect *rect);
typedef void (*NPN_InvalidateRegionProcPtr)(NPP instance, NPRegion region);
typedef void (*NPN_ForceRedrawProcPtr)(NPP instance);
typedef NPIdentifier (*NPN_GetStringIdentifierProcPtr)(const NPUTF8 *name);
typedef void (*NPN_GetStringIdentifiersProcPtr)(const NPUTF8 **names, int32_t nameCount,
                                                NPIdentifier *identifiers);
typedef NPIdentifier (*NPN_GetIntIdentifierProcPtr)(int32_t intid);
typedef bool (*NPN_IdentifierIsStringProcPtr)(NPIdentifier identifier);
typedef NPUTF8 *(*NPN_UTF8FromIdentifierProcPtr)(NPIdentifier identifier);
typedef int32_t (*NPN_IntFromIdentifierProcPtr)(NPIdentifier identifier);
typedef NPObject *(*NPN_CreateObjectProcPtr)(NPP npp, NPClass *aClass);
typedef NPObject *(*NPN_RetainObjectProcPtr)(NPObject *npobj);
typedef void (*NPN_ReleaseObjectProcPtr)(NPObject *npobj);
typedef bool (*NPN_InvokeProcPtr)(NPP npp, NPObject *npobj, NPIdentifier methodName,
                                  const NPVariant *args, uint32_t argCount, NPVariant *result);
typedef bool (*NPN_InvokeDefaultProcPtr)(NPP npp, NPObject *npobj, const NPVariant *args,
                                         uint32_t argCount, NPVariant *result);
typedef bool (*NPN_EvaluateProcPtr)(NPP npp, NPObject *npobj, NPString *script,
                                    NPVariant *result);
typedef bool (*NPN_GetPropertyProcPtr)(NPP npp, NPObject *npobj, NPIdentifier propertyName,
                                       NPVariant *result);
typedef bool (*NPN_SetPropertyProcPtr)(NPP npp, NPObject *npobj, NPIdentifier propertyName,
                                       const NPVariant *value);
typedef bool (*NPN_RemovePropertyProcPtr)(NPP npp, NPObject *npobj, NPIdentifier propertyName);
typedef bool (*NPN_HasPropertyProcPtr)(NPP npp, NPObject *npobj, NPIdentifier propertyName);
typedef bool (*NPN_HasMethodProcPtr)(NPP npp, NPObject *npobj, NPIdentifier methodName);
typedef void (*NPN_ReleaseVariantValueProcPtr)(NPVariant *variant);
typedef void (*NPN_SetExceptionProcPtr)(NPObject *npobj, const NPUTF8 *message);
typedef void (*NPN_PushPopupsEnabledStateProcPtr)(NPP npp, NPBool enabled);
typedef void (*NPN_PopPopupsEnabledStateProcPtr)(NPP npp);
typedef bool (*NPN_EnumerateProcPtr)(NPP npp, NPObject *npobj, NPIdentifier **identifiers,
                                     uint32_t *count);
typedef void (*NPN_PluginThreadAsyncCallProcPtr)(NPP instance, void (*func)(void *),
                                                 void *userData);
typedef bool (*NPN_ConstructProcPtr)(NPP npp, NPObject *npobj, const NPVariant *args,
                                     uint32_t argCount, NPVariant *result);
typedef NPError (*NPN_GetValueForURLProcPtr)(NPP npp, NPNURLVariable variable, const char *url,
                                             char **value, uint32_t *len);
typedef NPError (*NPN_SetValueForURLProcPtr)(NPP npp, NPNURLVariable variable, const char *url,
                                             const char *value, uint32_t len);
typedef NPError (*NPN_GetAuthenticationInfoProcPtr)(NPP npp, const char *protocol,
                                                    const char *host, int32_t port,
                                                    const char *scheme, const char *realm,
                                                    char **username, uint32_t *ulen,
                                                    char **password, uint32_t *plen);
typedef uint32_t (*NPN_ScheduleTimerProcPtr)(NPP instance, uint32_t interval, NPBool repeat,
                                             void (*timerFunc)(NPP npp, uint32_t timerID));
typedef void (*NPN_UnscheduleTimerProcPtr)(NPP instance, uint32_t timerID);
typedef NPError (*NPN_PopUpContextMenuProcPtr)(NPP instance, NPMenu *menu);
typedef NPBool (*NPN_ConvertPointProcPtr)(NPP instance, double sourceX, double sourceY,
                                          NPCoordinateSpace sourceSpace, double *destX,
                                          double *destY, NPCoordinateSpace destSpace);
typedef NPBool (*NPN_HandleEventProcPtr)(NPP instance, void *event, NPBool handled);
typedef NPBool (*NPN_UnfocusInstanceProcPtr)(NPP instance, NPFocusDirection direction);
typedef void (*NPN_URLRedirectResponseProcPtr)(NPP instance, void *notifyData, NPBool allow);
typedef NPError (*NPN_InitAsyncSurfaceProcPtr)(NPP instance, NPSize *size, NPImageFormat format,
                                               void *initData, NPAsyncSurface *surface);
typedef NPError (*NPN_FinalizeAsyncSurfaceProcPtr)(NPP instance, NPAsyncSurface *surface);
typedef void (*NPN_SetCurrentAsyncSurfaceProcPtr)(NPP instance, NPAsyncSurface *surface,
                                                  NPRect *changed);

typedef struct _NPNetscapeFuncs {
    uint16_t size;
    uint16_t version;
    NPN_GetURLProcPtr geturl;
    NPN_PostURLProcPtr posturl;
    NPN_RequestReadProcPtr requestread;
    NPN_NewStreamProcPtr newstream;
    NPN_WriteProcPtr write;
    NPN_DestroyStreamProcPtr destroystream;
    NPN_StatusProcPtr status;
    NPN_UserAgentProcPtr uagent;
    NPN_MemAllocProcPtr memalloc;
    NPN_MemFreeProcPtr memfree;
    NPN_MemFlushProcPtr memflush;
    NPN_ReloadPluginsProcPtr reloadplugins;
    NPN_GetJavaEnvProcPtr getJavaEnv;
    NPN_GetJavaPeerProcPtr getJavaPeer;
    NPN_GetURLNotifyProcPtr geturlnotify;
    NPN_PostURLNotifyProcPtr posturlnotify;
    NPN_GetValueProcPtr getvalue;
    NPN_SetValueProcPtr setvalue;
    NPN_InvalidateRectProcPtr invalidaterect;
    NPN_InvalidateRegionProcPtr invalidateregion;
    NPN_ForceRedrawProcPtr forceredraw;
    NPN_GetStringIdentifierProcPtr getstringidentifier;
    NPN_GetStringIdentifiersProcPtr getstringidentifiers;
    NPN_GetIntIdentifierProcPtr getintidentifier;
    NPN_IdentifierIsStringProcPtr identifierisstring;
    NPN_UTF8FromIdentifierProcPtr utf8fromidentifier;
    NPN_IntFromIdentifierProcPtr intfromidentifier;
    NPN_CreateObjectProcPtr createobject;
    NPN_RetainObjectProcPtr retainobject;
    NPN_ReleaseObjectProcPtr releaseobject;
    NPN_InvokeProcPtr invoke;
    NPN_InvokeDefaultProcPtr invokeDefault;
    NPN_EvaluateProcPtr evaluate;
    NPN_GetPropertyProcPtr getproperty;
    NPN_SetPropertyProcPtr setproperty;
    NPN_RemovePropertyProcPtr removeproperty;
    NPN_HasPropertyProcPtr hasproperty;
    NPN_HasMethodProcPtr hasmethod;
    NPN_ReleaseVariantValueProcPtr releasevariantvalue;
    NPN_SetExceptionProcPtr setexception;
    NPN_PushPopupsEnabledStateProcPtr pushpopupsenabledstate;
    NPN_PopPopupsEnabledStateProcPtr poppopupsenabledstate;
    NPN_EnumerateProcPtr enumerate;
    NPN_PluginThreadAsyncCallProcPtr pluginthreadasynccall;
    NPN_ConstructProcPtr construct;
    NPN_GetValueForURLProcPtr getvalueforurl;
    NPN_SetValueForURLProcPtr setvalueforurl;
    NPN_GetAuthenticationInfoProcPtr getauthenticationinfo;
    NPN_ScheduleTimerProcPtr scheduletimer;
    NPN_UnscheduleTimerProcPtr unscheduletimer;
    NPN_PopUpContextMenuProcPtr popupcontextmenu;
    NPN_ConvertPointProcPtr convertpoint;
    NPN_HandleEventProcPtr handleevent;
    NPN_UnfocusInstanceProcPtr unfocusinstance;
    NPN_URLRedirectResponseProcPtr urlredirectresponse; /* the last one in WebKit */
    NPN_InitAsyncSurfaceProcPtr initasyncsurface;
    NPN_FinalizeAsyncSurfaceProcPtr finalizeasyncsurface;
    NPN_SetCurrentAsyncSurfaceProcPtr setcurrentasyncsurface;
} NPNetscapeFuncs;

/* ---- The plug-in's functions --------------------------------------------------------------- */

typedef NPError (*NPP_NewProcPtr)(NPMIMEType pluginType, NPP instance, uint16_t mode, int16_t argc,
                                  char *argn[], char *argv[], NPSavedData *saved);
typedef NPError (*NPP_DestroyProcPtr)(NPP instance, NPSavedData **save);
typedef NPError (*NPP_SetWindowProcPtr)(NPP instance, NPWindow *window);
typedef NPError (*NPP_NewStreamProcPtr)(NPP instance, NPMIMEType type, NPStream *stream,
                                        NPBool seekable, uint16_t *stype);
typedef NPError (*NPP_DestroyStreamProcPtr)(NPP instance, NPStream *stream, NPReason reason);
typedef void (*NPP_StreamAsFileProcPtr)(NPP instance, NPStream *stream, const char *fname);
typedef int32_t (*NPP_WriteReadyProcPtr)(NPP instance, NPStream *stream);
typedef int32_t (*NPP_WriteProcPtr)(NPP instance, NPStream *stream, int32_t offset, int32_t len,
                                    void *buffer);
typedef void (*NPP_PrintProcPtr)(NPP instance, NPPrint *platformPrint);
typedef int16_t (*NPP_HandleEventProcPtr)(NPP instance, void *event);
typedef void (*NPP_URLNotifyProcPtr)(NPP instance, const char *url, NPReason reason,
                                     void *notifyData);
typedef NPError (*NPP_GetValueProcPtr)(NPP instance, NPPVariable variable, void *value);
typedef NPError (*NPP_SetValueProcPtr)(NPP instance, NPNVariable variable, void *value);
typedef NPBool (*NPP_GotFocusPtr)(NPP instance, NPFocusDirection direction);
typedef void (*NPP_LostFocusPtr)(NPP instance);
typedef void (*NPP_URLRedirectNotifyPtr)(NPP instance, const char *url, int32_t status,
                                         void *notifyData);
typedef NPError (*NPP_ClearSiteDataPtr)(const char *site, uint64_t flags, uint64_t maxAge);
typedef char **(*NPP_GetSitesWithDataPtr)(void);
typedef void (*NPP_DidCompositePtr)(NPP instance);

typedef struct _NPPluginFuncs {
    uint16_t size;
    uint16_t version;
    NPP_NewProcPtr newp;
    NPP_DestroyProcPtr destroy;
    NPP_SetWindowProcPtr setwindow;
    NPP_NewStreamProcPtr newstream;
    NPP_DestroyStreamProcPtr destroystream;
    NPP_StreamAsFileProcPtr asfile;
    NPP_WriteReadyProcPtr writeready;
    NPP_WriteProcPtr write;
    NPP_PrintProcPtr print;
    NPP_HandleEventProcPtr event;
    NPP_URLNotifyProcPtr urlnotify;
    void *javaClass; /* data, not a function */
    NPP_GetValueProcPtr getvalue;
    NPP_SetValueProcPtr setvalue;
    NPP_GotFocusPtr gotfocus;
    NPP_LostFocusPtr lostfocus;
    NPP_URLRedirectNotifyPtr urlredirectnotify;
    NPP_ClearSiteDataPtr clearsitedata;
    NPP_GetSitesWithDataPtr getsiteswithdata; /* the last one in WebKit */
    NPP_DidCompositePtr didComposite;
} NPPluginFuncs;

/* ---- What a plug-in exports by name -------------------------------------------------------- */

typedef NPError (*NP_InitializeFunc)(NPNetscapeFuncs *bFuncs, NPPluginFuncs *pFuncs);
typedef NPError (*NP_ShutdownFunc)(void);
typedef const char *(*NP_GetMIMEDescriptionFunc)(void);
typedef NPError (*NP_GetValueFunc)(void *future, NPPVariable variable, void *value);
typedef char *(*NP_GetPluginVersionFunc)(void);

#ifdef __cplusplus
}
#endif

#endif
