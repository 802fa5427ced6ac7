/* viewer/bundle_write.c - makes the archives that viewer/bundle.h reads */
/* SPDX-License-Identifier: MIT */

#include "viewer/bundle_write.h"
#include "viewer/progress.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define PROGRESS_STEPS 1000
#define PROGRESS_PRECISION (1.0 / PROGRESS_STEPS)
#define LEVEL 3 /* of deflate: nearly as small as the default, in half the time */

struct bundle_write {
    zip_t *zip;
    struct progress progress;
};

struct bundle_write *bundle_write_begin(const char *path, char **ret_why)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

    if (zip == NULL) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        *ret_why = xalloc_string(zip_error_strerror(&error));
        zip_error_fini(&error);
        return NULL;
    }
    struct bundle_write *write = xalloc_zeroed(1, sizeof(*write));
    write->zip = zip;
    return write;
}

static bool add(struct bundle_write *write, const char *entry, zip_source_t *source, bool packed)
{
    zip_int64_t index =
        source != NULL ? zip_file_add(write->zip, entry, source, ZIP_FL_ENC_UTF_8) : -1;

    if (index < 0) {
        zip_source_free(source); /* NULL is fine */
        return false;
    }
    zip_set_file_compression(write->zip, (zip_uint64_t)index,
                             packed ? ZIP_CM_STORE : ZIP_CM_DEFLATE, packed ? 0 : LEVEL);
    return true;
}

bool bundle_write_add(struct bundle_write *write, const char *entry, const char *file, bool packed)
{
    if (zip_name_locate(write->zip, entry, ZIP_FL_ENC_RAW) >= 0)
        return true;
    if (access(file, R_OK) != 0)
        return false;
    return add(write, entry, zip_source_file(write->zip, file, 0, 0), packed);
}

bool bundle_write_text(struct bundle_write *write, const char *entry, const char *text)
{
    char *copy = xalloc_string(text);

    return add(write, entry, zip_source_buffer(write->zip, copy, strlen(copy), 1), false);
}

static void show(zip_t *zip, double done, void *context)
{
    struct progress *progress = context;

    (void)zip;
    progress_update(progress, (uint64_t)(done * PROGRESS_STEPS), PROGRESS_STEPS);
}

char *bundle_write_end(struct bundle_write *write)
{
    char *why = NULL;

    write->progress = progress_begin("packing");
    zip_register_progress_callback_with_state(write->zip, PROGRESS_PRECISION, show, NULL,
                                              &write->progress);
    mode_t mask = umask(S_IRWXG | S_IRWXO); /* recordings are their owner's, and so is this */
    bool done = zip_close(write->zip) == 0;
    umask(mask);
    progress_end(&write->progress);
    if (!done) {
        why = xalloc_string(zip_strerror(write->zip));
        zip_discard(write->zip);
    }
    free(write);
    return why;
}

void bundle_write_discard(struct bundle_write *write)
{
    zip_discard(write->zip);
    free(write);
}
