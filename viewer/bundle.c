/* viewer/bundle.c - a recording in one file with what is needed to read it elsewhere */
/* SPDX-License-Identifier: MIT */

#include "viewer/bundle.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zip.h>

#define MAGIC "PK\003\004"
#define BUFFER_BYTES (64 * 1024)

/* What is unpacked from an archive, all entries together and each as often as it is asked for: no
 * more than twice what deflate makes of as many bytes. An entry may be named again and again. */
#define DEFLATE_MOST 1032
#define UNPACKED_MOST (UINT64_C(2) * DEFLATE_MOST)

struct bundle {
    zip_t *zip;
    uint64_t left_bytes; /* that may still be unpacked */
};

bool bundle_is(const void *bytes, uint64_t count)
{
    return count >= sizeof(MAGIC) - 1 && memcmp(bytes, MAGIC, sizeof(MAGIC) - 1) == 0;
}

char *bundle_file_entry(const char *path)
{
    return xalloc_format("%s%s", BUNDLE_FILES, path);
}

char *bundle_debug_entry(const uint8_t *build_id, size_t build_id_bytes)
{
    char *id = text_build_id(build_id, build_id_bytes);
    char *entry =
        xalloc_format("%s/usr/lib/debug/.build-id/%.2s/%s.debug", BUNDLE_FILES, id, id + 2);

    free(id);
    return entry;
}

static const char *temporary_directory(void)
{
    const char *directory = getenv("TMPDIR");

    return directory != NULL && directory[0] != '\0' ? directory : "/tmp";
}

/* A file without a name. -errno. */
static int open_nameless(const char *directory)
{
    char *name = xalloc_format("%s/npntrace-XXXXXX", directory);
    int fd = mkostemp(name, O_CLOEXEC);
    int error = errno;

    if (fd >= 0)
        unlink(name);
    free(name);
    return fd >= 0 ? fd : -error;
}

