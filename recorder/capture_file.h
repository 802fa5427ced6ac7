/* recorder/capture_file.h - what a capture writes to its file besides events */
/* SPDX-License-Identifier: MIT */

/* A part of recorder/capture.c: same thread, same memory. Failures go to capture_file_fail(). */
#ifndef NPNTRACE_RECORDER_CAPTURE_FILE_H
#define NPNTRACE_RECORDER_CAPTURE_FILE_H

#include "recorder/capture.h"

/* Makes the file and writes PROCESS. */
void capture_file_begin(struct capture *capture);

/* Writes the final tables, LIVE and STATE, and notes the result. */
void capture_file_state(struct capture *capture);

/* Writes END and closes the file. */
void capture_file_end(struct capture *capture);

/* The file cannot be continued: says so once; from now on the capture drains into nothing. */
void capture_file_fail(struct capture *capture, int error);

#endif
