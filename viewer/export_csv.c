/* viewer/export_csv.c - comma-separated values: one line for each owner and stack */
/* SPDX-License-Identifier: MIT */

#include "viewer/export.h"

#include <inttypes.h>
#include <stdlib.h>

/* RFC 4180, with line feeds alone. Texts have no control characters. */
static void put_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_number(FILE *out, uint64_t number)
{
    fprintf(out, ",%" PRIu64, number);
}

/* Where the allocation function was called: the innermost frame. */
static void put_place(struct export_job *job, const uint32_t *frames, size_t count)
{
    const struct export_frame *frame = export_names_frame(job->names, count == 0 ? 0 : frames[0]);
    const struct export_function *function = export_names_function(job->names, frame->function);

    putc(',', job->out);
    put_text(job->out, function->name);
    putc(',', job->out);
    put_text(job->out, function->module);
    putc(',', job->out);
    put_text(job->out, function->file);
    putc(',', job->out);
    if (frame->line != 0)
        fprintf(job->out, "%" PRIu32, frame->line);
}

/* Innermost first, one frame a line within the field. */
static void put_stack(struct export_job *job, const uint32_t *frames, size_t count)
{
    fputs(",\"", job->out);
    for (size_t i = 0; i < count; i++) {
        uint32_t function = export_names_frame(job->names, frames[i])->function;
        const char *name = export_names_function(job->names, function)->name;
        if (i != 0)
            putc('\n', job->out);
        for (; *name != '\0'; name++) {
            if (*name == '"')
                putc('"', job->out);
            putc(*name, job->out);
        }
    }
    putc('"', job->out);
}

static void put_row(struct export_job *job, const struct profile_row *row)
{
    const struct recording *recording = job->session->recording;
    char *plugin = export_plugin_name(job, row->domain, row->plugin);
    const uint32_t *frames;
    size_t count = export_names_stack(job->names, row->stack, &frames);

    put_text(job->out, plugin);
    fprintf(job->out, ",%s,", export_memory_name(row->domain));
    if (row->instance != 0)
        fprintf(job->out, "%" PRIu32, row->instance);
    for (int value = 0; value < EXPORT_VALUES; value++)
        put_number(job->out, export_number(row, (enum export_value)value));
    put_number(job->out, row->peak_bytes);
    put_number(job->out, recording_since_start_ns(recording, row->first_stamp));
    put_number(job->out, recording_since_start_ns(recording, row->last_stamp));
    put_place(job, frames, count);
    put_stack(job, frames, count);
    putc('\n', job->out);
    free(plugin);
}

/* Columns are named as in SQL. */
static void put_header(FILE *out)
{
    fputs("plugin,memory,instance", out);
    for (int value = 0; value < EXPORT_VALUES; value++) {
        putc(',', out);
        for (const char *c = export_values[value].name; *c != '\0'; c++)
            putc(*c == '-' ? '_' : *c, out);
    }
    fputs(",own_peak_bytes,first_ns,last_ns,function,module,file,line,stack\n", out);
}

int export_csv(struct export_job *job)
{
    put_header(job->out);
    for (size_t i = 0; i < job->profile->row_count && !ferror(job->out); i++)
        put_row(job, &job->profile->rows[i]);
    return 0;
}
