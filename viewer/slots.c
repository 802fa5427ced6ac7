/* viewer/slots.c - the functions of a browser's table by their place in it */
/* SPDX-License-Identifier: MIT */

#include "viewer/slots.h"

#include <stddef.h>

#define FIRST_OFFSET 8u /* behind size and version */
#define SLOT_BYTES 8u

/* In the order of NPNetscapeFuncs (npapi-sdk 0.29, npfunctions.h). */
static const char *const names[] = {
    "NPN_GetURL",
    "NPN_PostURL",
    "NPN_RequestRead",
    "NPN_NewStream",
    "NPN_Write",
    "NPN_DestroyStream",
    "NPN_Status",
    "NPN_UserAgent",
    "NPN_MemAlloc",
    "NPN_MemFree",
    "NPN_MemFlush",
    "NPN_ReloadPlugins",
    "NPN_GetJavaEnv",
    "NPN_GetJavaPeer",
    "NPN_GetURLNotify",
    "NPN_PostURLNotify",
    "NPN_GetValue",
    "NPN_SetValue",
    "NPN_InvalidateRect",
    "NPN_InvalidateRegion",
    "NPN_ForceRedraw",
    "NPN_GetStringIdentifier",
    "NPN_GetStringIdentifiers",
    "NPN_GetIntIdentifier",
    "NPN_IdentifierIsString",
    "NPN_UTF8FromIdentifier",
    "NPN_IntFromIdentifier",
    "NPN_CreateObject",
    "NPN_RetainObject",
    "NPN_ReleaseObject",
    "NPN_Invoke",
    "NPN_InvokeDefault",
    "NPN_Evaluate",
    "NPN_GetProperty",
    "NPN_SetProperty",
    "NPN_RemoveProperty",
    "NPN_HasProperty",
    "NPN_HasMethod",
    "NPN_ReleaseVariantValue",
    "NPN_SetException",
    "NPN_PushPopupsEnabledState",
    "NPN_PopPopupsEnabledState",
    "NPN_Enumerate",
    "NPN_PluginThreadAsyncCall",
    "NPN_Construct",
    "NPN_GetValueForURL",
    "NPN_SetValueForURL",
    "NPN_GetAuthenticationInfo",
    "NPN_ScheduleTimer",
    "NPN_UnscheduleTimer",
    "NPN_PopUpContextMenu",
    "NPN_ConvertPoint",
    "NPN_HandleEvent",
    "NPN_UnfocusInstance",
    "NPN_URLRedirectResponse",
    "NPN_InitAsyncSurface",
    "NPN_FinalizeAsyncSurface",
    "NPN_SetCurrentAsyncSurface",
};

const char *slots_name(uint32_t offset)
{
    uint32_t slot = (offset - FIRST_OFFSET) / SLOT_BYTES;

    if (offset < FIRST_OFFSET || offset % SLOT_BYTES != 0 ||
        slot >= sizeof(names) / sizeof(names[0]))
        return NULL;
    return names[slot];
}
