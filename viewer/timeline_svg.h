/* viewer/timeline_svg.h - memory over time as a picture */
/* SPDX-License-Identifier: MIT */

/*
 * A timeline shows one measure of the profile's tracks, a band for each plug-in with a scale of its
 * own, the host's last. Threads: one; errors are the stream's.
 */
#ifndef NPNTRACE_VIEWER_TIMELINE_SVG_H
#define NPNTRACE_VIEWER_TIMELINE_SVG_H

#include "viewer/profile.h"
#include "viewer/text.h"

#include <stdio.h>

enum timeline_measure {
    TIMELINE_LIVE,
    TIMELINE_BLOCKS,
    TIMELINE_BYTES,
    TIMELINE_ALLOCS,
    TIMELINE_MEASURES
};

extern const char *const timeline_measure_names[TIMELINE_MEASURES]; /* "live" */
extern const char *const timeline_measure_texts[TIMELINE_MEASURES]; /* "live bytes" */

/* What a sample shows: of live bytes the most within its interval, of rates per second. */
double timeline_value(const struct profile *profile, const struct profile_sample *sample,
                      enum timeline_measure measure);
double timeline_last(const struct profile *profile, const struct profile_track *track,
                     enum timeline_measure measure); /* at the end */
double timeline_most(const struct profile *profile, const struct profile_track *track,
                     enum timeline_measure measure);
struct text timeline_text(double value, enum timeline_measure measure); /* "1.2 MiB/s" */

/* Tracks in the order of a picture: plug-ins, then the host. The caller frees the array. */
const struct profile_track **timeline_order(const struct profile *profile);

/* A time of the profile in ns since recording began. */
uint64_t timeline_since_ns(const struct session *session, uint64_t stamp);

struct text timeline_time(const struct session *session, uint64_t stamp); /* "1.2 s" */

void timeline_svg_write(const struct session *session, const struct profile *profile,
                        enum timeline_measure measure, unsigned width, FILE *to);

#endif
