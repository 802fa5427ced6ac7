/* viewer/export_pprof.c - profile.proto, compressed, for pprof */
/* SPDX-License-Identifier: MIT */

/*
 * A message of protocol buffers may be written in pieces: repeated fields add up. So each sample,
 * location, function and text is packed by itself as soon as it is met, and memory does not go with
 * the size of the file. Whose memory a sample is stands in its labels: plugin, memory, instance.
 */
#include "config.h"
#include "viewer/export.h"
#include "viewer/message.h"
#include "viewer/pprof.pb-c.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>
#include <zlib.h>

struct text_number {
    char *text;
    int64_t number;
    uint64_t mapping; /* if it is a module's path; 0: none yet */
    UT_hash_handle hh;
};

struct done { /* by number: was it written? */
    bool *list;
    size_t capacity;
};

struct pprof {
    struct export_job *job;
    gzFile out;
    bool failed;
    uint8_t *packed;
    size_t packed_capacity;
    struct text_number *texts;
    int64_t text_count;
    uint64_t mapping_count;
    struct done functions, locations;
    uint64_t *location_ids; /* of the stack being written */
    size_t location_capacity;
};

/* The names that pprof's users know from heap profiles, where there are such. */
static const char *const value_names[EXPORT_VALUES] = {
    [EXPORT_BYTES] = "alloc_space",        [EXPORT_ALLOCS] = "alloc_objects",
    [EXPORT_FREES] = "free_objects",       [EXPORT_LIVE_BYTES] = "inuse_space",
    [EXPORT_LIVE_BLOCKS] = "inuse_objects", [EXPORT_PEAK_BYTES] = "peak_space",
    [EXPORT_PEAK_BLOCKS] = "peak_objects", [EXPORT_TEMPORARY] = "temporary_objects",
};

static void put(struct pprof *pprof, const Pprof__Profile *piece)
{
    size_t bytes = pprof__profile__get_packed_size(piece);

    if (bytes > pprof->packed_capacity) {
        pprof->packed_capacity = bytes * 2;
        pprof->packed = xalloc_resized(pprof->packed, pprof->packed_capacity, 1);
    }
    pprof__profile__pack(piece, pprof->packed);
    if (bytes != 0 && gzwrite(pprof->out, pprof->packed, (unsigned)bytes) == 0)
        pprof->failed = true;
}

static struct text_number *text_of(struct pprof *pprof, const char *text)
{
    struct text_number *known;

    HASH_FIND_STR(pprof->texts, text, known);
    if (known != NULL)
        return known;
    known = xalloc_zeroed(1, sizeof(*known));
    known->text = xalloc_string(text);
    known->number = pprof->text_count++;
    HASH_ADD_KEYPTR(hh, pprof->texts, known->text, strlen(known->text), known);
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    piece.n_string_table = 1;
    piece.string_table = &known->text;
    put(pprof, &piece);
    return known;
}

static int64_t number_of(struct pprof *pprof, const char *text)
{
    return text_of(pprof, text)->number;
}

static bool first_time(struct done *done, size_t number)
{
    if (number >= done->capacity) {
        size_t capacity = number * 2 + 64;
        done->list = xalloc_resized(done->list, capacity, 1);
        memset(done->list + done->capacity, 0, capacity - done->capacity);
        done->capacity = capacity;
    }
    if (done->list[number])
        return false;
    return done->list[number] = true;
}

static void put_types(struct pprof *pprof)
{
    Pprof__ValueType type = PPROF__VALUE_TYPE__INIT, *types[] = {&type};

    for (int value = 0; value < EXPORT_VALUES; value++) {
        Pprof__Profile piece = PPROF__PROFILE__INIT;
        type.type = number_of(pprof, value_names[value]);
        type.unit = number_of(pprof, export_values[value].is_bytes ? "bytes" : "count");
        piece.n_sample_type = 1;
        piece.sample_type = types;
        put(pprof, &piece);
    }
}

