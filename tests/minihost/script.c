/* tests/minihost/script.c: the mini-host's window object and its NPN_Invoke, NPN_Evaluate, .... */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/object.h"
#include "tests/minihost/offthread.h"
#include "tests/minihost/script.h"
#include "tests/minihost/table.h"

/* ---- the window ------------------------------------------------------------------------------ */

/*
 * Its method `echo` returns its argument, called itself it returns a string, constructed an object;
 * its properties: `title` a string, `blank` an empty one, `document` an object, `answer` a number.
 */
static bool window_hasmethod(NPObject *object, NPIdentifier name)
{
    (void)object;
    return name == object_identifier("echo");
}

static bool window_invoke(NPObject *object, NPIdentifier name, const NPVariant *args,
                          uint32_t count, NPVariant *result)
{
    if (!window_hasmethod(object, name) || count != 1)
        return false;
    *result = args[0];
    if (result->type == NPVariantType_Object)
        object_retain(result->value.objectValue);
    if (result->type == NPVariantType_String) {
        char *copy = memory_own_alloc(result->value.stringValue.UTF8Length);
        memcpy(copy, result->value.stringValue.UTF8Characters,
               result->value.stringValue.UTF8Length);
        result->value.stringValue.UTF8Characters = copy;
    }
    return true;
}

static NPClass document_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .hasMethod = window_hasmethod,
    .invoke = window_invoke,
};

/* With a reference for the caller, beside the page's own. */
static NPObject *script_document(void)
{
    static NPObject *document;
    if (document == NULL)
        document = object_retain(object_create(NULL, &document_class));
    return object_retain(document);
}

static bool window_hasproperty(NPObject *object, NPIdentifier name)
{
    (void)object;
    static const char *const names[] = {"title", "answer", "blank", "document"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (name == object_identifier(names[i]))
            return true;
    return false;
}

static bool window_getproperty(NPObject *object, NPIdentifier name, NPVariant *result)
{
    if (!window_hasproperty(object, name))
        return false;
    if (name == object_identifier("title"))
        *result = variant_string("mini-host");
    else if (name == object_identifier("blank"))
        *result = variant_string("");
    else if (name == object_identifier("document"))
        *result = variant_object(script_document());
    else
        *result = (NPVariant){.type = NPVariantType_Int32, .value.intValue = 42};
    return true;
}

static bool window_invokedefault(NPObject *object, const NPVariant *args, uint32_t count,
                                 NPVariant *result)
{
    (void)object, (void)args, (void)count;
    *result = variant_string("called");
    return true;
}

static bool window_construct(NPObject *object, const NPVariant *args, uint32_t count,
                             NPVariant *result)
{
    (void)args, (void)count;
    *result = variant_object(object_create(NULL, object->_class));
    return true;
}

static bool window_enumerate(NPObject *object, NPIdentifier **ret_names, uint32_t *ret_count)
{
    (void)object;
    NPIdentifier *names = memory_own_alloc(3 * sizeof *names);
    names[0] = object_identifier("echo");
    names[1] = object_identifier("title");
    names[2] = object_identifier("answer");
    *ret_names = names;
    *ret_count = 3;
    return true;
}

static NPClass window_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .hasMethod = window_hasmethod,
    .invoke = window_invoke,
    .invokeDefault = window_invokedefault,
    .hasProperty = window_hasproperty,
    .getProperty = window_getproperty,
    .enumerate = window_enumerate,
    .construct = window_construct,
};

NPObject *script_window(void)
{
    static NPObject *window;
    if (window == NULL)
        window = object_retain(object_create(NULL, &window_class)); /* the page's own references */
    return object_retain(window);
}

/* ---- the functions of the table: each calls the object's class ------------------------------- */

static wide npn_invoke(NPP npp, NPObject *object, NPIdentifier name, const NPVariant *args,
                       uint32_t count, NPVariant *result)
{
    (void)npp;
    NPClass *class = object->_class;
    if (offthread_refuses("NPN_Invoke"))
        return WIDE_BOOL(false);
    return WIDE_BOOL(class->invoke != NULL && class->invoke(object, name, args, count, result));
}

