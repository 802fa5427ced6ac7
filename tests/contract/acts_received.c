/* tests/contract/acts_received.c - acts with blocks that the browser gives away */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/acts.h"

static const char cookie_url[] = "http://example.org/";

/* ---- NPN_UTF8FromIdentifier ------------------------------------------------------------------ */

static void identifier_freed(struct act_call *call)
{
    (void)call;
    NPUTF8 *text = browser.utf8fromidentifier(browser.getstringidentifier("freed"));
    STATE_RECEIVED(1);
    browser.memfree(text);
}

static void identifier_kept(struct act_call *call)
{
    (void)call;
    NPUTF8 *text = browser.utf8fromidentifier(browser.getstringidentifier("kept"));
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_UTF8FromIdentifier", strlen(text) + 1);
}

/* The commonest leak there is: hasMethod looks at the name as text. */
static void name_kept(struct act_call *call)
{
    NPUTF8 *text = browser.utf8fromidentifier(call->name);
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_UTF8FromIdentifier", strlen(text) + 1);
}

static void name_freed(struct act_call *call)
{
    NPUTF8 *text = browser.utf8fromidentifier(call->name);
    STATE_RECEIVED(1);
    browser.memfree(text);
}

/* A number has no text: NULL, which may be freed. */
static void identifier_number(struct act_call *call)
{
    (void)call;
    NPUTF8 *text = browser.utf8fromidentifier(browser.getintidentifier(7));
    browser.memfree(text);
}

static void identifier_left(struct act_call *call)
{
    call->instance->block = browser.utf8fromidentifier(browser.getstringidentifier("left"));
    STATE_RECEIVED(1);
}

/* ---- NPN_Enumerate --------------------------------------------------------------------------- */

static void enumeration_freed(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    if (!browser.enumerate(call->instance->npp, window, &names, &count))
        acts_fail("no enumeration");
    STATE_RECEIVED(1);
    browser.memfree(names);
    browser.releaseobject(window);
}

static void enumeration_kept(struct act_call *call)
{
    NPObject *window = acts_window(call);
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    if (!browser.enumerate(call->instance->npp, window, &names, &count))
        acts_fail("no enumeration");
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_Enumerate", count * sizeof *names);
    browser.releaseobject(window);
}

/* The array is the plug-in's own, which it gives and gets back. */
static void enumeration_of_own(struct act_call *call)
{
    NPObject *own = acts_scriptable(call->instance);
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    if (!browser.enumerate(call->instance->npp, own, &names, &count))
        acts_fail("no enumeration");
    STATE_RECEIVED(1);
    browser.memfree(names);
}

static void enumeration_of_own_kept(struct act_call *call)
{
    NPIdentifier *names = NULL;
    uint32_t count = 0;
    if (!browser.enumerate(call->instance->npp, acts_scriptable(call->instance), &names, &count))
        acts_fail("no enumeration");
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_Enumerate", count * sizeof *names);
}

/* Written into the plug-in's own array; identifiers are nobody's. */
static void names_asked(struct act_call *call)
{
    const NPUTF8 *texts[] = {"one", "two", "three"};
    NPIdentifier *names = browser.memalloc(3 * sizeof *names);
    (void)call;
    browser.getstringidentifiers(texts, 3, names);
    if (names[2] != browser.getstringidentifier("three"))
        acts_fail("another identifier");
    browser.memfree(names);
}

/* ---- NPN_GetValueForURL, NPN_GetAuthenticationInfo, NPNVdocumentOrigin ----------------------- */

static void url_value_freed(struct act_call *call)
{
    char *value = NULL;
    uint32_t length = 0;
    if (browser.getvalueforurl(call->instance->npp, NPNURLVCookie, cookie_url, &value, &length) !=
        NPERR_NO_ERROR)
        acts_fail("no cookie");
    STATE_RECEIVED(1);
    browser.memfree(value);
}

static void url_value_kept(struct act_call *call)
{
    char *value = NULL;
    uint32_t length = 0;
    if (browser.getvalueforurl(call->instance->npp, NPNURLVCookie, cookie_url, &value, &length) !=
        NPERR_NO_ERROR)
        acts_fail("no cookie");
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_GetValueForURL", length);
}

/* There is none: nothing is received, whatever stands in the variables. */
static void url_value_refused(struct act_call *call)
{
    char *value = (char *)call;
    uint32_t length = 12;
    if (browser.getvalueforurl(call->instance->npp, NPNURLVProxy, cookie_url, &value, &length) ==
        NPERR_NO_ERROR)
        acts_fail("a proxy");
}

/* Where the browser gives a proxy: not all do. */
static char *proxy_get(struct act_call *call, uint32_t *ret_length)
{
    char *value = NULL;
    if (browser.getvalueforurl(call->instance->npp, NPNURLVProxy, cookie_url, &value, ret_length) !=
        NPERR_NO_ERROR)
        acts_fail("no proxy");
    STATE_RECEIVED(1);
    return value;
}

static void proxy_freed(struct act_call *call)
{
    uint32_t length;
    browser.memfree(proxy_get(call, &length));
}

static void proxy_kept(struct act_call *call)
{
    uint32_t length;
    proxy_get(call, &length);
    STATE_LEAK_BY("NPN_GetValueForURL", length, "proxy_get");
}

struct login {
    char *user, *password;
    uint32_t user_length, password_length;
};

static struct login login_get(struct act_call *call)
{
    struct login login = {NULL, NULL, 0, 0};
    if (browser.getauthenticationinfo(call->instance->npp, "http", "example.org", 80, "basic",
                                      "realm", &login.user, &login.user_length, &login.password,
                                      &login.password_length) != NPERR_NO_ERROR)
        acts_fail("no login");
    STATE_RECEIVED(2);
    return login;
}