static void put_head(struct pprof *pprof)
{
    const struct recording *recording = pprof->job->session->recording;
    char *command = export_command(pprof->job);
    int64_t comments[] = {number_of(pprof, "npntrace " PACKAGE_VERSION), number_of(pprof, command)};
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    Pprof__ValueType period = PPROF__VALUE_TYPE__INIT;

    put_types(pprof);
    period.type = number_of(pprof, "space");
    period.unit = number_of(pprof, "bytes");
    piece.period_type = &period;
    piece.period = 1; /* every byte was counted, none estimated */
    piece.time_nanos = (int64_t)recording->process.start_realtime_ns;
    piece.duration_nanos =
        (int64_t)(pprof->job->profile->last_stamp - pprof->job->profile->first_stamp);
    piece.default_sample_type = number_of(pprof, value_names[pprof->job->value]);
    piece.n_comment = sizeof(comments) / sizeof(comments[0]);
    piece.comment = comments;
    put(pprof, &piece);
    free(command);
}

static char *build_id_of(const struct pprof *pprof, const char *path)
{
    const struct recording *recording = pprof->job->session->recording;

    for (size_t i = 0; i < recording->module_count; i++)
        if (strcmp(recording->modules[i].path, path) == 0)
            return text_build_id(recording->modules[i].build_id,
                                 recording->modules[i].build_id_bytes);
    return xalloc_string("");
}

/* has_...: pprof is not to look for better names by itself. */
static uint64_t mapping_of(struct pprof *pprof, const char *path)
{
    if (path[0] == '\0')
        return 0;
    struct text_number *text = text_of(pprof, path);
    if (text->mapping != 0)
        return text->mapping;
    text->mapping = ++pprof->mapping_count;
    char *build_id = build_id_of(pprof, path);
    Pprof__Mapping mapping = PPROF__MAPPING__INIT, *mappings[] = {&mapping};
    mapping.id = text->mapping;
    mapping.filename = text->number;
    mapping.build_id = number_of(pprof, build_id);
    mapping.has_functions = mapping.has_filenames = true;
    mapping.has_line_numbers = mapping.has_inline_frames = true;
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    piece.n_mapping = 1;
    piece.mapping = mappings;
    put(pprof, &piece);
    free(build_id);
    return text->mapping;
}

static void put_function(struct pprof *pprof, uint32_t id)
{
    if (!first_time(&pprof->functions, id))
        return;
    const struct export_function *from = export_names_function(pprof->job->names, id);
    Pprof__Function function = PPROF__FUNCTION__INIT, *functions[] = {&function};
    function.id = id;
    function.name = function.system_name = number_of(pprof, from->name);
    function.filename = number_of(pprof, from->file);
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    piece.n_function = 1;
    piece.function = functions;
    put(pprof, &piece);
}

/* The frames at one address, of which only the last is not inlined. It gives the location its
 * number. */
static uint64_t location_of(struct pprof *pprof, const uint32_t *frames, size_t count)
{
    struct export_names *names = pprof->job->names;
    uint32_t id = frames[count - 1];

    if (!first_time(&pprof->locations, id))
        return id;
    Pprof__Line *lines = xalloc_zeroed(count, sizeof(*lines));
    Pprof__Line **pointers = xalloc_zeroed(count, sizeof(Pprof__Line *));
    for (size_t i = 0; i < count; i++) {
        const struct export_frame *frame = export_names_frame(names, frames[i]);
        put_function(pprof, frame->function);
        pprof__line__init(&lines[i]);
        lines[i].function_id = frame->function;
        lines[i].line = frame->line;
        pointers[i] = &lines[i];
    }
    const struct export_frame *last = export_names_frame(names, id);
    Pprof__Location location = PPROF__LOCATION__INIT, *locations[] = {&location};
    location.id = id;
    location.mapping_id =
        mapping_of(pprof, export_names_function(names, last->function)->module);
    location.address = last->address;
    location.n_line = count;
    location.line = pointers;
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    piece.n_location = 1;
    piece.location = locations;
    put(pprof, &piece);
    free(pointers);
    free(lines);
    return id;
}

