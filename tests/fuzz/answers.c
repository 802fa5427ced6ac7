/* tests/fuzz/answers.c - what is made of a recording beside its plain reports */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/answers.h"
#include "tests/fuzz/fuzz.h"
#include "viewer/diff_json.h"
#include "viewer/diff_text.h"
#include "viewer/export.h"
#include "viewer/flame_svg.h"
#include "viewer/html.h"
#include "viewer/page_data.h"
#include "viewer/report_profile.h"
#include "viewer/timeline_text.h"
#include "viewer/xalloc.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 800u
#define SAMPLES 40u
#define MANY 10000u /* instances */
#define JSON_BYTES (4u << 20) /* more would be much memory for jansson */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what is asked -------------------------------------------------------------------------- */

_Static_assert(ANSWERS_FILTER_OF(ANSWERS * 3 * 7) == 7, "as print_groups() chooses it");

static uint64_t some_instances[] = {1, 3};
static uint64_t some_tids[] = {1, 2, 101, 4243};
static const char *some_words[] = {"*lib*", "?*"};
static regex_t some_match;

static const struct filter filters[] = {
    {0},
    {.from = {FILTER_PERCENT, 0, 25}, .to = {FILTER_PERCENT, 0, 75}},
    {.from = {FILTER_NS, 10000, 0}, .charge = CHARGE_INNERMOST},
    {.memory = FILTER_MEMORY_HEAP, .to = {FILTER_PERCENT, 0, 100}},
    {.memory = FILTER_MEMORY_NPN, .instances = {some_instances, COUNT(some_instances), 2}},
    {.has_sizes = true, .least_bytes = 16, .most_bytes = 4096, .charge = CHARGE_NON_SYSTEM},
    {.tids = {some_tids, COUNT(some_tids), 4}, .charge = CHARGE_OUTERMOST},
    {.modules = {some_words, 1, 2}, .from = {FILTER_PERCENT, 0, 10}},
    {.functions = {some_words, COUNT(some_words), 2}, .charge = CHARGE_OUTERMOST},
    {.matches = &some_match, .match_count = 1, .files = {some_words + 1, 1, 2}},
};

static const struct filter *filter_by(unsigned variety)
{
    const struct filter *filter = &filters[variety % COUNT(filters)];
    static bool is_compiled;

    if (filter->match_count != 0 && !is_compiled)
        is_compiled = regcomp(&some_match, "N|[a-f]", REG_EXTENDED | REG_NOSUB) == 0;
    return filter;
}

/* ---- what is said of the answers ------------------------------------------------------------ */

struct written {
    char *text;
    size_t length;
    FILE *to;
};

static void begin(struct written *written)
{
    *written = (struct written){0};
    written->to = open_memstream(&written->text, &written->length);
    fuzz_require(written->to != NULL, "open_memstream");
}

static void end(struct written *written)
{
    fuzz_require(ferror(written->to) == 0, "written without an error");
    fclose(written->to);
}

static void end_json(struct written *written)
{
    json_error_t error;

    end(written);
    if (written->length <= JSON_BYTES) {
        json_t *json = json_loadb(written->text, written->length, 0, &error);
        fuzz_require(json != NULL, "what is to be JSON is JSON");
        json_decref(json);
    }
    free(written->text);
}

static void end_picture(struct written *written)
{
    end(written);
    for (size_t i = 0; i < written->length; i++)
        fuzz_require((unsigned char)written->text[i] >= ' ' || written->text[i] == '\n' ||
                         written->text[i] == '\t',
                     "a picture has no control characters");
    fuzz_require(strstr(written->text, "\"nan") == NULL && strstr(written->text, "inf\"") == NULL,
                 "a picture has numbers");
    free(written->text);
}

/* ---- answers -------------------------------------------------------------------------------- */

static enum profile_column column_of(unsigned columns, unsigned variety)
{
    unsigned column = variety % PROFILE_COLUMNS;

    return (columns & COLUMN_BIT(column)) != 0 ? (enum profile_column)column : COLUMN_ALLOCS;
}

static void print_profile(struct session *session, const struct report_profile *asked, bool as_json)
{
    if (as_json)
        json_out_print(report_profile_json(session, asked));
    else
        report_profile_print(session, asked);
}

static void print_groups(struct session *session, unsigned variety, bool as_json)
{
    enum profile_key key = variety % PROFILE_KEYS;
    struct report_profile asked = {
        .filter = *filter_by(variety / 3),
        .has_key = true,
        .key = key,
        .column = column_of(profile_key_columns(key), variety / 2),
    };

    print_profile(session, &asked, as_json);
}

static void print_tree(struct session *session, unsigned variety, bool as_json)
{
    struct report_profile asked = {
        .filter = *filter_by(variety / 2),
        .has_tree = true,
        .tree = variety % 2 == 0 ? PROFILE_TOP_DOWN : PROFILE_BOTTOM_UP,
        .column = column_of(PROFILE_TREE_COLUMNS, variety / 2),
        .has_depth = variety % 3 == 0,
        .depth = variety % 5,
    };

    print_profile(session, &asked, as_json);
}

static void draw_flame(struct session *session, unsigned variety, bool as_json)
{
    struct profile *profile = profile_build(session, filter_by(variety / 2), 0);
    struct flame *flame =
        flame_build(session, profile, variety % FLAME_MEASURES, variety / 2 % 2 == 1);
    struct written written;

    begin(&written);
    if (as_json) {
        flame_json_write(flame, profile->partial, written.to);
        end_json(&written);
    } else {
        flame_svg_write(session, flame, session->recording->process.exe, WIDTH, written.to);
        end_picture(&written);
    }
    flame_free(flame);
    profile_free(profile);
}

