/* viewer/export_speedscope.c - JSON for speedscope, which draws it in a browser */
/* SPDX-License-Identifier: MIT */

/* One profile for each number that is not zero everywhere; all share the frames and the samples'
 * order. Written piece by piece: texts go through jansson, the rest are plain numbers. */
#include "config.h"
#include "viewer/export.h"
#include "viewer/json_out.h"

#include <inttypes.h>
#include <stdlib.h>

struct speedscope {
    struct export_job *job;
    struct profile_row *rows;
    size_t count;
};

static void put_json(FILE *out, json_t *json)
{
    json_dumpf(json, out, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
}

/* So that every frame has its number before the frames are written. */
static void name_all(struct speedscope *speedscope)
{
    struct export_job *job = speedscope->job;
    const uint32_t *frames;

    for (size_t i = 0; i < speedscope->count; i++) {
        export_owner(job, speedscope->rows[i].domain, speedscope->rows[i].plugin);
        export_names_stack(job->names, speedscope->rows[i].stack, &frames);
    }
}

static json_t *frame_json(const struct export_job *job, uint32_t id)
{
    const struct export_frame *frame = export_names_frame(job->names, id);
    const struct export_function *function = export_names_function(job->names, frame->function);
    json_t *json = json_object();

    json_object_set_new(json, "name", json_out_text(function->name));
    if (function->file[0] != '\0')
        json_object_set_new(json, "file", json_out_text(function->file));
    else if (function->module[0] != '\0')
        json_object_set_new(json, "file", json_out_text(function->module));
    if (frame->line != 0)
        json_object_set_new(json, "line", json_out_number(frame->line));
    return json;
}

static void put_frames(struct export_job *job)
{
    for (uint32_t id = 1; id <= export_names_frames(job->names); id++) {
        if (id != 1)
            fputs(",\n", job->out);
        put_json(job->out, frame_json(job, id));
    }
}

static void put_sample(struct export_job *job, const struct profile_row *row)
{
    uint32_t owner = export_owner(job, row->domain, row->plugin);
    const uint32_t *frames;

    fprintf(job->out, "[%" PRIu32, owner - 1);
    for (size_t left = export_names_stack(job->names, row->stack, &frames); left > 0; left--)
        fprintf(job->out, ",%" PRIu32, frames[left - 1] - 1);
    putc(']', job->out);
}

static uint64_t sum_of(const struct speedscope *speedscope, enum export_value value)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < speedscope->count; i++)
        sum += export_number(&speedscope->rows[i], value);
    return sum;
}

static void put_profile(const struct speedscope *speedscope, enum export_value value)
{
    FILE *out = speedscope->job->out;
    const struct export_value_kind *kind = &export_values[value];
    const char *comma = "";

    fprintf(out,
            "{\"type\":\"sampled\",\"name\":\"%s\",\"unit\":\"%s\",\"startValue\":0,"
            "\"endValue\":%" PRIu64 ",\n\"samples\":[",
            kind->title, kind->is_bytes ? "bytes" : "none", sum_of(speedscope, value));
    for (size_t i = 0; i < speedscope->count; i++) {
        if (export_number(&speedscope->rows[i], value) == 0)
            continue;
        fputs(comma, out);
        put_sample(speedscope->job, &speedscope->rows[i]);
        comma = ",\n";
    }
    fputs("],\n\"weights\":[", out);
    comma = "";
    for (size_t i = 0; i < speedscope->count; i++) {
        uint64_t number = export_number(&speedscope->rows[i], value);
        if (number == 0)
            continue;
        fprintf(out, "%s%" PRIu64, comma, number);
        comma = ",";
    }
    fputs("]}", out);
}

/* The page refuses a file without profiles: that of bytes is always there. */
static void put_profiles(const struct speedscope *speedscope)
{
    unsigned number = 0, active = 0;

    for (int value = 0; value < EXPORT_VALUES; value++) {
        bool is_asked = value == (int)speedscope->job->value;
        if (value != EXPORT_BYTES && !is_asked &&
            sum_of(speedscope, (enum export_value)value) == 0)
            continue;
        if (number != 0)
            fputs(",\n", speedscope->job->out);
        if (is_asked)
            active = number;
        put_profile(speedscope, (enum export_value)value);
        number++;
    }
    fprintf(speedscope->job->out, "],\n\"activeProfileIndex\":%u}\n", active);
}

int export_speedscope(struct export_job *job)
{
    struct speedscope speedscope = {.job = job};
    const char *exe = recording_base_name(job->session->recording->process.exe);

    speedscope.rows = export_rows(job, &speedscope.count);
    name_all(&speedscope);
    fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
          "\"exporter\":\"npntrace " PACKAGE_VERSION "\",\"name\":",
          job->out);
    put_json(job->out, json_out_text(exe));
    fputs(",\n\"shared\":{\"frames\":[\n", job->out);
    put_frames(job);
    fputs("]},\n\"profiles\":[", job->out);
    put_profiles(&speedscope);
    free(speedscope.rows);
    return 0;
}
