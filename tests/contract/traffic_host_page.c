/* tests/contract/traffic_host_page.c - the random host's page: its window, variables and scripts */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic_host.h"

/* ---- what the page has ----------------------------------------------------------------------- */

enum { VARIABLES = 32, ARGUMENTS = 4 };

static NPObject *window, *variables[VARIABLES];

void page_keep(NPObject *object)
{
    NPObject **place = &variables[host_below(VARIABLES)];
    NPObject *old = *place;

    *place = object;
    if (old != NULL)
        object_drop(old);
}

void page_lose(const NPObject *object)
{
    for (int i = 0; i < VARIABLES; i++)
        if (variables[i] == object)
            variables[i] = NULL;
}

void page_forget(void)
{
    NPObject **place = &variables[host_below(VARIABLES)];
    NPObject *old = *place;

    *place = NULL;
    if (old != NULL)
        object_drop(old);
}

void page_clear(void)
{
    for (int i = 0; i < VARIABLES; i++) {
        NPObject *old = variables[i];
        variables[i] = NULL;
        if (old != NULL)
            object_drop(old);
    }
    NPObject *old = window;
    window = NULL;
    if (old != NULL)
        object_drop(old);
}

NPObject *page_object(void)
{
    const uint32_t first = host_below(2 * VARIABLES);

    for (uint32_t i = 0; i < VARIABLES && first < VARIABLES; i++)
        if (variables[(first + i) % VARIABLES] != NULL)
            return variables[(first + i) % VARIABLES];
    return page_window();
}

/* ---- the window's class: anything it is asked may run anything ------------------------------- */

static bool answer(NPVariant *result)
{
    host_step();
    if (host_one_in(6))
        return false;
    *result = variant_any();
    if (result->type == NPVariantType_Object)
        object_given(result->value.objectValue); /* the caller's */
    return true;
}

static bool window_has(NPObject *object, NPIdentifier name)
{
    (void)object;
    host_step();
    return identifier_name(name) != NULL;
}

/* The page may keep an argument. */
static bool window_invokedefault(NPObject *object, const NPVariant *args, uint32_t count,
                                 NPVariant *result)
{
    (void)object;
    for (uint32_t i = 0; i < count; i++) {
        if (args[i].type != NPVariantType_Object)
            continue;
        object_take(args[i].value.objectValue);
        page_keep(args[i].value.objectValue);
    }
    return answer(result);
}

static bool window_invoke(NPObject *object, NPIdentifier name, const NPVariant *args,
                          uint32_t count, NPVariant *result)
{
    (void)name;
    return window_invokedefault(object, args, count, result);
}

static bool window_getproperty(NPObject *object, NPIdentifier name, NPVariant *result)
{
    (void)object, (void)name;
    return answer(result);
}

static bool window_setproperty(NPObject *object, NPIdentifier name, const NPVariant *value)
{
    NPVariant nothing = {.type = NPVariantType_Void};
    const bool done = window_invoke(object, name, value, 1, &nothing);

    if (nothing.type == NPVariantType_Object)
        object_taken_over(nothing.value.objectValue);
    if (done)
        variant_end(&nothing);
    return done;
}

static bool window_enumerate(NPObject *object, NPIdentifier **ret_names, uint32_t *ret_count)
{
    const uint32_t count = host_below(4);

    (void)object;
    *ret_names = count != 0 || host_one_in(2) ? host_alloc(count * sizeof **ret_names) : NULL;
    for (uint32_t i = 0; i < count; i++)
        (*ret_names)[i] = identifier_any();
    *ret_count = count;
    return true;
}

static NPClass window_class = {
    .structVersion = NP_CLASS_STRUCT_VERSION_CTOR,
    .hasMethod = window_has,
    .invoke = window_invoke,
    .invokeDefault = window_invokedefault,
    .hasProperty = window_has,
    .getProperty = window_getproperty,
    .setProperty = window_setproperty,
    .removeProperty = window_has,
    .enumerate = window_enumerate,
    .construct = window_invokedefault,
};

NPObject *page_window(void)
{
    if (window == NULL) {
        window = object_create(NULL, &window_class);
        object_taken_over(window);
    }
    return window;
}

/* ---- scripts: the page calls an object ------------------------------------------------------- */

/* What came back is the page's. */
static void came(bool done, NPVariant *result)
{
    if (!done)
        return;
    if (result->type == NPVariantType_Object) {
        object_taken_over(result->value.objectValue);
        if (host_one_in(2)) {
            page_keep(result->value.objectValue);
            return;
        }
    }
    variant_end(result);
}

/* An object does not end while it is an argument. */
static NPVariant argument(void)
{
    NPVariant variant = variant_any();

    if (variant.type == NPVariantType_Object)
        object_busy(variant.value.objectValue, 1);
    return variant;
}

static void end_argument(NPVariant *variant)
{
    if (variant->type == NPVariantType_Object)
        object_busy(variant->value.objectValue, -1);
    variant_end(variant);
}

static void call_with_arguments(NPObject *object, int how)
{
    NPVariant args[ARGUMENTS], result = {.type = NPVariantType_Void};
    const uint32_t count = how == 3 ? 1 : host_below(ARGUMENTS + 1);
    const NPIdentifier name = identifier_any();
    bool done;

    for (uint32_t i = 0; i < count; i++)
        args[i] = argument();
    if (how == 0)
        done = host_invoke(NULL, object, name, args, count, &result);
    else if (how == 1)
        done = host_invokeDefault(NULL, object, args, count, &result);
    else if (how == 2)
        done = host_construct(NULL, object, args, count, &result);
    else
        done = host_setproperty(NULL, object, name, args) && false;
    came(done, &result);
    for (uint32_t i = 0; i < count; i++)
        end_argument(&args[i]);
}

/* `for (x in object)` */
static void enumerate(NPObject *object)
{
    NPIdentifier *names = NULL;
    uint32_t count = 0;

    if (!host_enumerate(NULL, object, &names, &count))
        return;
    for (uint32_t i = 0; i < count; i++)
        if (!host_hasproperty(NULL, object, names[i]))
            host_hasmethod(NULL, object, names[i]);
    host_free(names);
}

static void get(NPObject *object)
{
    NPVariant result = {.type = NPVariantType_Void};

    came(host_getproperty(NULL, object, identifier_any(), &result), &result);
}

void page_script(void)
{
    NPObject *object = page_object();
    const uint32_t what = host_below(8);

    object_take(object);
    object_busy(object, 1);
    if (what < 4)
        call_with_arguments(object, (int)what);
    else if (what < 6)
        get(object);
    else if (what == 6)
        enumerate(object);
    else
        host_removeproperty(NULL, object, identifier_any());
    object_busy(object, -1);
    object_drop(object);
}
