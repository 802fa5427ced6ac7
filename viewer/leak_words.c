/* viewer/leak_words.c - a leak in words */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_words.h"
#include "viewer/leak_growth.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const char *leak_growth_name(enum leak_growth growth)
{
    static const char *const names[] = {
        [LEAK_GROWS_BY_INSTANCE] = "by-instance",
        [LEAK_GROWS_BY_TIME] = "by-time",
    };
    return names[growth];
}

/* "Growing: ... ", "" if it does not. */
static char *growth_text(const struct leak *leak)
{
    char parts[LEAK_PARTS * 21 + 1];
    size_t used = 0, left = 0;

    if (leak->growth == LEAK_GROWS_BY_INSTANCE)
        return xalloc_format("Growing: %s that are gone left some. ",
                             text_plural(leak->over_count, "instance").chars);
    if (leak->growth == LEAK_STEADY)
        return xalloc_string("");
    for (size_t i = 0; i < LEAK_PARTS; i++) {
        left += leak->parts[i] != 0;
        used += (size_t)snprintf(parts + used, sizeof(parts) - used, "%s%" PRIu64,
                                 i == 0 ? "" : " ", leak->parts[i]);
    }
    return xalloc_format("Growing: %zu of %d equal parts of the time left some (%s). ", left,
                         LEAK_PARTS, parts);
}

char *leak_age_text(const struct model *model, const struct leak *leak)
{
    struct text oldest = text_duration(leak_growth_age(model, leak->first_stamp)),
                newest = text_duration(leak_growth_age(model, leak->last_stamp));
    char *growth = growth_text(leak);
    char *text = strcmp(oldest.chars, newest.chars) == 0
                     ? xalloc_format("%sAge: %s.", growth, oldest.chars)
                     : xalloc_format("%sAge: %s to %s.", growth, newest.chars, oldest.chars);

    free(growth);
    return text;
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
