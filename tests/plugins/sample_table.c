/* tests/plugins/sample_table.c: how the sample plug-ins keep and see the browser's table. */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>

#include "tests/plugins/sample.h"

static NPNetscapeFuncs *given;       /* by the last NP_Initialize */
static NPNetscapeFuncs *first_given; /* by the first one */
static NPNetscapeFuncs copied;

static enum { KEEP_POINTER, KEEP_COPY, KEEP_BOTH, KEEP_FIRST } keep;

/* Copies what both know; slots beyond the host's size stay NULL. */
void sample_table_keep(NPNetscapeFuncs *table)
{
    keep = sample_quirk("copy")    ? KEEP_COPY
           : sample_quirk("mix")   ? KEEP_BOTH
           : sample_quirk("first") ? KEEP_FIRST
                                   : KEEP_POINTER;
    given = table;
    if (first_given == NULL)
        first_given = table;
    memset(&copied, 0, sizeof copied);
    memcpy(&copied, table, table->size < sizeof copied ? table->size : sizeof copied);
}

const NPNetscapeFuncs *sample_table(void)
{
    static unsigned turn;
    switch (keep) {
    case KEEP_COPY:
        return &copied;
    case KEEP_BOTH:
        return turn++ % 2 == 0 ? &copied : given;
    case KEEP_FIRST:
        return first_given;
    default:
        return given;
    }
}

const NPNetscapeFuncs *sample_table_known(void)
{
    return &copied;
}

/* table: size, version and which slots are missing */
static long step_table(struct sample_step *step)
{
    int used = snprintf(step->text, sizeof step->text, "size %u version %u missing", given->size,
                        given->version);
    for (size_t at = offsetof(NPNetscapeFuncs, geturl);
         at + sizeof(void *) <= given->size && at < sizeof copied; at += sizeof(void *)) {
        void *slot;
        memcpy(&slot, (const char *)given + at, sizeof slot);
        if (slot == NULL)
            used += snprintf(step->text + used, sizeof step->text - (size_t)used, " %zu", at);
    }
    return given->size;
}

/* trailing: a checksum of what the host's table has beyond the slots that are known */
static long step_trailing(struct sample_step *step)
{
    const unsigned char *bytes = (const unsigned char *)given;
    unsigned sum = 1;
    for (size_t at = sizeof(NPNetscapeFuncs); at < given->size; at++)
        sum = sum * 31 + bytes[at];
    snprintf(step->text, sizeof step->text, "trailing %u bytes sum %u",
             given->size > sizeof copied ? given->size - (unsigned)sizeof copied : 0, sum);
    return 0;
}

/* errno VALUE: how many measured calls left this value in errno */
static long step_errno(struct sample_step *step)
{
    return (long)tally_errno_count((int)sample_number(step, 0, 0));
}

/* counts: the plug-in's own numbers so far */
static long step_counts(struct sample_step *step)
{
    tally_format_counts(step->text, sizeof step->text);
    return 0;
}

/* state: writes the statement; for processes that will not end in an orderly way */
static long step_state(struct sample_step *step)
{
    (void)step;
    tally_write_state();
    return 0;
}

/* refuse: NPP_New is to fail after all it has allocated */
static long step_refuse(struct sample_step *step)
{
    step->instance->refused = true;
    return 0;
}

const struct sample_command sample_table_commands[] = {
    {"table", step_table}, {"trailing", step_trailing},
    {"errno", step_errno}, {"counts", step_counts},
    {"state", step_state}, {"refuse", step_refuse},
    {NULL, NULL},
};
