/* shim/received.c - what the browser gives to a plug-in */
/* SPDX-License-Identifier: MIT */

#include "shim/received.h"

#include <string.h>

#include "shim/instances.h"
#include "shim/table_gates.h"
#include "tracer/contract.h"
#include "tracer/objects.h"

static uint32_t instance_of(const struct hostcall *call, NPP npp)
{
    return npp != NULL ? instances_find(call->plugin, npp) : 0;
}

void received_block(const struct hostcall *call, NPP npp, const void *block, uint64_t bytes,
                    enum npn_origin origin)
{
    int kept_errno = errno;

    if (block == NULL)
        return;
    struct npn_caller caller = hostcalls_caller(call);
    npn_received(&caller, instance_of(call, npp), block,
                 bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX, origin);
    errno = kept_errno;
}

static void received_text(const struct hostcall *call, NPP npp, const char *text,
                          enum npn_origin origin)
{
    if (text != NULL)
        received_block(call, npp, text, strlen(text) + 1, origin);
}

void received_object(const struct hostcall *call, NPP npp, const NPObject *object,
                     enum object_step step)
{
    int kept_errno = errno;

    if (object == NULL)
        return;
    struct npn_caller caller = hostcalls_caller(call);
    object_held(&caller, instance_of(call, npp), object, step);
    errno = kept_errno;
}

void received_new_object(const struct hostcall *call, NPP npp, const NPObject *object)
{
    int kept_errno = errno;

    if (object == NULL)
        return;
    struct npn_caller caller = hostcalls_caller(call);
    object_gone(&caller, object);
    object_held(&caller, instance_of(call, npp), object, OBJECT_CREATED);
    errno = kept_errno;
}

NPUTF8 *gate_npn_utf8fromidentifier(uintptr_t who, NPIdentifier identifier)
{
    struct hostcall call = HOSTCALLS_ENTER(utf8fromidentifier);
    NPUTF8 *text = call.plugin->host.utf8fromidentifier(identifier);

    hostcalls_leave(&call);
    received_text(&call, NULL, text, NPN_ORIGIN_IDENTIFIER);
    return text;
}

/* The identifiers in it are the browser's. Of nothing there may be an array all the same. */
bool gate_npn_enumerate(uintptr_t who, NPP npp, NPObject *object, NPIdentifier **identifiers,
                        uint32_t *count)
{
    struct hostcall call = HOSTCALLS_ENTER(enumerate);
    bool done = call.plugin->host.enumerate(npp, object, identifiers, count);

    hostcalls_leave(&call);
    if (done && identifiers != NULL)
        received_block(&call, npp, *identifiers,
                       count != NULL ? (uint64_t)*count * sizeof(NPIdentifier) : 0,
                       NPN_ORIGIN_ENUMERATE);
    return done;
}

NPError gate_npn_getvalueforurl(uintptr_t who, NPP npp, NPNURLVariable variable, const char *url,
                                char **value, uint32_t *length)
{
    struct hostcall call = HOSTCALLS_ENTER(getvalueforurl);
    NPError error = call.plugin->host.getvalueforurl(npp, variable, url, value, length);

    hostcalls_leave(&call);
    if (error == NPERR_NO_ERROR && value != NULL)
        received_block(&call, npp, *value, length != NULL ? *length : 0, NPN_ORIGIN_URL_VALUE);
    return error;
}

NPError gate_npn_getauthenticationinfo(uintptr_t who, NPP npp, const char *protocol,
                                       const char *host, int32_t port, const char *scheme,
                                       const char *realm, char **user, uint32_t *user_length,
                                       char **password, uint32_t *password_length)
{
    struct hostcall call = HOSTCALLS_ENTER(getauthenticationinfo);
    NPError error = call.plugin->host.getauthenticationinfo(
        npp, protocol, host, port, scheme, realm, user, user_length, password, password_length);

    hostcalls_leave(&call);
    if (error == NPERR_NO_ERROR && user != NULL)
        received_block(&call, npp, *user, user_length != NULL ? *user_length : 0,
                       NPN_ORIGIN_USER_NAME);
    if (error == NPERR_NO_ERROR && password != NULL)
        received_block(&call, npp, *password, password_length != NULL ? *password_length : 0,
                       NPN_ORIGIN_PASSWORD);
    return error;
}

/* It also tells where the instance stands. */
static void received_origin(const struct hostcall *call, NPP npp, const char *origin)
{
    int kept_errno = errno;

    received_text(call, npp, origin, NPN_ORIGIN_DOCUMENT);
    if (origin != NULL)
        instances_note_page(instance_of(call, npp), origin);
    errno = kept_errno;
}

/* Of the many values only these are the plug-in's afterwards. */
NPError gate_npn_getvalue(uintptr_t who, NPP npp, NPNVariable variable, void *value)
{
    struct hostcall call = HOSTCALLS_ENTER(getvalue);
    NPError error = call.plugin->host.getvalue(npp, variable, value);

    hostcalls_leave(&call);
    if (error != NPERR_NO_ERROR || value == NULL)
        return error;
    if (variable == NPNVWindowNPObject || variable == NPNVPluginElementNPObject)
        received_object(&call, npp, *(NPObject **)value, OBJECT_GOT);
    else if (variable == NPNVdocumentOrigin)
        received_origin(&call, npp, *(char **)value);
    return error;
}

/* This string stays the browser's. */
const char *gate_npn_uagent(uintptr_t who, NPP npp)
{
    struct hostcall call = HOSTCALLS_ENTER(uagent);
    const char *agent = call.plugin->host.uagent(npp);

    hostcalls_leave(&call);
    int kept_errno = errno;
    struct tracer *tracer = tracer_if_running();
    if (agent != NULL && tracer != NULL)
        contract_host_owns(tracer, agent);
    errno = kept_errno;
    return agent;
}
