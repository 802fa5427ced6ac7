/* shim/npapi_types.h: scalars, structures and constants of NPAPI, with their true names. */
/* SPDX-License-Identifier: MIT */

/*
 * The first half of shim/npapi.h, which is the header to include: everything but the functions.
 *
 * Types that belong to the window system (Display, Visual, XEvent, Region) are void pointers here,
 * so that the header needs nothing but the C library. `bool` is one byte, NPBool an unsigned char
 * and NPError an int16_t: callers look at that part of the register only.
 */

#ifndef NPNTRACE_SHIM_NPAPI_TYPES_H
#define NPNTRACE_SHIM_NPAPI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NP_VERSION_MAJOR 0
#define NP_VERSION_MINOR 29

/* The minor version from which on a feature may be expected; the slot must still be looked at. */
#define NPVERS_HAS_NPRUNTIME_SCRIPTING 14
#define NPVERS_HAS_NPOBJECT_ENUM 18
#define NPVERS_HAS_PLUGIN_THREAD_ASYNC_CALL 19
#define NPVERS_HAS_URL_AND_AUTH_INFO 21
#define NPVERS_HAS_URL_REDIRECT_HANDLING 26
#define NPVERS_HAS_CLEAR_SITE_DATA 27

/* ---- Scalars ------------------------------------------------------------------------------- */

typedef unsigned char NPBool;
typedef int16_t NPError;
typedef int16_t NPReason;
typedef char *NPMIMEType;
typedef char NPUTF8;
typedef void *NPIdentifier;
typedef void *NPRegion;
typedef void *NPMenu;

enum {
    NPERR_NO_ERROR,
    NPERR_GENERIC_ERROR,
    NPERR_INVALID_INSTANCE_ERROR,
    NPERR_INVALID_FUNCTABLE_ERROR,
    NPERR_MODULE_LOAD_FAILED_ERROR,
    NPERR_OUT_OF_MEMORY_ERROR,
    NPERR_INVALID_PLUGIN_ERROR,
    NPERR_INVALID_PLUGIN_DIR_ERROR,
    NPERR_INCOMPATIBLE_VERSION_ERROR,
    NPERR_INVALID_PARAM,
    NPERR_INVALID_URL,
    NPERR_FILE_NOT_FOUND,
    NPERR_NO_DATA,
    NPERR_STREAM_NOT_SEEKABLE,
    NPERR_TIME_RANGE_NOT_SUPPORTED,
    NPERR_MALFORMED_SITE
};

enum { NPRES_DONE, NPRES_NETWORK_ERR, NPRES_USER_BREAK };

/* The `mode` of NPP_New. */
enum { NP_EMBED = 1, NP_FULL = 2 };

/* The `stype` of NPP_NewStream. */
enum { NP_NORMAL = 1, NP_SEEK = 2, NP_ASFILE = 3, NP_ASFILEONLY = 4 };

/* Values that were interfaces of one C++ compiler carry its mark; this is GCC 3's and later. */
#define NP_ABI_GCC3_MASK 0x10000000
#define NP_ABI_MASK NP_ABI_GCC3_MASK

/* What a plug-in tells about itself: NPP_GetValue, NP_GetValue and NPN_SetValue. */
typedef enum {
    NPPVpluginNameString = 1,
    NPPVpluginDescriptionString,
    NPPVpluginWindowBool,
    NPPVpluginTransparentBool,
    NPPVjavaClass,
    NPPVpluginWindowSize,
    NPPVpluginTimerInterval,
    NPPVpluginScriptableInstance = 10 | NP_ABI_MASK,
    NPPVpluginScriptableIID = 11,
    NPPVjavascriptPushCallerBool = 12,
    NPPVpluginKeepLibraryInMemory = 13,
    NPPVpluginNeedsXEmbed = 14,
    NPPVpluginScriptableNPObject = 15,
    NPPVformValue = 16,
    NPPVpluginUrlRequestsDisplayedBool = 17,
    NPPVpluginWantsAllNetworkStreams = 18,
    NPPVpluginNativeAccessibleAtkPlugId = 19,
    NPPVpluginCancelSrcStream = 20,
    NPPVsupportsAdvancedKeyHandling = 21,
    NPPVpluginUsesDOMForCursorBool = 22,
    NPPVpluginDrawingModel = 1000
} NPPVariable;

