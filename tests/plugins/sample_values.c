/* tests/plugins/sample_values.c: the sample plug-ins' steps about values that go to and fro. */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "tests/plugins/sample.h"

/* agent: what the host is; agentnull: the same without an instance */
static long step_agent(struct sample_step *step)
{
    SITE_ENTER();
    const char *agent = SITE_AT(sample_table()->uagent(step->instance->npp));
    snprintf(step->text, sizeof step->text, "%s", agent != NULL ? agent : "none");
    return 0;
}

static long step_agentnull(struct sample_step *step)
{
    SITE_ENTER();
    const char *agent = SITE_AT(sample_table()->uagent(NULL));
    snprintf(step->text, sizeof step->text, "%s", agent != NULL ? agent : "none");
    return 0;
}

/* cookie: a string of the host's that the plug-in frees */
static long step_cookie(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    char *value = NULL;
    uint32_t length = 0;
    if (table->getvalueforurl == NULL)
        return -1;
    NPError error = SITE_AT(table->getvalueforurl(step->instance->npp, NPNURLVCookie,
                                                  "http://example.org/", &value, &length));
    if (error != NPERR_NO_ERROR)
        return -error;
    snprintf(step->text, sizeof step->text, "%.*s", (int)length, value);
    SAMPLE_FREE(value);
    return 0;
}

/* status TEXT */
static long step_status(struct sample_step *step)
{
    SITE_ENTER();
    SITE_AT(sample_table()->status(step->instance->npp, step->argc > 0 ? step->argv[0] : ""));
    return 0;
}

/* setcookie TEXT: hands the host a block that is not a byte longer than the text */
static long step_setcookie(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    if (table->setvalueforurl == NULL || step->argc == 0)
        return -1;
    const uint32_t length = (uint32_t)strlen(step->argv[0]);
    char *value = SAMPLE_ALLOC(length);
    memcpy(value, step->argv[0], length);
    NPError error = SITE_AT(table->setvalueforurl(step->instance->npp, NPNURLVCookie,
                                                  "http://example.org/", value, length));
    SAMPLE_FREE(value);
    return error;
}

/* paintme: asks for a repaint */
static long step_paintme(struct sample_step *step)
{
    SITE_ENTER();
    NPRect all = {0, 0, 1000, 1000};
    SITE_AT(sample_table()->invalidaterect(step->instance->npp, &all));
    return 0;
}

/* url ADDRESS: NPN_GetURLNotify; what the host returns */
static long step_url(struct sample_step *step)
{
    SITE_ENTER();
    const char *url = step->argc > 0 ? step->argv[0] : "about:blank";
    NPP npp = step->instance->npp;
    return SITE_AT(sample_table()->geturlnotify(npp, url, NULL, step->instance));
}

/* widths: results of every small type, some of them 0, as the plug-in sees them */
static long step_widths(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *t = sample_table_known();
    NPP npp = step->instance->npp;
    NPIdentifier name = t->getstringidentifier("title"), number = t->getintidentifier(-3);
    NPObject *window = NULL;
    NPVariant value = {.type = NPVariantType_Void};
    NPBool windowless = 0;
    double x = 0, y = 0;
    NPError got = SITE_AT(t->getvalue(npp, NPNVWindowNPObject, &window));
    bool is_string = t->identifierisstring(name), is_number = !t->identifierisstring(number);
    int32_t back = t->intfromidentifier(number);
    bool has_property = SITE_AT(t->hasproperty(npp, window, name));
    bool has_method = SITE_AT(t->hasmethod(npp, window, name));
    bool removed = SITE_AT(t->removeproperty(npp, window, name));
    bool set = SITE_AT(t->setproperty(npp, window, name, &value));
    bool constructed = SITE_AT(t->construct(npp, window, NULL, 0, &value));
    NPError wrong = SITE_AT(t->getvalue(npp, NPNVxDisplay, &windowless));
    NPError right = SITE_AT(t->getvalue(npp, NPNVSupportsWindowless, &windowless));
    NPBool converted = SITE_AT(
        t->convertpoint(npp, 1, 1, NPCoordinateSpacePlugin, &x, &y, NPCoordinateSpaceScreen));
    int32_t written = SITE_AT(t->write(npp, NULL, 0, NULL));
    SITE_AT(t->releasevariantvalue(&value));
    SITE_AT(t->releaseobject(window));
    snprintf(step->text, sizeof step->text, "%d %d %d %d %d %d %d %d %d %d %d %d %d %d", got,
             is_string, is_number, back, has_property, has_method, removed, set, constructed, wrong,
             right, windowless, converted, written);
    return 0;
}

/* remember: this instance's NPP; ghost: uses it, whatever has become of it, and one that never was
 */
static NPP remembered;

static long step_remember(struct sample_step *step)
{
    remembered = step->instance->npp;
    return 0;
}

static void ghost_call(void *data)
{
    SAMPLE_ENTER(sample_module());
    (void)SAMPLE_ALLOC((uintptr_t)data);
}

static long step_ghost(struct sample_step *step)
{
    SITE_ENTER();
    const NPNetscapeFuncs *table = sample_table_known();
    NPP nobody = (NPP)(uintptr_t)0x1230;
    (void)step;
    SITE_AT(table->status(remembered, "boo"));
    SITE_AT(table->status(nobody, "boo"));
    SITE_AT(table->status(NULL, "boo"));
    SITE_AT(table->pluginthreadasynccall(nobody, ghost_call, (void *)33));
    return 0;
}

/* nextsymbol NAME: which library dlsym(RTLD_NEXT) finds, seen from this plug-in */
static long step_nextsymbol(struct sample_step *step)
{
    Dl_info info;
    void *found = step->argc > 0 ? dlsym(RTLD_NEXT, step->argv[0]) : NULL;
    const char *path = found != NULL && dladdr(found, &info) != 0 ? info.dli_fname : "nowhere";
    const char *slash = strrchr(path, '/');
    snprintf(step->text, sizeof step->text, "%s", slash != NULL ? slash + 1 : path);
    return 0;
}

const struct sample_command sample_value_commands[] = {
    {"agent", step_agent},
    {"agentnull", step_agentnull},
    {"cookie", step_cookie},
    {"setcookie", step_setcookie},
    {"status", step_status},
    {"paintme", step_paintme},
    {"url", step_url},
    {"widths", step_widths},
    {"remember", step_remember},
    {"ghost", step_ghost},
    {"nextsymbol", step_nextsymbol},
    {NULL, NULL},
};
