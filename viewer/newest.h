/* viewer/newest.h - the newest recording in a directory */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_NEWEST_H
#define NPNTRACE_VIEWER_NEWEST_H

/*
 * The *.npt or *.ring file that was modified last, or where there is none the *.npta file; of
 * equally old ones the last by name. *ret_name
 * is the caller's to free(). 0 or -errno; -ENOENT: there is none. Threads: any.
 */
int newest_recording(const char *directory, char **ret_name);

#endif