/* Samples without a place are not valid: one whose stack is unknown has its owner there. */
static size_t locations_of(struct pprof *pprof, const struct profile_row *row)
{
    uint32_t owner = 0;
    const uint32_t *frames;
    size_t count = export_names_stack(pprof->job->names, row->stack, &frames), taken = 0;

    if (count == 0) {
        owner = export_owner(pprof->job, row->domain, row->plugin);
        frames = &owner;
        count = 1;
    }
    for (size_t first = 0, i = 0; i < count; i++) {
        if (i + 1 < count && export_names_frame(pprof->job->names, frames[i])->inlined)
            continue;
        pprof->location_ids = xalloc_grown(pprof->location_ids, taken, &pprof->location_capacity,
                                           sizeof(*pprof->location_ids));
        pprof->location_ids[taken++] = location_of(pprof, frames + first, i + 1 - first);
        first = i + 1;
    }
    return taken;
}

static void put_row(struct pprof *pprof, const struct profile_row *row)
{
    char *plugin = export_plugin_name(pprof->job, row->domain, row->plugin);
    int64_t values[EXPORT_VALUES];
    Pprof__Label labels[3], *label_pointers[3];
    Pprof__Sample sample = PPROF__SAMPLE__INIT, *samples[] = {&sample};
    Pprof__Profile piece = PPROF__PROFILE__INIT;

    for (int value = 0; value < EXPORT_VALUES; value++)
        values[value] = (int64_t)export_number(row, (enum export_value)value);
    for (size_t i = 0; i < 3; i++) {
        pprof__label__init(&labels[i]);
        label_pointers[i] = &labels[i];
    }
    labels[0].key = number_of(pprof, "plugin");
    labels[0].str = number_of(pprof, plugin);
    labels[1].key = number_of(pprof, "memory");
    labels[1].str = number_of(pprof, export_memory_name(row->domain));
    labels[2].key = number_of(pprof, "instance");
    labels[2].num = row->instance;
    sample.n_location_id = locations_of(pprof, row);
    sample.location_id = pprof->location_ids;
    sample.n_value = EXPORT_VALUES;
    sample.value = values;
    sample.n_label = row->instance != 0 ? 3 : 2;
    sample.label = label_pointers;
    piece.n_sample = 1;
    piece.sample = samples;
    put(pprof, &piece);
    free(plugin);
}

static void end(struct pprof *pprof)
{
    struct text_number *text, *next;

    HASH_ITER(hh, pprof->texts, text, next)
    {
        HASH_DEL(pprof->texts, text);
        free(text->text);
        free(text);
    }
    free(pprof->packed);
    free(pprof->functions.list);
    free(pprof->locations.list);
    free(pprof->location_ids);
}

int export_pprof(struct export_job *job)
{
    struct pprof pprof = {.job = job};
    int fd = fflush(job->out) == 0 ? dup(fileno(job->out)) : -1;

    pprof.out = fd < 0 ? NULL : gzdopen(fd, "wb");
    if (pprof.out == NULL) {
        if (fd >= 0)
            close(fd);
        message("cannot write the profile: no memory or no file descriptor is left");
        return -1;
    }
    number_of(&pprof, ""); /* the format wants it to be the first */
    put_head(&pprof);
    for (size_t i = 0; i < job->profile->row_count && !pprof.failed; i++)
        put_row(&pprof, &job->profile->rows[i]);
    end(&pprof);
    if (gzclose(pprof.out) == Z_OK && !pprof.failed)
        return 0;
    message("cannot write the profile: the disk is full, or whoever read it has gone");
    return -1;
}
