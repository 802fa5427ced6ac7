/* shim/table_slots.h - the functions of NPNetscapeFuncs, as a list for macros */
/* SPDX-License-Identifier: MIT */

/*
 * SLOT(returns, slot, (parameters), (arguments)), and VOID_SLOT(slot, ...) for those that return
 * nothing. From this list come the gates' prototypes (shim/table_gates.h), the gates of calls about
 * which nothing is noted (shim/table_plain.c), and the stubs (shim/stubs_table.c). getJavaEnv is
 * in none of them: without parameters it needs other words.
 */
#ifndef NPNTRACE_SHIM_TABLE_SLOTS_H
#define NPNTRACE_SHIM_TABLE_SLOTS_H

/* Empty for no arguments. */
#define TABLE_MORE(...) , ##__VA_ARGS__

/* clang-format off: a table */

/* Gates of their own: memory.c, received.c, scripting.c, callbacks.c. */
#define TABLE_WATCHED_SLOTS(SLOT, VOID_SLOT)                                                       \
    SLOT(void *, memalloc, (uint32_t size), (size))                                                \
    VOID_SLOT(memfree, (void *block), (block))                                                     \
    SLOT(uint32_t, memflush, (uint32_t size), (size))                                              \
    SLOT(const char *, uagent, (NPP npp), (npp))                                                   \
    SLOT(NPError, getvalue, (NPP npp, NPNVariable variable, void *value), (npp, variable, value))  \
    SLOT(NPUTF8 *, utf8fromidentifier, (NPIdentifier identifier), (identifier))                    \
    SLOT(bool, enumerate,                                                                          \
         (NPP npp, NPObject *object, NPIdentifier **identifiers, uint32_t *count),                 \
         (npp, object, identifiers, count))                                                        \
    SLOT(NPError, getvalueforurl,                                                                  \
         (NPP npp, NPNURLVariable variable, const char *url, char **value, uint32_t *length),      \
         (npp, variable, url, value, length))                                                      \
    SLOT(NPError, getauthenticationinfo,                                                           \
         (NPP npp, const char *protocol, const char *host, int32_t port, const char *scheme,       \
          const char *realm, char **user, uint32_t *user_length, char **password,                  \
          uint32_t *password_length),                                                              \
         (npp, protocol, host, port, scheme, realm, user, user_length, password, password_length)) \
    SLOT(NPObject *, createobject, (NPP npp, NPClass *type), (npp, type))                          \
    SLOT(NPObject *, retainobject, (NPObject *object), (object))                                   \
    VOID_SLOT(releaseobject, (NPObject *object), (object))                                         \
    VOID_SLOT(releasevariantvalue, (NPVariant *variant), (variant))                                \
    SLOT(bool, invoke,                                                                             \
         (NPP npp, NPObject *object, NPIdentifier name, const NPVariant *args, uint32_t count,     \
          NPVariant *result),                                                                      \
         (npp, object, name, args, count, result))                                                 \
    SLOT(bool, invokeDefault,                                                                      \
         (NPP npp, NPObject *object, const NPVariant *args, uint32_t count, NPVariant *result),    \
         (npp, object, args, count, result))                                                       \
    SLOT(bool, evaluate, (NPP npp, NPObject *object, NPString *script, NPVariant *result),         \
         (npp, object, script, result))                                                            \
    SLOT(bool, getproperty, (NPP npp, NPObject *object, NPIdentifier name, NPVariant *result),     \
         (npp, object, name, result))                                                              \
    SLOT(bool, construct,                                                                          \
         (NPP npp, NPObject *object, const NPVariant *args, uint32_t count, NPVariant *result),    \
         (npp, object, args, count, result))                                                       \
    VOID_SLOT(pluginthreadasynccall, (NPP npp, void (*function)(void *), void *data),              \
              (npp, function, data))                                                               \
    SLOT(uint32_t, scheduletimer,                                                                  \
         (NPP npp, uint32_t interval, NPBool repeat, void (*function)(NPP, uint32_t)),             \
         (npp, interval, repeat, function))

