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
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX 256 /* inlined into each other at one address; more is damage */

struct symbols_file {
    const struct symbols_search *search;
    bool debug_only; /* the module's own file was not to be had */
    Dwfl_Callbacks callbacks;
    char *debug_path; /* which libdwfl reads through callbacks */
    Dwfl *dwfl;
    Dwfl_Module *module;
    GElf_Addr bias; /* of libdwfl's address space against the file's */
    struct symbols_units *units;
    struct symbols_functions *functions;
    struct symbols_names *names; /* NULL: not needed yet */
};

/* In the archive of the recording debug files have their build-ids for names. */
static int find_in_bundle(Dwfl_Module *module, struct bundle *bundle, const char *file_name)
{
    const unsigned char *id = NULL;
    const void *alt_id = NULL;
    const char *alt_name;
    GElf_Addr at;
    int bytes = dwfl_module_build_id(module, &id, &at);

    /* Without a name: what dwz(1) took out of the module's debug information. */
    if (file_name == NULL || file_name[0] == '\0') {
        Dwarf *dwarf = dwfl_module_getdwarf(module, &at);
        bytes = dwarf != NULL ? (int)dwelf_dwarf_gnu_debugaltlink(dwarf, &alt_name, &alt_id) : 0;
        id = alt_id;
    }
    return bytes > 0 ? bundle_debug_file(bundle, id, (size_t)bytes) : -1;
}

static int find_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
                          const char *file_name, const char *link, GElf_Word checksum,
                          char **ret_name)
{
    const struct symbols_file *file = *user;
    int fd = -1;

    if (file != NULL && file->search->bundle != NULL)
        fd = find_in_bundle(module, file->search->bundle, file_name);
    if (fd >= 0)
        return fd;
    fd =
        dwfl_standard_find_debuginfo(module, user, name, base, file_name, link, checksum, ret_name);
    if (fd >= 0 && *ret_name == NULL) /* from a server */
        *ret_name = symbols_find_name(fd);
    return fd;
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

/* Takes fd. */
static enum symbols_state try_file(const struct symbols_find *find, struct symbols_file **ret_file)
{
    struct symbols_file *file = xalloc_zeroed(1, sizeof(*file));
    enum symbols_state state = SYMBOLS_UNREADABLE;
    void **user;

    file->search = find->search;
    file->debug_only = find->debug_only;
    file->debug_path = symbols_places_debug_path(find->search->places, true);
    file->callbacks = (Dwfl_Callbacks){
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = find_debuginfo,
        .section_address = dwfl_offline_section_address,
        .debuginfo_path = &file->debug_path,
    };
    file->functions = symbols_functions_new();
    file->dwfl = dwfl_begin(&file->callbacks);
    if (file->dwfl != NULL)
        file->module = dwfl_report_offline(file->dwfl, find->name, find->name, find->fd);
    if (file->module == NULL) {
        close(find->fd); /* else libdwfl has it */
    } else {
        dwfl_report_end(file->dwfl, NULL, NULL);
        dwfl_module_info(file->module, &user, NULL, NULL, NULL, NULL, NULL, NULL);
        *user = file;
        state = compare_build_id(file->module, find->build_id, find->build_id_bytes);
        if (dwfl_module_getelf(file->module, &file->bias) == NULL)
            state = SYMBOLS_UNREADABLE;
    }
    if (state == SYMBOLS_GOOD || state == SYMBOLS_UNVERIFIED)
        *ret_file = file;
    else
        symbols_file_close(file);
    return state;
}

/* What to say of a module whose right file is nowhere: the most that is known. */
static enum symbols_state worse(enum symbols_state one, enum symbols_state other)
{
    static const unsigned known[] = {
        [SYMBOLS_MISSING] = 0, [SYMBOLS_UNREADABLE] = 1, [SYMBOLS_DIFFERENT] = 2};

    return known[other] > known[one] ? other : one;
}

enum symbols_state symbols_file_open(const struct symbols_search *search, const char *path,
                                     const uint8_t *build_id, size_t build_id_bytes,
                                     struct symbols_file **ret_file)
{
    struct symbols_find find = {
        .search = search, .path = path, .build_id = build_id, .build_id_bytes = build_id_bytes};
    enum symbols_state state = SYMBOLS_MISSING;

    *ret_file = NULL;
    while (*ret_file == NULL && symbols_find_next(&find)) {
        enum symbols_state found = find.state;
        if (found == SYMBOLS_GOOD)
            found = try_file(&find, ret_file);
        state = *ret_file != NULL ? found : worse(state, found);
    }
    symbols_find_end(&find);
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
    free(file->debug_path);
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

/* With -gsplit-dwarf the functions of a unit are in a .dwo file, and its lines here. */
static Dwarf_Die unit_of_functions(Dwarf_Die *unit)
{
    Dwarf_Die split = {0};
    uint8_t type = 0;

    if (dwarf_cu_info(unit->cu, NULL, &type, NULL, &split, NULL, NULL, NULL) != 0 ||
        type != DW_UT_skeleton || split.cu == NULL)
        return *unit;
    return split;
}

/* The line of each function is where it stands: the first one's from the line table, each outer
 * one's from where the inner one was called. */
static size_t lookup_dwarf(struct symbols_file *file, Dwarf_Die *unit, Dwarf_Addr address,
                           struct symbols_frame *frames)
{
    Dwarf_Die scopes[FRAMES_MAX];
    Dwarf_Die functions = unit_of_functions(unit);
    size_t count = symbols_functions_at(file->functions, &functions, address, scopes, FRAMES_MAX);

    line_at(unit, address, &frames[0]);
    for (size_t i = 0; i < count; i++) {
        frames[i].function = die_name(&scopes[i]);
        frames[i].inlined = dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine;
        if (i + 1 == count)
            break;
        frames[i + 1].file = call_file(&functions, &scopes[i]);
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

struct symbols_file_parts symbols_file_parts(struct symbols_file *file)
{
    struct symbols_file_parts parts = {.debug_only = file->debug_only};
    const unsigned char *id = NULL;
    Dwarf_Addr bias;
    GElf_Addr at;

    parts.dwarf = dwfl_module_getdwarf(file->module, &bias);
    int bytes = dwfl_module_build_id(file->module, &id, &at);
    parts.build_id = id;
    parts.build_id_bytes = bytes > 0 ? (size_t)bytes : 0;
    dwfl_module_info(file->module, NULL, NULL, NULL, NULL, NULL, &parts.main_name,
                     &parts.debug_name);
    return parts;
}