static void draw_timeline(struct session *session, unsigned variety, bool as_json)
{
    struct profile *profile = profile_build(session, filter_by(variety), SAMPLES);
    enum timeline_measure measure = variety % TIMELINE_MEASURES;
    struct written written;

    if (as_json) { /* the other way to see it */
        timeline_text_print(session, profile, measure);
    } else {
        begin(&written);
        timeline_svg_write(session, profile, measure, WIDTH, written.to);
        end_picture(&written);
    }
    profile_free(profile);
}

static void write_page(struct session *session, unsigned variety, bool as_json)
{
    const struct filter *filter = filter_by(variety);
    struct profile *profile = html_profile(session, filter);
    struct written written;

    (void)as_json;
    if (session->recording->instance_count > MANY) { /* which it is to be written without keeping */
        page_data_write(session, profile, false, stdout);
    } else {
        begin(&written);
        page_data_write(session, profile, !filter_is_empty(filter), written.to);
        fflush(written.to);
        fuzz_require(memchr(written.text, '<', written.length) == NULL, "may stand in a <script>");
        end_json(&written);
    }
    profile_free(profile);
}

/* A directory for the format that is one, and nothing on a disk for the database. */
static const char *target_of(const struct export_format *format, char *directory)
{
    if ((format->needs & EXPORT_MAKES_FILE) != 0)
        return ":memory:";
    if ((format->needs & EXPORT_MAKES_DIRECTORY) == 0)
        return NULL;
    fuzz_require(mkdtemp(directory) != NULL, "mkdtemp");
    return directory;
}

static void remove_directory(const char *directory)
{
    static const char *const names[] = {"metadata", "events"};
    char path[100];

    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    fuzz_require(rmdir(directory) == 0, "rmdir");
}

static void write_export(struct session *session, unsigned variety, bool as_json)
{
    const struct export_format *format = &export_formats[variety % export_format_count];
    char directory[] = "/dev/shm/npntrace-fuzz-XXXXXX";
    const char *path = target_of(format, directory);
    const struct filter *filter = filter_by(variety / 4);
    struct written written;

    (void)as_json;
    begin(&written);
    struct export_job job = {
        .session = session,
        .filter = filter,
        .profile = (format->needs & EXPORT_NEEDS_PROFILE) != 0
                       ? profile_build(session, filter, SAMPLES)
                       : NULL,
        .names = export_names_new(session),
        .value = variety / 8 % EXPORT_VALUES,
        .samples = SAMPLES,
        .out = (format->needs & EXPORT_BINARY) != 0 ? stdout : written.to, /* by its descriptor */
        .path = path,
    };
    fuzz_require(format->write(&job) == 0, "an export that is written");
    export_names_free(job.names);
    profile_free((struct profile *)job.profile);
    if (path == directory)
        remove_directory(directory);
    if (strcmp(format->name, "speedscope") == 0) {
        end_json(&written);
        return;
    }
    end(&written);
    free(written.text);
}

static void require_equal(const struct diff_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (enum diff_measure measure = 0; measure < DIFF_MEASURES; measure++)
            fuzz_require(diff_change(&rows[i], measure) == 0, "nothing grew to itself");
        fuzz_require(diff_change_of_objects(&rows[i]) == 0, "no objects grew to themselves");
    }
}

static void print_diff(struct session *session, unsigned variety, bool as_json)
{
    struct session sessions[DIFF_SIDES] = {*session, {.options = session->options}};
    struct diff_wanted wanted = {.host = variety % 2 == 0,
                                 .whole_stacks = variety / 2 % 2 == 0,
                                 .measure = variety / 4 % DIFF_MEASURES};
    struct problem problem;
    struct session *other = &sessions[DIFF_B];
    struct diff diff;

    other->recording =
        recording_open(session->recording->path, session->recording->force, &problem);
    fuzz_require(other->recording != NULL, "what was opened is opened again");
    other->model = model_build(other->recording);
    other->wanted = xalloc_zeroed(session->recording->plugin_count + 1, sizeof(bool));
    memcpy(other->wanted, session->wanted, session->recording->plugin_count + 1);
    other->stacks = stacks_new(other->model);
    for (size_t i = 0; i < other->recording->module_count; i++)
        other->recording->modules[i].path = session->recording->modules[i].path;
    other->names = names_new(other->recording, false);
    char *reason = diff_make(&diff, sessions, &wanted);
    if (reason == NULL) {
        require_equal(diff.plugins, diff.plugin_count);
        require_equal(diff.rows, diff.row_count);
        if (as_json)
            diff_json_print(&diff, wanted.measure, false);
        else
            diff_text_print(&diff, wanted.measure);
    }
    free(reason);
    diff_free(&diff);
    session_end(other);
}

void answers_print(struct session *session, unsigned choice, bool as_json)
{
    static void (*const answers[ANSWERS])(struct session *, unsigned, bool) = {
        print_groups, print_tree, draw_flame, draw_timeline,
        write_page,   write_export, write_export, print_diff,
    };
    unsigned variety = choice / ANSWERS;

    /* One of the plug-ins alone, as --plugin chooses it. */
    if (variety % 7 == 6 && session->recording->plugin_count != 0)
        for (size_t id = 0; id <= session->recording->plugin_count; id++)
            session->wanted[id] = id == 1;
    answers[ANSWERS_OF(choice)](session, variety, as_json);
}