static int write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written < 0 && errno != EINTR)
            return -errno;
        done += written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static bool is_zero(const char *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* Rings are mostly holes. libzip compares the checksum when the end is reached, but reads on where
 * there is more than the directory says. */
static int copy_entry(zip_file_t *from, int to, uint64_t size_bytes)
{
    char *buffer = xalloc_zeroed(BUFFER_BYTES, 1);
    zip_int64_t got;
    uint64_t total = 0;
    int error = 0;

    while (error == 0 && (got = zip_fread(from, buffer, BUFFER_BYTES)) != 0) {
        if (got < 0 || (uint64_t)got > size_bytes - total)
            error = -EBADMSG;
        else if (is_zero(buffer, (size_t)got))
            error = lseek(to, (off_t)got, SEEK_CUR) < 0 ? -errno : 0;
        else
            error = write_all(to, buffer, (size_t)got);
        total += got > 0 ? (uint64_t)got : 0;
    }
    if (error == 0 && ftruncate(to, (off_t)total) != 0)
        error = -errno;
    free(buffer);
    return error;
}

/* Is there room for so many bytes, as far as the file system tells? What was packed from a file
 * with holes needs less: only what is a hundred times the archive's bytes is taken for that. */
static bool has_room(int fd, const zip_stat_t *stat)
{
    struct statvfs status;

    if (fstatvfs(fd, &status) != 0)
        return true;
    uint64_t room = (uint64_t)status.f_bavail * status.f_frsize;
    uint64_t needed = stat->size / 100 > stat->comp_size ? stat->comp_size * 100 : stat->size;
    return needed <= room;
}

/* Takes an entry's bytes from those that may be unpacked. -errno */
static int spend(struct bundle *bundle, zip_uint64_t index, zip_stat_t *ret_stat)
{
    if (zip_stat_index(bundle->zip, index, 0, ret_stat) != 0 ||
        (ret_stat->valid & ZIP_STAT_SIZE) == 0 || (ret_stat->valid & ZIP_STAT_COMP_SIZE) == 0)
        return -EBADMSG;
    if (ret_stat->size > bundle->left_bytes)
        return -EFBIG;
    bundle->left_bytes -= ret_stat->size;
    return 0;
}

/* -errno; the offset of what is returned is 0. */
static int unpack(struct bundle *bundle, zip_uint64_t index)
{
    zip_stat_t stat;
    int error = spend(bundle, index, &stat);
    zip_file_t *from = error == 0 ? zip_fopen_index(bundle->zip, index, 0) : NULL;

    if (from == NULL)
        return error != 0 ? error : -EBADMSG;
    int fd = open_nameless(temporary_directory());
    if (fd < 0)
        error = fd;
    else if (!has_room(fd, &stat))
        error = -ENOSPC;
    else
        error = copy_entry(from, fd, stat.size);
    zip_fclose(from);
    if (error == 0 && lseek(fd, 0, SEEK_SET) < 0)
        error = -errno;
    if (error != 0 && fd >= 0)
        close(fd);
    return error != 0 ? error : fd;
}

static int unpack_named(struct bundle *bundle, const char *name)
{
    zip_int64_t index = zip_name_locate(bundle->zip, name, ZIP_FL_ENC_RAW);

    return index >= 0 ? unpack(bundle, (zip_uint64_t)index) : -1;
}

int bundle_file(struct bundle *bundle, const char *path)
{
    char *entry = bundle_file_entry(path);
    int fd = unpack_named(bundle, entry);

    free(entry);
    return fd >= 0 ? fd : -1;
}

int bundle_debug_file(struct bundle *bundle, const uint8_t *build_id, size_t build_id_bytes)
{
    if (build_id_bytes < 2)
        return -1;
    char *entry = bundle_debug_entry(build_id, build_id_bytes);
    int fd = unpack_named(bundle, entry);

    free(entry);
    return fd >= 0 ? fd : -1;
}

/* -1: none */
static zip_int64_t find_recording(struct bundle *bundle)
{
    zip_int64_t count = zip_get_num_entries(bundle->zip, 0);

    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(bundle->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (name != NULL && strncmp(name, BUNDLE_RECORDING, strlen(BUNDLE_RECORDING)) == 0 &&
            name[strlen(BUNDLE_RECORDING)] != '\0')
            return i;
    }
    return -1;
}

static char *why_not_zip(int code)
{
    zip_error_t error;

    zip_error_init_with_code(&error, code);
    char *why = xalloc_format("an archive that cannot be read: %s", zip_error_strerror(&error));
    zip_error_fini(&error);
    return why;
}

static uint64_t most_of(const char *path)
{
    struct stat status;
    uint64_t most;

    if (stat(path, &status) != 0)
        return 0;
    bool is_beyond = __builtin_mul_overflow((uint64_t)status.st_size, UNPACKED_MOST, &most);
    return is_beyond ? UINT64_MAX : most;
}

struct bundle *bundle_open(const char *path, int *ret_recording, char **ret_why)
{
    int code = 0, fd = -1;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);

    if (zip == NULL) {
        *ret_why = why_not_zip(code);
        return NULL;
    }
    struct bundle *bundle = xalloc_zeroed(1, sizeof(*bundle));
    bundle->zip = zip;
    bundle->left_bytes = most_of(path);
    zip_int64_t index = find_recording(bundle);
    if (index < 0)
        *ret_why = xalloc_string("a ZIP file without a recording; \"npntrace archive\" makes those "
                                 "that can be read");
    else if ((fd = unpack(bundle, (zip_uint64_t)index)) < 0)
        *ret_why =
            xalloc_format("the recording in it cannot be unpacked into %s: %s",
                          temporary_directory(),
                          fd == -EBADMSG ? "it is damaged"
                          : fd == -EFBIG ? "it would be many thousand times as large as the archive"
                                         : strerror(-fd));
    if (fd < 0) {
        bundle_close(bundle);
        return NULL;
    }
    *ret_recording = fd;
    return bundle;
}

void bundle_close(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    zip_discard(bundle->zip);
    free(bundle);
}
