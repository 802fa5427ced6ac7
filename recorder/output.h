/* recorder/output.h - names and creates the files of a session */
/* SPDX-License-Identifier: MIT */

/*
 *   pattern               first process 41 (cutycapt)    a further one, 57
 *   npntrace.%h.%p.npt    npntrace.cutycapt.41.npt       npntrace.cutycapt.57.npt
 *   out.npt               out.npt                        out.57.npt
 *   out                   out                            out.57
 *
 * Files are made with O_EXCL: nothing that exists is overwritten unless told so, and then it is
 * replaced, not written into, so that somebody who reads the old one is not disturbed. Mode 0600.
 */
#ifndef NPNTRACE_RECORDER_OUTPUT_H
#define NPNTRACE_RECORDER_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct output {
    const char *pattern;
    bool force;
    unsigned made; /* files so far */
};

/*
 * Can files be made there? Tried by making (and removing) one, before the command is started. 0 or
 * -errno with *ret_what a malloc'ed sentence for the user: the directory is missing or not
 * writable, the disk is full, the file exists already, or the pattern is not one.
 */
int output_probe(const struct output *output, char **ret_what);

/* Creates the file for a process. Returns a descriptor open for writing, or -errno. *ret_path
 * (malloc'ed) is its name, or that of the file that could not be made; NULL without memory. A name
 * taken meanwhile, or by an earlier process of this session, gets the pid and then a number put in.
 */
int output_create(struct output *output, const char *host, uint32_t pid, char **ret_path);

#endif