/* What a browser tells about itself: NPN_GetValue and NPP_SetValue. */
typedef enum {
    NPNVxDisplay = 1,
    NPNVxtAppContext,
    NPNVnetscapeWindow,
    NPNVjavascriptEnabledBool,
    NPNVasdEnabledBool,
    NPNVisOfflineBool,
    NPNVserviceManager = 10 | NP_ABI_MASK,
    NPNVDOMElement = 11 | NP_ABI_MASK,
    NPNVDOMWindow = 12 | NP_ABI_MASK,
    NPNVToolkit = 13 | NP_ABI_MASK,
    NPNVSupportsXEmbedBool = 14,
    NPNVWindowNPObject = 15,
    NPNVPluginElementNPObject = 16,
    NPNVSupportsWindowless = 17,
    NPNVprivateModeBool = 18,
    NPNVsupportsAdvancedKeyHandling = 21,
    NPNVdocumentOrigin = 22,
    NPNVCSSZoomFactor = 23,
    NPNVpluginDrawingModel = 1000,
    NPNVsupportsAsyncBitmapSurfaceBool = 2007
} NPNVariable;

typedef enum { NPNVGtk12 = 1, NPNVGtk2 } NPNToolkitType;
typedef enum { NPNURLVCookie = 501, NPNURLVProxy } NPNURLVariable;
typedef enum { NPFocusNext = 0, NPFocusPrevious = 1 } NPFocusDirection;
typedef enum { NPWindowTypeWindow = 1, NPWindowTypeDrawable } NPWindowType;
typedef enum { NPImageFormatBGRA32 = 1, NPImageFormatBGRX32 = 2 } NPImageFormat;
typedef enum { NPDrawingModelSyncX = 6, NPDrawingModelAsyncBitmapSurface = 7 } NPDrawingModel;

typedef enum {
    NPCoordinateSpacePlugin = 1,
    NPCoordinateSpaceWindow,
    NPCoordinateSpaceFlippedWindow,
    NPCoordinateSpaceScreen,
    NPCoordinateSpaceFlippedScreen
} NPCoordinateSpace;

/* ---- Instances, streams, windows ----------------------------------------------------------- */

/* One instance. It lives in a structure of the host, and its address may be used again later. */
typedef struct _NPP {
    void *pdata; /* the plug-in's own, NULL on entry of NPP_New */
    void *ndata; /* the host's own */
} NPP_t;
typedef NPP_t *NPP;

typedef struct _NPSavedData {
    int32_t len;
    void *buf;
} NPSavedData;

typedef struct _NPStream {
    void *pdata;
    void *ndata;
    const char *url;
    uint32_t end;
    uint32_t lastmodified;
    void *notifyData;
    const char *headers;
} NPStream;

typedef struct _NPByteRange {
    int32_t offset;
    uint32_t length;
    struct _NPByteRange *next;
} NPByteRange;

typedef struct _NPRect {
    uint16_t top;
    uint16_t left;
    uint16_t bottom;
    uint16_t right;
} NPRect;

typedef struct _NPSize {
    int32_t width;
    int32_t height;
} NPSize;

/* What NPWindow.ws_info points to on X11. */
typedef struct {
    int32_t type;
    void *display;
    void *visual;
    unsigned long colormap;
    unsigned int depth;
} NPSetWindowCallbackStruct;

typedef struct _NPWindow {
    void *window; /* the X window, NULL for a windowless instance */
    int32_t x;
    int32_t y;
    uint32_t width;
    uint32_t height;
    NPRect clipRect;
    void *ws_info;
    NPWindowType type;
} NPWindow;

