/* viewer/svg.h - pieces of SVG pictures */
/* SPDX-License-Identifier: MIT */

/*
 * Pictures stand alone: their style, with colours for light and dark, and their script are within.
 * Errors are the stream's. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_SVG_H
#define NPNTRACE_VIEWER_SVG_H

#include "viewer/recording.h"

#include <stdio.h>

#define SVG_PLUGIN_COLORS 7u
#define SVG_LINE 18u /* height of a line of text */

/* The root element with a title and the style; with_script: what makes frames zoom. */
void svg_begin(FILE *to, unsigned width, unsigned height, const char *title, bool with_script);
void svg_end(FILE *to);

/* Text as content or within a quoted attribute: names come from files. */
void svg_escape(FILE *to, const char *text);

/* A line about events that are missing; none if losses is NULL. */
void svg_losses(FILE *to, const char *losses, unsigned x, unsigned y);

/* Class of what belongs to a plug-in (id; 0: the host): "c0" to "c6", "host". */
const char *svg_plugin_class(uint32_t plugin);

/* Class of what is in a module (path): its plug-in's, "exe", or of libraries one of "t0" to
 * "t7". */
const char *svg_module_class(const struct recording *recording, const char *path);

#endif
