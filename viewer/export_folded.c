/* viewer/export_folded.c - folded stacks: one line a stack, outermost first, and its number */
/* SPDX-License-Identifier: MIT */

#include "viewer/export.h"

#include <inttypes.h>
#include <stdlib.h>

/* Semicolons part frames, and the last blank the number. Rust's types have semicolons. */
static void put_name(FILE *out, const char *name)
{
    for (; *name != '\0'; name++)
        putc(*name == ';' ? ':' : *name, out);
}

static void put_frame(struct export_job *job, uint32_t frame)
{
    uint32_t function = export_names_frame(job->names, frame)->function;

    put_name(job->out, export_names_function(job->names, function)->name);
}

static void put_row(struct export_job *job, const struct profile_row *row)
{
    uint64_t number = export_number(row, job->value);
    const uint32_t *frames;

    if (number == 0)
        return;
    put_frame(job, export_owner(job, row->domain, row->plugin));
    for (size_t left = export_names_stack(job->names, row->stack, &frames); left > 0; left--) {
        putc(';', job->out);
        put_frame(job, frames[left - 1]);
    }
    fprintf(job->out, " %" PRIu64 "\n", number);
}

int export_folded(struct export_job *job)
{
    size_t count;
    struct profile_row *rows = export_rows(job, &count);

    for (size_t i = 0; i < count && !ferror(job->out); i++)
        put_row(job, &rows[i]);
    free(rows);
    return 0;
}
