/* viewer/output.c - the file that a verb was asked to write */
/* SPDX-License-Identifier: MIT */

#include "viewer/output.h"
#include "viewer/message.h"
#include "viewer/text.h"
#include "viewer/unfinished.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_is_replaced(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT;
    return S_ISREG(status.st_mode);
}

static FILE *open_temporary(struct output *output)
{
    int fd = unfinished_file(output->path, &output->temporary);

    if (fd >= 0)
        return fdopen(fd, "w");
    errno = -fd;
    return NULL;
}

bool output_begin(struct output *output, const char *path)
{
    *output = (struct output){.path = path};
    if (path == NULL || strcmp(path, "-") == 0) {
        output->path = NULL;
        output->file = stdout;
        return true;
    }
    output->file = output_is_replaced(path) ? open_temporary(output) : fopen(path, "w");
    if (output->file != NULL)
        return true;
    message("cannot write %s: %s", path, strerror(errno));
    return false;
}

bool output_end(struct output *output)
{
    bool good = ferror(output->file) == 0;

    if (output->path == NULL)
        return true;
    int why = good ? 0 : output_why(output->file);
    errno = 0;
    good = fclose(output->file) == 0 && good;
    if (why != 0)
        errno = why;
    if (output->temporary != NULL) {
        good = good && rename(output->temporary, output->path) == 0;
        if (!good) {
            int error = errno;
            unlink(output->temporary);
            errno = error;
        }
        unfinished_done();
    }
    if (!good)
        message("cannot write %s: %s", output->path, strerror(errno));
    return good;
}

int output_why(FILE *file)
{
    clearerr(file);
    errno = 0;
    if (fputc('\n', file) != EOF && fflush(file) == 0)
        return EIO; /* it could be, this time */
    return errno != 0 ? errno : EIO;
}

void output_say(const struct output *output, const char *what, const char *advice)
{
    struct stat status;

    if (output->path == NULL || stat(output->path, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    message("%s is %s, %s; %s", output->path, what, text_bytes((uint64_t)status.st_size).chars,
            advice);
}