typedef struct _NPFullPrint {
    NPBool pluginPrinted;
    NPBool printOne;
    void *platformPrint;
} NPFullPrint;

typedef struct _NPEmbedPrint {
    NPWindow window;
    void *platformPrint;
} NPEmbedPrint;

typedef struct _NPPrint {
    uint16_t mode;
    union {
        NPFullPrint fullPrint;
        NPEmbedPrint embedPrint;
    } print;
} NPPrint;

typedef struct _NPAsyncSurface {
    uint32_t version;
    NPSize size;
    NPImageFormat format;
    union {
        struct {
            uint32_t stride;
            void *data;
        } bitmap;
    };
} NPAsyncSurface;

/* ---- Scripting ----------------------------------------------------------------------------- */

typedef struct NPObject NPObject;
typedef struct NPClass NPClass;

/* Counted, not NUL-terminated. */
typedef struct _NPString {
    const NPUTF8 *UTF8Characters;
    uint32_t UTF8Length;
} NPString;

typedef enum {
    NPVariantType_Void,
    NPVariantType_Null,
    NPVariantType_Bool,
    NPVariantType_Int32,
    NPVariantType_Double,
    NPVariantType_String,
    NPVariantType_Object
} NPVariantType;

typedef struct _NPVariant {
    NPVariantType type;
    union {
        bool boolValue;
        int32_t intValue;
        double doubleValue;
        NPString stringValue;
        NPObject *objectValue;
    } value;
} NPVariant;

typedef NPObject *(*NPAllocateFunctionPtr)(NPP npp, NPClass *aClass);
typedef void (*NPDeallocateFunctionPtr)(NPObject *npobj);
typedef void (*NPInvalidateFunctionPtr)(NPObject *npobj);
typedef bool (*NPHasMethodFunctionPtr)(NPObject *npobj, NPIdentifier name);
typedef bool (*NPInvokeFunctionPtr)(NPObject *npobj, NPIdentifier name, const NPVariant *args,
                                    uint32_t argCount, NPVariant *result);
typedef bool (*NPInvokeDefaultFunctionPtr)(NPObject *npobj, const NPVariant *args,
                                           uint32_t argCount, NPVariant *result);
typedef bool (*NPHasPropertyFunctionPtr)(NPObject *npobj, NPIdentifier name);
typedef bool (*NPGetPropertyFunctionPtr)(NPObject *npobj, NPIdentifier name, NPVariant *result);
typedef bool (*NPSetPropertyFunctionPtr)(NPObject *npobj, NPIdentifier name,
                                         const NPVariant *value);
typedef bool (*NPRemovePropertyFunctionPtr)(NPObject *npobj, NPIdentifier name);
typedef bool (*NPEnumerationFunctionPtr)(NPObject *npobj, NPIdentifier **value, uint32_t *count);
typedef bool (*NPConstructFunctionPtr)(NPObject *npobj, const NPVariant *args, uint32_t argCount,
                                       NPVariant *result);

#define NP_CLASS_STRUCT_VERSION 3
#define NP_CLASS_STRUCT_VERSION_ENUM 2
#define NP_CLASS_STRUCT_VERSION_CTOR 3

struct NPClass {
    uint32_t structVersion;
    NPAllocateFunctionPtr allocate;
    NPDeallocateFunctionPtr deallocate;
    NPInvalidateFunctionPtr invalidate;
    NPHasMethodFunctionPtr hasMethod;
    NPInvokeFunctionPtr invoke;
    NPInvokeDefaultFunctionPtr invokeDefault;
    NPHasPropertyFunctionPtr hasProperty;
    NPGetPropertyFunctionPtr getProperty;
    NPSetPropertyFunctionPtr setProperty;
    NPRemovePropertyFunctionPtr removeProperty;
    NPEnumerationFunctionPtr enumerate; /* from structVersion 2 */
    NPConstructFunctionPtr construct;   /* from structVersion 3 */
};

struct NPObject {
    NPClass *_class;
    uint32_t referenceCount;
};

#ifdef __cplusplus
}
#endif

#endif
