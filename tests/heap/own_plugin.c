/* tests/heap/own_plugin.c - a plug-in with an allocator of its own */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "shim/npapi.h"
#include "tests/heap/say.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);
EXPORT const char *NP_GetMIMEDescription(void);

NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions)
{
    char *first = malloc(100), *second = malloc(100);

    (void)browser, (void)functions;
    __asm__ volatile("" : "+r"(first), "+r"(second));
    say("own blocks: %td bytes apart\n", second - first);
    free(first);
    free(second);
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

const char *NP_GetMIMEDescription(void)
{
    return "application/x-own::";
}