static wide npn_invokedefault(NPP npp, NPObject *object, const NPVariant *args, uint32_t count,
                              NPVariant *result)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->invokeDefault != NULL &&
                     class->invokeDefault(object, args, count, result));
}

/* A string between quotes; `throw` fails, which one browser tells by a void result alone. */
static bool evaluate_word(const char *text, NPVariant *result)
{
    char string[HOST_ACTION_BYTES];
    const size_t length = strlen(text);
    if (strcmp(text, "throw") == 0) {
        *result = (NPVariant){.type = NPVariantType_Void};
        return true;
    }
    if (length < 2 || text[0] != '\'' || text[length - 1] != '\'')
        return false;
    memcpy(string, text + 1, length - 2);
    string[length - 2] = '\0';
    *result = variant_string(string);
    return true;
}

/* A script is an action of the host: plug-ins call back into it, at any depth. */
static wide npn_evaluate(NPP npp, NPObject *object, NPString *script, NPVariant *result)
{
    char text[HOST_ACTION_BYTES];
    (void)npp, (void)object;
    if (script->UTF8Length >= sizeof text || offthread_refuses("NPN_Evaluate"))
        return WIDE_BOOL(false);
    memcpy(text, script->UTF8Characters, script->UTF8Length);
    text[script->UTF8Length] = '\0';
    if (evaluate_word(text, result))
        return WIDE_BOOL(true);
    *result = (NPVariant){.type = NPVariantType_Int32, .value.intValue = (int)action_run(text)};
    return WIDE_BOOL(true);
}

static wide npn_getproperty(NPP npp, NPObject *object, NPIdentifier name, NPVariant *result)
{
    (void)npp;
    NPClass *class = object->_class;
    if (offthread_refuses("NPN_GetProperty"))
        return WIDE_BOOL(false);
    return WIDE_BOOL(class->getProperty != NULL && class->getProperty(object, name, result));
}

static wide npn_setproperty(NPP npp, NPObject *object, NPIdentifier name, const NPVariant *value)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->setProperty != NULL && class->setProperty(object, name, value));
}

static wide npn_removeproperty(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->removeProperty != NULL && class->removeProperty(object, name));
}

static wide npn_hasproperty(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->hasProperty != NULL && class->hasProperty(object, name));
}

static wide npn_hasmethod(NPP npp, NPObject *object, NPIdentifier name)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->hasMethod != NULL && class->hasMethod(object, name));
}

static void npn_setexception(NPObject *object, const NPUTF8 *message)
{
    (void)object;
    say("  host: exception: %s", message);
}

static wide npn_enumerate(NPP npp, NPObject *object, NPIdentifier **names, uint32_t *count)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->enumerate != NULL && class->enumerate(object, names, count));
}

static wide npn_construct(NPP npp, NPObject *object, const NPVariant *args, uint32_t count,
                          NPVariant *result)
{
    (void)npp;
    NPClass *class = object->_class;
    return WIDE_BOOL(class->structVersion >= NP_CLASS_STRUCT_VERSION_CTOR &&
                     class->construct != NULL && class->construct(object, args, count, result));
}

const struct slot script_slots[] = {
    SLOT(invoke, npn_invoke),
    SLOT(invokeDefault, npn_invokedefault),
    SLOT(evaluate, npn_evaluate),
    SLOT(getproperty, npn_getproperty),
    SLOT(setproperty, npn_setproperty),
    SLOT(removeproperty, npn_removeproperty),
    SLOT(hasproperty, npn_hasproperty),
    SLOT(hasmethod, npn_hasmethod),
    SLOT(setexception, npn_setexception),
    SLOT(enumerate, npn_enumerate),
    SLOT(construct, npn_construct),
    {NULL, 0, NULL},
};
