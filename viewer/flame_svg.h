/* viewer/flame_svg.h - a flame graph as a picture, and as JSON */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_FLAME_SVG_H
#define NPNTRACE_VIEWER_FLAME_SVG_H

#include "viewer/flame.h"

#include <stdio.h>

/*
 * The picture stands alone. In a browser a click on a frame zooms, and the text at the top right
 * searches; anywhere else it is a plain picture. Frames too narrow to be seen are left out. One
 * thread; errors are the stream's.
 */
void flame_svg_write(const struct session *session, const struct flame *flame, const char *title,
                     unsigned width, FILE *to);

/* {"name","value","children":[...]}, as other programs draw it. The outermost also has "format",
 * "by", the measure, and "partial", as a profile has it. */
void flame_json_write(const struct flame *flame, bool partial, FILE *to);

#endif
