/* viewer/export_openmetrics.c - OpenMetrics text: memory over time, for Prometheus */
/* SPDX-License-Identifier: MIT */

/*
 * Each point has its time, so that a recording can be put into a Prometheus after the fact
 * ("promtool tsdb create-blocks-from openmetrics"). Without samples there is one point for each,
 * without a time, as textfile collectors want it. The domains are profiles of their own, since
 * tracks are not divided by domain. Names and labels are those of `serve` (serve_metrics.c)
 * wherever the numbers mean the same, so that one query answers for both.
 */
#include "viewer/export.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>

#define NS_PER_MS 1000000u
#define MS_PER_S 1000u

/* What the number of several intervals is. */
enum together { LAST, MOST, SUM };

struct family {
    const char *name;
    const char *unit; /* NULL: none */
    const char *help;
    size_t offset; /* in struct profile_sample */
    enum together together;
};

#define SAMPLE(field) offsetof(struct profile_sample, field)
static const struct family families[] = {
    {"npntrace_plugin_live_bytes", "bytes", "Bytes allocated and not freed.", SAMPLE(live_bytes),
     LAST},
    {"npntrace_plugin_live_blocks", "blocks", "Blocks allocated and not freed.",
     SAMPLE(live_blocks), LAST},
    {"npntrace_plugin_interval_peak_bytes", "bytes",
     "The most live bytes since the point before.", SAMPLE(peak_bytes), MOST},
    {"npntrace_plugin_allocated_bytes", "bytes", "Bytes allocated so far.", SAMPLE(bytes), SUM},
    {"npntrace_plugin_allocations", NULL, "Allocations so far.", SAMPLE(allocs), SUM},
    {"npntrace_plugin_freed_blocks", "blocks", "Of the blocks allocated, those freed so far.",
     SAMPLE(frees), SUM},
};

struct openmetrics {
    struct export_job *job;
    struct profile *domains[PROFILE_DOMAINS];
};

static void put_label(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_point(const struct openmetrics *openmetrics, const struct family *family,
                      enum leak_domain domain, uint32_t plugin, uint64_t number)
{
    FILE *out = openmetrics->job->out;
    const struct recording_process *process = &openmetrics->job->session->recording->process;
    char *name = plugin == 0 ? xalloc_string("(host)")
                             : export_plugin_name(openmetrics->job, domain, plugin);
    char *exe = text_printable(recording_base_name(process->exe));

    fprintf(out, "%s%s{host=", family->name, family->together == SUM ? "_total" : "");
    put_label(out, exe);
    fprintf(out, ",pid=\"%" PRIu32 "\",plugin=", process->outer_pid);
    put_label(out, name);
    fprintf(out, ",memory=\"%s\"} %" PRIu64, export_memory_name(domain), number);
    free(name);
    free(exe);
}

/* Prometheus keeps milliseconds. */
static uint64_t time_ms(const struct openmetrics *openmetrics, const struct profile *profile,
                        const struct profile_sample *sample)
{
    const struct recording *recording = openmetrics->job->session->recording;
    uint64_t stamp = sample->stamp < profile->last_stamp ? sample->stamp : profile->last_stamp;

    return (recording->process.start_realtime_ns + recording_since_start_ns(recording, stamp)) /
           NS_PER_MS;
}

static uint64_t field_of(const struct profile_sample *sample, const struct family *family)
{
    return *(const uint64_t *)((const char *)sample + family->offset);
}

/* Of what was, and of the next interval. */
static uint64_t joined(enum together together, uint64_t was, uint64_t next)
{
    switch (together) {
    case SUM: return was + next;
    case MOST: return was > next ? was : next;
    default: return next;
    }
}

/* One point a millisecond, of all intervals that end in it. */
static void put_track(const struct openmetrics *openmetrics, const struct family *family,
                      enum leak_domain domain, const struct profile_track *track)
{
    const struct profile *profile = openmetrics->domains[domain];
    uint64_t number = 0;

    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &track->samples[i];
        uint64_t ms = time_ms(openmetrics, profile, sample);
        number = joined(family->together, number, field_of(sample, family));
        if (i + 1 < profile->sample_count && time_ms(openmetrics, profile, sample + 1) == ms)
            continue;
        put_point(openmetrics, family, domain, track->plugin, number);
        fprintf(openmetrics->job->out, " %" PRIu64 ".%03u\n", ms / MS_PER_S,
                (unsigned)(ms % MS_PER_S));
        if (family->together == MOST)
            number = 0;
    }
}

/* The end alone: sums over rows. */
static struct profile_sample end_of(const struct profile *profile, uint32_t plugin, bool *ret_any)
{
    struct profile_sample end = {0};

    *ret_any = false;
    for (size_t i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        if (row->plugin != plugin)
            continue;
        *ret_any = true;
        end.live_blocks += row->live_blocks;
        end.live_bytes += row->live_bytes;
        end.allocs += row->allocs;
        end.bytes += row->bytes;
        end.frees += row->frees;
    }
    end.peak_bytes = profile->plugin_peaks[plugin];
    return end;
}

static void put_end(const struct openmetrics *openmetrics, const struct family *family,
                    enum leak_domain domain)
{
    size_t plugins = openmetrics->job->session->recording->plugin_count;

    for (uint32_t plugin = 0; plugin <= plugins; plugin++) {
        bool any;
        struct profile_sample end = end_of(openmetrics->domains[domain], plugin, &any);
        if (!any)
            continue;
        put_point(openmetrics, family, domain, plugin, field_of(&end, family));
        putc('\n', openmetrics->job->out);
    }
}

static void put_family(const struct openmetrics *openmetrics, const struct family *family)
{
    FILE *out = openmetrics->job->out;

    fprintf(out, "# TYPE %s %s\n", family->name, family->together == SUM ? "counter" : "gauge");
    if (family->unit != NULL)
        fprintf(out, "# UNIT %s %s\n", family->name, family->unit);
    fprintf(out, "# HELP %s %s\n", family->name, family->help);
    for (int domain = 0; domain < PROFILE_DOMAINS; domain++) {
        const struct profile *profile = openmetrics->domains[domain];
        if (profile != NULL && openmetrics->job->samples == 0)
            put_end(openmetrics, family, (enum leak_domain)domain);
        for (size_t i = 0; profile != NULL && i < profile->track_count; i++)
            put_track(openmetrics, family, (enum leak_domain)domain, &profile->tracks[i]);
    }
}

static void build(struct openmetrics *openmetrics, enum leak_domain domain)
{
    enum filter_memory memory = domain == LEAK_NPN ? FILTER_MEMORY_NPN : FILTER_MEMORY_HEAP;
    struct filter filter = *openmetrics->job->filter; /* what it points to stays the caller's */

    if (filter.memory != FILTER_MEMORY_ALL && filter.memory != memory)
        return;
    filter.memory = memory;
    openmetrics->domains[domain] =
        profile_build(openmetrics->job->session, &filter, openmetrics->job->samples);
}

int export_openmetrics(struct export_job *job)
{
    struct openmetrics openmetrics = {.job = job};

    build(&openmetrics, LEAK_NPN);
    build(&openmetrics, LEAK_HEAP);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        put_family(&openmetrics, &families[i]);
    fputs("# EOF\n", job->out);
    for (int domain = 0; domain < PROFILE_DOMAINS; domain++)
        profile_free(openmetrics.domains[domain]);
    return 0;
}
