/* viewer/symbols_sources.c - the files that the names of a module come from */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_sources.h"
#include "viewer/symbols_places.h"
#include "viewer/xalloc.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct alt {
    const char *link; /* as the debug file names it: absolute, or beside that */
    const uint8_t *build_id;
    size_t build_id_bytes;
};

static bool has_build_id(const char *name, const struct alt *alt)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    const void *id;
    bool same = false;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        ssize_t bytes = elf != NULL ? dwelf_elf_gnu_build_id(elf, &id) : -1;
        same = bytes > 0 && (size_t)bytes == alt->build_id_bytes &&
               memcmp(id, alt->build_id, alt->build_id_bytes) == 0;
        elf_end(elf);
    }
    close(fd);
    return same;
}

static char *beside(const char *file, const char *link)
{
    const char *slash = strrchr(file, '/');

    if (link[0] == '/' || slash == NULL)
        return xalloc_string(link);
    return xalloc_format("%.*s%s", (int)(slash + 1 - file), file, link);
}

/* What dwz(1) took out of several files has a file of its own. NULL: it is not to be had. */
static char *find_alt(const char *debug_file, const struct alt *alt,
                      const struct symbols_search *search)
{
    char *name = beside(debug_file, alt->link);

    if (has_build_id(name, alt))
        return name;
    free(name);
    int fd = symbols_find_debug(search, alt->build_id, alt->build_id_bytes);
    if (fd < 0)
        return NULL;
    name = symbols_find_name(fd);
    close(fd);
    return name;
}

void symbols_sources(struct symbols_file *file, const struct symbols_search *search,
                     symbols_each_source *each, void *context)
{
    struct symbols_file_parts parts = symbols_file_parts(file);
    const char *last = parts.debug_name != NULL ? parts.debug_name : parts.main_name;
    struct alt alt;
    const void *id = NULL;

    if (parts.main_name != NULL)
        each(context, parts.main_name, parts.build_id, parts.build_id_bytes, parts.debug_only);
    if (parts.debug_name != NULL && parts.build_id_bytes != 0 &&
        (parts.main_name == NULL || strcmp(parts.debug_name, parts.main_name) != 0))
        each(context, parts.debug_name, parts.build_id, parts.build_id_bytes, true);
    ssize_t bytes =
        parts.dwarf != NULL ? dwelf_dwarf_gnu_debugaltlink(parts.dwarf, &alt.link, &id) : 0;
    if (bytes <= 0 || last == NULL)
        return;
    alt.build_id = id;
    alt.build_id_bytes = (size_t)bytes;
    char *name = find_alt(last, &alt, search);
    if (name != NULL)
        each(context, name, alt.build_id, alt.build_id_bytes, true);
    free(name);
}