static void login_freed(struct act_call *call)
{
    struct login login = login_get(call);
    browser.memfree(login.user);
    browser.memfree(login.password);
}

static void login_kept(struct act_call *call)
{
    struct login login = login_get(call);
    STATE_LEAK_BY("NPN_GetAuthenticationInfo (user name)", login.user_length, "login_get");
    STATE_LEAK_BY("NPN_GetAuthenticationInfo (password)", login.password_length, "login_get");
}

static void password_kept(struct act_call *call)
{
    struct login login = login_get(call);
    browser.memfree(login.user);
    STATE_LEAK_BY("NPN_GetAuthenticationInfo (password)", login.password_length, "login_get");
}

/* Browsers that know no logins leave the variables alone. */
static void login_refused(struct act_call *call)
{
    char *text = (char *)call;
    uint32_t length = 12;
    if (browser.getauthenticationinfo(call->instance->npp, "http", "example.org", 80, "basic",
                                      "realm", &text, &length, &text, &length) == NPERR_NO_ERROR)
        acts_fail("a login");
}

static void origin_refused(struct act_call *call)
{
    char *origin = NULL;
    if (browser.getvalue(call->instance->npp, NPNVdocumentOrigin, &origin) == NPERR_NO_ERROR)
        acts_fail("an origin");
}

static void origin_freed(struct act_call *call)
{
    char *origin = NULL;
    if (browser.getvalue(call->instance->npp, NPNVdocumentOrigin, &origin) != NPERR_NO_ERROR)
        acts_fail("no origin");
    STATE_RECEIVED(1);
    browser.memfree(origin);
}

static void origin_kept(struct act_call *call)
{
    char *origin = NULL;
    if (browser.getvalue(call->instance->npp, NPNVdocumentOrigin, &origin) != NPERR_NO_ERROR)
        acts_fail("no origin");
    STATE_RECEIVED(1);
    STATE_LEAK("NPN_GetValue (document origin)", strlen(origin) + 1);
}

/* Other values are not owned, nor is the user agent. */
static void values_looked_at(struct act_call *call)
{
    NPBool windowless = false;
    NPNToolkitType toolkit = NPNVGtk12;
    browser.getvalue(call->instance->npp, NPNVSupportsWindowless, &windowless);
    browser.getvalue(call->instance->npp, NPNVToolkit, &toolkit);
    if (browser.uagent(call->instance->npp) == NULL || browser.uagent(NULL) == NULL)
        acts_fail("no user agent");
}

/* ---- in parameters: the plug-in's own blocks stay its own ------------------------------------ */

static void message_freed(struct act_call *call)
{
    char *text = browser.memalloc(32);
    strcpy(text, "http://example.org/in");
    browser.status(call->instance->npp, text);
    browser.geturl(call->instance->npp, text, "_self");
    browser.posturl(call->instance->npp, text, NULL, 5, text, false);
    browser.setvalueforurl(call->instance->npp, NPNURLVCookie, text, text, 4);
    browser.memfree(text);
}

static void parameters_freed(struct act_call *call)
{
    NPP npp = call->instance->npp;
    NPObject *window = acts_window(call);
    NPIdentifier echo = browser.getstringidentifier("echo");
    NPVariant result = {.type = NPVariantType_Void};
    char *text = browser.memalloc(8);
    strcpy(text, "'given'");
    NPVariant word = {.type = NPVariantType_String, .value.stringValue = {text, 7}};
    browser.setproperty(npp, window, browser.getstringidentifier("given"), &word);
    browser.evaluate(npp, window, &word.value.stringValue, &result);
    browser.releasevariantvalue(&result);
    if (!browser.invoke(npp, window, echo, &word, 1, &result))
        acts_fail("echo");
    browser.releasevariantvalue(&result);
    STATE_RECEIVED(2);
    browser.memfree(text);
    browser.releaseobject(window);
}

static void message_kept(struct act_call *call)
{
    char *text = browser.memalloc(33);
    strcpy(text, "http://example.org/in");
    browser.setexception(acts_scriptable(call->instance), text);
    browser.status(call->instance->npp, text);
    STATE_LEAK("NPN_MemAlloc", 33);
}

const struct act acts_received[] = {
    {"identifier-freed", identifier_freed},
    {"identifier-kept", identifier_kept},
    {"name-kept", name_kept},
    {"name-freed", name_freed},
    {"identifier-number", identifier_number},
    {"identifier-left", identifier_left},
    {"enumeration-freed", enumeration_freed},
    {"enumeration-kept", enumeration_kept},
    {"enumeration-of-own", enumeration_of_own},
    {"enumeration-of-own-kept", enumeration_of_own_kept},
    {"names-asked", names_asked},
    {"url-value-freed", url_value_freed},
    {"url-value-kept", url_value_kept},
    {"url-value-refused", url_value_refused},
    {"proxy-freed", proxy_freed},
    {"proxy-kept", proxy_kept},
    {"login-refused", login_refused},
    {"login-freed", login_freed},
    {"login-kept", login_kept},
    {"password-kept", password_kept},
    {"origin-refused", origin_refused},
    {"origin-freed", origin_freed},
    {"origin-kept", origin_kept},
    {"values-looked-at", values_looked_at},
    {"parameters-freed", parameters_freed},
    {"message-freed", message_freed},
    {"message-kept", message_kept},
    {NULL, NULL},
};
