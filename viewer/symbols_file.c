/* viewer/symbols_file.c - one ELF file with its debug information, through libdwfl */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_file.h"
#include "viewer/demangle.h"
#include "viewer/symbols_functions.h"
#include "viewer/symbols_names.h"
#include "viewer/symbols_units.h"
#include "viewer/xalloc.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES_MAX 256 /* inlined into each other at one address; more is damage */

struct symbols_file {
    Dwfl *dwfl;
    Dwfl_Module *module;
    GElf_Addr bias; /* of libdwfl's address space against the file's */
    struct symbols_units *units;
    struct symbols_functions *functions;
    struct symbols_names *names; /* NULL: not needed yet */
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

/* A path from a recording may name anything: only a regular file is opened, and never waited for.
 */
static enum symbols_state open_regular(const char *path, int *ret_fd)
{
    struct stat status;

    if (path[0] != '/')
        return SYMBOLS_MISSING;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == EACCES || errno == EPERM ? SYMBOLS_UNREADABLE : SYMBOLS_MISSING;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return SYMBOLS_UNREADABLE;
    }
    *ret_fd = fd;
    return SYMBOLS_GOOD;
}

static enum symbols_state compare_build_id(Dwfl_Module *module, const uint8_t *build_id,
                                           size_t build_id_bytes)
{
    const unsigned char *found = NULL;
    GElf_Addr vaddr;

    if (build_id_bytes == 0)
        return SYMBOLS_UNVERIFIED;
    int bytes = dwfl_module_build_id(module, &found, &vaddr);
    if (bytes <= 0)
        return SYMBOLS_DIFFERENT;
    /* A recording keeps a limited number of bytes of a longer build-id. */
    if ((size_t)bytes < build_id_bytes || memcmp(found, build_id, build_id_bytes) != 0)
        return SYMBOLS_DIFFERENT;
    return SYMBOLS_GOOD;
}

enum symbols_state symbols_file_open(const char *path, const uint8_t *build_id,
                                     size_t build_id_bytes, struct symbols_file **ret_file)
{
    int fd = -1;
    enum symbols_state state = open_regular(path, &fd);
    struct symbols_file *file;

    *ret_file = NULL;
    if (state != SYMBOLS_GOOD)
        return state;
    file = xalloc_zeroed(1, sizeof(*file));
    file->dwfl = dwfl_begin(&callbacks);
    if (file->dwfl != NULL)
        file->module =
            dwfl_report_offline(file->dwfl, path, path, fd); /* keeps fd if it succeeds */
    if (file->module == NULL) {
        close(fd);
        symbols_file_close(file);
        return SYMBOLS_UNREADABLE;
    }
    dwfl_report_end(file->dwfl, NULL, NULL);
    file->functions = symbols_functions_new();
    state = compare_build_id(file->module, build_id, build_id_bytes);
    if (state == SYMBOLS_DIFFERENT || dwfl_module_getelf(file->module, &file->bias) == NULL) {
        symbols_file_close(file);
        return state == SYMBOLS_DIFFERENT ? state : SYMBOLS_UNREADABLE;
    }
    *ret_file = file;
    return state;
}

void symbols_file_close(struct symbols_file *file)
{
    if (file == NULL)
        return;
    symbols_units_free(file->units);
    symbols_functions_free(file->functions);
    symbols_names_free(file->names);
    if (file->dwfl != NULL)
        dwfl_end(file->dwfl);
    free(file);
}

/* The unit with this address. Compilers other than GCC leave .debug_aranges out, on which libdw
 * relies: then the units' own ranges are searched. */
static Dwarf_Die *unit_at(struct symbols_file *file, Dwarf_Addr address, Dwarf_Addr *ret_bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(file->module, address, ret_bias);

    if (unit != NULL)
        return unit;
    if (file->units == NULL)
        file->units = symbols_units_new(file->module);
    return symbols_units_find(file->units, address, ret_bias);
}

static char *copy_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : xalloc_string(text);
}

static char *die_name(Dwarf_Die *die)
{
    static const unsigned linkage[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
    Dwarf_Attribute attribute;

    for (size_t i = 0; i < sizeof(linkage) / sizeof(linkage[0]); i++) {
        const char *symbol = dwarf_formstring(dwarf_attr_integrate(die, linkage[i], &attribute));
        if (symbol != NULL)
            return demangle(symbol);
    }
    return copy_or_null(dwarf_diename(die));
}

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;

    if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0 || value > UINT32_MAX)
        return 0;
    return (uint32_t)value;
}

static char *call_file(Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Files *files;
    size_t count;
    uint32_t index = number_of(inlined, DW_AT_call_file);

    if (dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count)
        return NULL;
    return copy_or_null(dwarf_filesrc(files, index, NULL, NULL));
}

static void line_at(Dwarf_Die *unit, Dwarf_Addr address, struct symbols_frame *frame)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    int number = 0;

    if (line == NULL)
        return;
    frame->file = copy_or_null(dwarf_linesrc(line, NULL, NULL));
    if (dwarf_lineno(line, &number) == 0 && number > 0)
        frame->line = (uint32_t)number;
}

/* The line of each function is where it stands: the first one's from the line table, each outer
 * one's from where the inner one was called. */
static size_t lookup_dwarf(struct symbols_file *file, Dwarf_Die *unit, Dwarf_Addr address,
                           struct symbols_frame *frames)
{
    Dwarf_Die scopes[FRAMES_MAX];
    size_t count = symbols_functions_at(file->functions, unit, address, scopes, FRAMES_MAX);

    line_at(unit, address, &frames[0]);
    for (size_t i = 0; i < count; i++) {
        frames[i].function = die_name(&scopes[i]);
        frames[i].inlined = dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine;
        if (i + 1 == count)
            break;
        frames[i + 1].file = call_file(unit, &scopes[i]);
        frames[i + 1].line = number_of(&scopes[i], DW_AT_call_line);
    }
    return count;
}

static char *symbol_name(struct symbols_file *file, Dwarf_Addr address)
{
    if (file->names == NULL)
        file->names = symbols_names_new(file->module);
    const char *name = symbols_names_at(file->names, address);

    return name != NULL ? demangle(name) : NULL;
}

size_t symbols_file_lookup(struct symbols_file *file, uint64_t address,
                           struct symbols_frame **ret_frames)
{
    struct symbols_frame frames[FRAMES_MAX] = {{0}};
    Dwarf_Addr in_dwfl = address + file->bias, bias = 0;
    Dwarf_Die *unit = unit_at(file, in_dwfl, &bias);
    size_t count = 0;

    if (unit != NULL)
        count = lookup_dwarf(file, unit, in_dwfl - bias, frames);
    if (count == 0) {
        frames[0].function = symbol_name(file, in_dwfl);
        count = frames[0].function != NULL || frames[0].file != NULL;
    }
    if (count == 0) {
        *ret_frames = NULL;
        return 0;
    }
    *ret_frames = xalloc_zeroed(count, sizeof(frames[0]));
    memcpy(*ret_frames, frames, count * sizeof(frames[0]));
    return count;
}
