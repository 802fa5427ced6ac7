/* viewer/html.h - the self-contained HTML report */
/* SPDX-License-Identifier: MIT */

/*
 * One file without anything from elsewhere: the page was put together when the program was built
 * (viewer/html/, with D3), and is a part of it; the recording's numbers are written into its
 * middle as JSON, which the page makes its tables and graphs of. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_HTML_H
#define NPNTRACE_VIEWER_HTML_H

#include "viewer/profile.h"

#include <stdio.h>

/* A profile that a page can be made of. */
struct profile *html_profile(struct session *session, const struct filter *filter);

/* Errors are the stream's. */
void html_write(struct session *session, const struct profile *profile, bool filtered, FILE *to);

/* Parts that were built in: the script and the style of SVG pictures. */
extern const char svg_script_begin[], svg_style_begin[];

#endif
