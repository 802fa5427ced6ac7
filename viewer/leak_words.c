/* viewer/leak_words.c - a leak in words */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_words.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

const char *leak_domain_name(enum leak_domain domain)
{
    static const char *const names[] = {
        [LEAK_NPN] = "npn", [LEAK_HEAP] = "heap", [LEAK_OBJECT] = "object"};
    return names[domain];
}

const char *leak_kind_name(enum leak_kind kind)
{
    static const char *const names[LEAK_KINDS] = {
        [LEAK_LIVE_AT_EXIT] = "live-at-exit",
        [LEAK_OUTLIVED_INSTANCE] = "outlived-instance",
        [LEAK_OUTLIVED_PLUGIN] = "outlived-plugin",
    };
    return names[kind];
}

const char *leak_kind_text(enum leak_kind kind, bool live)
{
    static const char *const texts[LEAK_KINDS] = {
        [LEAK_LIVE_AT_EXIT] = "live at exit",
        [LEAK_OUTLIVED_INSTANCE] = "outlived its instance",
        [LEAK_OUTLIVED_PLUGIN] = "outlived its plug-in",
    };
    return live && kind == LEAK_LIVE_AT_EXIT ? "live now" : texts[kind];
}

const char *leak_way_name(const struct leak *leak)
{
    switch (leak->domain) {
    case LEAK_NPN: return npn_origin_name(leak->way);
    case LEAK_OBJECT: return object_step_name(leak->way);
    default: return npn_way_name(leak->way);
    }
}

const char *leak_remark(const struct leak *leak)
{
    if (leak->while_false)
        return "Set as a result by a function that returned false: some browsers release it then, "
               "this one did not, as far as was seen.";
    if (leak->domain == LEAK_HEAP && leak->way != NPN_WAY_NONE)
        return "The host's own leak: a plug-in handed it over, and the host never freed it.";
    return NULL;
}

char *leak_what(const struct leak *leak)
{
    static const char *const blocks[NPN_ORIGINS] = {
        [NPN_ORIGIN_ALLOC] = "block",
        [NPN_ORIGIN_IDENTIFIER] = "identifier string",
        [NPN_ORIGIN_ENUMERATE] = "identifier array",
        [NPN_ORIGIN_URL_VALUE] = "URL value",
        [NPN_ORIGIN_USER_NAME] = "user name",
        [NPN_ORIGIN_PASSWORD] = "password",
        [NPN_ORIGIN_DOCUMENT] = "document origin",
        [NPN_ORIGIN_VARIANT] = "result string",
        [NPN_ORIGIN_SAVED] = "saved data",
    };
    if (leak->domain == LEAK_OBJECT)
        return xalloc_string(text_plural(leak->objects, "object").chars);
    const char *one =
        leak->domain == LEAK_NPN && leak->way < NPN_ORIGINS ? blocks[leak->way] : "block";
    return xalloc_string(text_plural(leak->blocks, one).chars);
}
