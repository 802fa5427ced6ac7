/* viewer/archive_files.h - the files that the names of a recording's stacks come from */
/* SPDX-License-Identifier: MIT */

/*
 * Goes through all stacks of a recording and puts every module that occurs in them into an archive,
 * with its debug information wherever that was found. A file is put in only if its build-id is the
 * recorded one, or if none was recorded. Threads: one. Memory: by modules.
 */
#ifndef NPNTRACE_VIEWER_ARCHIVE_FILES_H
#define NPNTRACE_VIEWER_ARCHIVE_FILES_H

#include "viewer/bundle_write.h"
#include "viewer/session.h"

struct archive_files {
    uint32_t modules;  /* of the stacks */
    uint32_t good;     /* of them: are in the archive */
    uint32_t debugged; /* of those: with debug information in files of their own */
    struct archive_missing {
        uint32_t module;
        enum symbols_state state; /* GOOD: found, but could not be read */
    } * missing;
    uint32_t missing_count;
};

struct archive_files archive_files_add(struct session *session, struct bundle_write *write);
void archive_files_free(struct archive_files *files);

#endif