#define TABLE_PLAIN_SLOTS(SLOT, VOID_SLOT)                                                         \
    SLOT(NPError, geturl, (NPP npp, const char *url, const char *window), (npp, url, window))      \
    SLOT(NPError, posturl,                                                                         \
         (NPP npp, const char *url, const char *window, uint32_t length, const char *buffer,       \
          NPBool file),                                                                            \
         (npp, url, window, length, buffer, file))                                                 \
    SLOT(NPError, requestread, (NPStream *stream, NPByteRange *ranges), (stream, ranges))          \
    SLOT(NPError, newstream, (NPP npp, NPMIMEType type, const char *window, NPStream **stream),    \
         (npp, type, window, stream))                                                              \
    SLOT(int32_t, write, (NPP npp, NPStream *stream, int32_t length, void *buffer),                \
         (npp, stream, length, buffer))                                                            \
    SLOT(NPError, destroystream, (NPP npp, NPStream *stream, NPReason reason),                     \
         (npp, stream, reason))                                                                    \
    VOID_SLOT(status, (NPP npp, const char *message), (npp, message))                              \
    VOID_SLOT(reloadplugins, (NPBool pages), (pages))                                              \
    SLOT(void *, getJavaPeer, (NPP npp), (npp))                                                    \
    SLOT(NPError, geturlnotify,                                                                    \
         (NPP npp, const char *url, const char *window, void *data), (npp, url, window, data))     \
    SLOT(NPError, posturlnotify,                                                                   \
         (NPP npp, const char *url, const char *window, uint32_t length, const char *buffer,       \
          NPBool file, void *data),                                                                \
         (npp, url, window, length, buffer, file, data))                                           \
    SLOT(NPError, setvalue, (NPP npp, NPPVariable variable, void *value), (npp, variable, value))  \
    VOID_SLOT(invalidaterect, (NPP npp, NPRect *rect), (npp, rect))                                \
    VOID_SLOT(invalidateregion, (NPP npp, NPRegion region), (npp, region))                         \
    VOID_SLOT(forceredraw, (NPP npp), (npp))                                                       \
    SLOT(NPIdentifier, getstringidentifier, (const NPUTF8 *name), (name))                          \
    VOID_SLOT(getstringidentifiers,                                                                \
              (const NPUTF8 **names, int32_t count, NPIdentifier *identifiers),                    \
              (names, count, identifiers))                                                         \
    SLOT(NPIdentifier, getintidentifier, (int32_t number), (number))                               \
    SLOT(bool, identifierisstring, (NPIdentifier identifier), (identifier))                        \
    SLOT(int32_t, intfromidentifier, (NPIdentifier identifier), (identifier))                      \
    SLOT(bool, setproperty,                                                                        \
         (NPP npp, NPObject *object, NPIdentifier name, const NPVariant *value),                   \
         (npp, object, name, value))                                                               \
    SLOT(bool, removeproperty, (NPP npp, NPObject *object, NPIdentifier name),                     \
         (npp, object, name))                                                                      \
    SLOT(bool, hasproperty, (NPP npp, NPObject *object, NPIdentifier name), (npp, object, name))   \
    SLOT(bool, hasmethod, (NPP npp, NPObject *object, NPIdentifier name), (npp, object, name))     \
    VOID_SLOT(setexception, (NPObject *object, const NPUTF8 *message), (object, message))          \
    VOID_SLOT(pushpopupsenabledstate, (NPP npp, NPBool enabled), (npp, enabled))                   \
    VOID_SLOT(poppopupsenabledstate, (NPP npp), (npp))                                             \
    SLOT(NPError, setvalueforurl,                                                                  \
         (NPP npp, NPNURLVariable variable, const char *url, const char *value, uint32_t length),  \
         (npp, variable, url, value, length))                                                      \
    VOID_SLOT(unscheduletimer, (NPP npp, uint32_t timer), (npp, timer))                            \
    SLOT(NPError, popupcontextmenu, (NPP npp, NPMenu *menu), (npp, menu))                          \
    SLOT(NPBool, convertpoint,                                                                     \
         (NPP npp, double x, double y, NPCoordinateSpace from, double *to_x, double *to_y,         \
          NPCoordinateSpace to),                                                                   \
         (npp, x, y, from, to_x, to_y, to))                                                        \
    SLOT(NPBool, handleevent, (NPP npp, void *event, NPBool handled), (npp, event, handled))       \
    SLOT(NPBool, unfocusinstance, (NPP npp, NPFocusDirection direction), (npp, direction))         \
    VOID_SLOT(urlredirectresponse, (NPP npp, void *data, NPBool allow), (npp, data, allow))        \
    SLOT(NPError, initasyncsurface,                                                                \
         (NPP npp, NPSize *size, NPImageFormat format, void *data, NPAsyncSurface *surface),       \
         (npp, size, format, data, surface))                                                       \
    SLOT(NPError, finalizeasyncsurface, (NPP npp, NPAsyncSurface *surface), (npp, surface))        \
    VOID_SLOT(setcurrentasyncsurface, (NPP npp, NPAsyncSurface *surface, NPRect *changed),         \
              (npp, surface, changed))

/* clang-format on */

#endif
