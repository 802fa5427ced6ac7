/* viewer/whatif.c - what npntrace did to the plug-ins because it was told to */
/* SPDX-License-Identifier: MIT */

#include "viewer/whatif.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const char *what;
} bits_known[] = {
    {"fail", " Chosen NPN_MemAlloc calls were made to fail (--fail-npn)."},
    {"limit", " A plug-in had a memory budget (--limit)."},
    {"check", " NPN blocks had red zones and a quarantine (--check)."},
};
#define BITS_KNOWN (sizeof(bits_known) / sizeof(bits_known[0]))

const char *whatif_name(uint32_t bits, unsigned *at)
{
    while (*at < BITS_KNOWN) {
        unsigned bit = (*at)++;
        if ((bits >> bit & 1) != 0)
            return bits_known[bit].name;
    }
    return NULL;
}

char *whatif_sentence(const struct recording *recording)
{
    uint32_t bits = recording->process.whatif;
    uint64_t failures = recording->injected_failures;
    const char *what[BITS_KNOWN];

    if (bits == 0 && failures == 0)
        return NULL;
    for (size_t i = 0; i < BITS_KNOWN; i++)
        what[i] = (bits >> i & 1) != 0 ? bits_known[i].what : "";
    char *failed = failures == 0 ? xalloc_string("")
                                 : xalloc_format(" %s returned NULL on demand.",
                                                 text_plural(failures, "NPN_MemAlloc call").chars);
    char *text = xalloc_format("What-if:%s%s%s%s", what[0], what[1], what[2], failed);
    free(failed);
    return text;
}
