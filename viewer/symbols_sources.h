/* viewer/symbols_sources.h - the files that the names of a module come from */
/* SPDX-License-Identifier: MIT */

/*
 * For those who want to keep the files: the one that was mapped, its debug information in a file of
 * its own, and what dwz(1) took out of that. Threads: one. Memory: none that stays.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_SOURCES_H
#define NPNTRACE_VIEWER_SYMBOLS_SOURCES_H

#include "viewer/symbols_file.h"

/* Calls each for every one of them. */
void symbols_sources(struct symbols_file *file, const struct symbols_search *search,
                     symbols_each_source *each, void *context);

#endif
