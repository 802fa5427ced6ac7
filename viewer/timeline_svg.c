/* viewer/timeline_svg.c - memory over time as a picture */
/* SPDX-License-Identifier: MIT */

#include "viewer/timeline_svg.h"
#include "viewer/paragraph.h"
#include "viewer/svg.h"
#include "viewer/verdict.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define TOP 62u
#define BAND 92u   /* height of a plug-in's */
#define HEAD 20u   /* of it, for its name */
#define BOTTOM 34u /* for the axis */
#define MARGIN 12u
#define TICKS 6u
#define MS UINT64_C(1000000)
#define LETTER 7.5 /* width of a letter, about */

const char *const timeline_measure_names[TIMELINE_MEASURES] = {
    [TIMELINE_LIVE] = "live",
    [TIMELINE_BLOCKS] = "blocks",
    [TIMELINE_BYTES] = "bytes",
    [TIMELINE_ALLOCS] = "allocs",
};

const char *const timeline_measure_texts[TIMELINE_MEASURES] = {
    [TIMELINE_LIVE] = "live bytes",
    [TIMELINE_BLOCKS] = "live blocks",
    [TIMELINE_BYTES] = "bytes allocated per second",
    [TIMELINE_ALLOCS] = "allocations per second",
};

double timeline_value(const struct profile *profile, const struct profile_sample *sample,
                      enum timeline_measure measure)
{
    double seconds = (double)profile->interval_ns / 1e9;

    switch (measure) {
    case TIMELINE_LIVE: return (double)sample->peak_bytes;
    case TIMELINE_BLOCKS: return (double)sample->live_blocks;
    case TIMELINE_BYTES: return (double)sample->bytes / seconds;
    default: return (double)sample->allocs / seconds;
    }
}

double timeline_last(const struct profile *profile, const struct profile_track *track,
                     enum timeline_measure measure)
{
    const struct profile_sample *last = &track->samples[profile->sample_count - 1];
    return measure == TIMELINE_LIVE ? (double)last->live_bytes
                                    : timeline_value(profile, last, measure);
}

double timeline_most(const struct profile *profile, const struct profile_track *track,
                     enum timeline_measure measure)
{
    double most = 0;

    for (size_t i = 0; i < profile->sample_count; i++) {
        double value = timeline_value(profile, &track->samples[i], measure);
        most = value > most ? value : most;
    }
    return most;
}

struct text timeline_text(double value, enum timeline_measure measure)
{
    bool is_bytes = measure == TIMELINE_LIVE || measure == TIMELINE_BYTES;
    bool is_rate = measure == TIMELINE_BYTES || measure == TIMELINE_ALLOCS;
    struct text number =
        is_bytes ? text_bytes(whole_of(value)) : text_count(whole_of(value + .5));
    struct text text;

    snprintf(text.chars, sizeof(text.chars), "%.40s%s", number.chars, is_rate ? "/s" : "");
    return text;
}

const struct profile_track **timeline_order(const struct profile *profile)
{
    const struct profile_track **order = xalloc_zeroed(profile->track_count, sizeof(*order));
    size_t count = 0;

    for (size_t i = 0; i < profile->track_count; i++)
        if (profile->tracks[i].plugin != 0)
            order[count++] = &profile->tracks[i];
    for (size_t i = 0; i < profile->track_count; i++)
        if (profile->tracks[i].plugin == 0)
            order[count++] = &profile->tracks[i];
    return order;
}

uint64_t timeline_since_ns(const struct session *session, uint64_t stamp)
{
    uint64_t start = session->recording->process.start_stamp;
    return stamp > start ? stamp - start : 0;
}

struct text timeline_time(const struct session *session, uint64_t stamp)
{
    uint64_t ns = timeline_since_ns(session, stamp);
    struct text text = ns == 0 ? (struct text){"0 s"} : text_duration(ns);

    if (ns >= MS && ns < 10 * MS) /* several places of an axis are in one of them */
        snprintf(text.chars, sizeof(text.chars), "%.2f ms", (double)ns / (double)MS);
    return text;
}

struct picture {
    const struct session *session;
    const struct profile *profile;
    enum timeline_measure measure;
    unsigned width, top; /* of the first band */
    FILE *to;
};

static double x_of(const struct picture *picture, double share)
{
    return MARGIN + share * (picture->width - 2 * MARGIN);
}

/* Steps: a sample's value holds for its interval. */
static void draw_steps(const struct picture *picture, const struct profile_track *track, double top,
                       double most, bool closed)
{
    double base = top + BAND - 6, height = BAND - HEAD - 6;
    size_t count = picture->profile->sample_count;

    fprintf(picture->to, "<path class=\"%s\" d=\"M%.1f %.1f", closed ? "area" : "line",
            x_of(picture, 0), base);
    for (size_t i = 0; i < count; i++) {
        double value = timeline_value(picture->profile, &track->samples[i], picture->measure);
        fprintf(picture->to, "V%.1fH%.1f", base - height * (most > 0 ? value / most : 0),
                x_of(picture, (double)(i + 1) / (double)count));
    }
    fprintf(picture->to, closed ? "V%.1fZ\"/>\n" : "\"/>\n", base);
}

/* A name that is too long for the picture is cut: the numbers stay. */
static char *name_beside(const struct picture *picture, uint32_t plugin, const char *facts)
{
    char *name = verdict_caller_name(picture->session->recording, plugin, true);
    double room = (double)picture->width - 2 * MARGIN - 12 - LETTER * (double)strlen(facts);
    char *cut = paragraph_cut(name, room > 3 * LETTER ? (size_t)(room / LETTER) : 3, false);

    free(name);
    return cut;
}

static void draw_band(const struct picture *picture, const struct profile_track *track, double top)
{
    double most = timeline_most(picture->profile, track, picture->measure);
    double last = timeline_last(picture->profile, track, picture->measure);
    char *facts = xalloc_format("at most %s, at the end %s",
                                timeline_text(most, picture->measure).chars,
                                timeline_text(last, picture->measure).chars);
    char *name = name_beside(picture, track->plugin, facts);
    FILE *to = picture->to;

    fprintf(to, "<g class=\"band %s\">\n", svg_plugin_class(track->plugin));
    draw_steps(picture, track, top, most, true);
    draw_steps(picture, track, top, most, false);
    fprintf(to, "<line class=\"axis\" x1=\"%u\" x2=\"%u\" y1=\"%.1f\" y2=\"%.1f\"/>\n", MARGIN,
            picture->width - MARGIN, top + BAND - 6, top + BAND - 6);
    fprintf(to, "<text x=\"%u\" y=\"%.1f\">", MARGIN + 2, top + 13);
    svg_escape(to, name);
    fprintf(to, " <tspan class=\"faint\" dx=\"6\">%s</tspan></text>\n</g>\n", facts);
    free(facts);
    free(name);
}

static void draw_axis(const struct picture *picture, double y)
{
    const struct profile *profile = picture->profile;

    for (unsigned i = 0; i <= TICKS; i++) {
        double share = (double)i / TICKS;
        uint64_t stamp = profile->first_stamp +
                         whole_of(share * (double)(profile->last_stamp - profile->first_stamp));
        const char *anchor = i == 0 ? "start" : i == TICKS ? "end" : "middle";
        fprintf(picture->to,
                "<text class=\"faint\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                x_of(picture, share), y + 16, anchor, timeline_time(picture->session, stamp).chars);
    }
}

static void draw_peak(const struct picture *picture, double bottom)
{
    const struct profile *profile = picture->profile;
    double length = (double)(profile->last_stamp - profile->first_stamp);

    if (picture->measure != TIMELINE_LIVE || profile->peak_bytes == 0 || length == 0)
        return;
    double share = (double)(profile->peak_stamp - profile->first_stamp) / length;
    double x = x_of(picture, share);
    fprintf(picture->to, "<line class=\"peak\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%.1f\"/>\n",
            x, x, picture->top, bottom);
    fprintf(picture->to, "<text class=\"peak-text\" x=\"%.1f\" y=\"%u\" text-anchor=\"%s\">", x,
            picture->top - 4, share > 0.8 ? "end" : "start");
    fprintf(picture->to, "peak %s</text>\n", text_bytes(profile->peak_bytes).chars);
}

void timeline_svg_write(const struct session *session, const struct profile *profile,
                        enum timeline_measure measure, unsigned width, FILE *to)
{
    char *host = verdict_host(session->recording), *losses = verdict_losses(session->model);
    unsigned top = TOP + (losses != NULL ? SVG_LINE : 0);
    struct picture picture = {session, profile, measure, width, top, to};
    const struct profile_track **order = timeline_order(profile);
    unsigned bottom = top + (unsigned)profile->track_count * BAND;
    char *title =
        xalloc_format("%s: %s over time", recording_base_name(session->recording->process.exe),
                      timeline_measure_texts[measure]);

    svg_begin(to, width, bottom + BOTTOM, title, false);
    fprintf(to, "<text class=\"title\" x=\"%u\" y=\"24\">", MARGIN);
    svg_escape(to, title);
    fprintf(to, "</text>\n<text class=\"faint\" x=\"%u\" y=\"42\">", MARGIN);
    svg_escape(to, host);
    fputs("</text>\n", to);
    svg_losses(to, losses, MARGIN, 42 + SVG_LINE);
    for (size_t i = 0; i < profile->track_count; i++)
        draw_band(&picture, order[i], top + (double)i * BAND);
    if (profile->track_count == 0)
        fprintf(to, "<text x=\"%u\" y=\"%u\">Nothing was allocated.</text>\n", MARGIN,
                bottom - 2);
    draw_axis(&picture, bottom);
    draw_peak(&picture, bottom - 6);
    svg_end(to);
    free(title);
    free(losses);
    free(host);
    free(order);
}
