/* viewer/export_sqlite.c - an SQLite database: tables of the profile, and views over them */
/* SPDX-License-Identifier: MIT */

/* The schema is in export_sqlite_schema.c. All rows go in within one transaction; the file is new
 * and thrown away if anything fails, so nothing is synchronised before the end. */
#include "config.h"
#include "viewer/export.h"
#include "viewer/export_sqlite.h"
#include "viewer/message.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct database {
    struct export_job *job;
    sqlite3 *sqlite;
    sqlite3_stmt *insert;
    int column; /* that was bound last */
    bool failed;
};

static void fail(struct database *database)
{
    if (!database->failed)
        message("cannot write %s: %s", database->job->path, sqlite3_errmsg(database->sqlite));
    database->failed = true;
}

static void execute(struct database *database, const char *sql)
{
    if (!database->failed &&
        sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(database);
}

/* insert_begin, a value for each column, insert_end for each row; insert_done. */
static void insert_begin(struct database *database, const char *sql)
{
    database->column = 0;
    if (!database->failed &&
        sqlite3_prepare_v2(database->sqlite, sql, -1, &database->insert, NULL) != SQLITE_OK)
        fail(database);
}

static void put_number(struct database *database, uint64_t number)
{
    if (!database->failed)
        sqlite3_bind_int64(database->insert, ++database->column, (sqlite3_int64)number);
}

static void put_null(struct database *database)
{
    if (!database->failed)
        sqlite3_bind_null(database->insert, ++database->column);
}

static void put_number_or_null(struct database *database, uint64_t number)
{
    if (number == 0)
        put_null(database);
    else
        put_number(database, number);
}

/* "" is NULL. */
static void put_text(struct database *database, const char *text)
{
    if (database->failed)
        return;
    char *valid = text_utf8(text, strlen(text), false);
    sqlite3_bind_text(database->insert, ++database->column, valid[0] != '\0' ? valid : NULL, -1,
                      SQLITE_TRANSIENT);
    free(valid);
}

static void insert_row(struct database *database)
{
    if (database->failed)
        return;
    if (sqlite3_step(database->insert) != SQLITE_DONE)
        fail(database);
    sqlite3_reset(database->insert);
    database->column = 0;
}

static void insert_done(struct database *database)
{
    sqlite3_finalize(database->insert);
    database->insert = NULL;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void put_fact(struct database *database, const char *key, uint64_t number, const char *text)
{
    put_text(database, key);
    if (text != NULL)
        put_text(database, text);
    else
        put_number(database, number);
    insert_row(database);
}

static void put_recording(struct database *database)
{
    const struct profile *profile = database->job->profile;
    const struct recording *recording = database->job->session->recording;
    char *command = export_command(database->job);

    insert_begin(database, "INSERT INTO recording VALUES (?, ?)");
    put_fact(database, "npntrace", 0, PACKAGE_VERSION);
    put_fact(database, "exe", 0, recording->process.exe);
    put_fact(database, "command", 0, command);
    put_fact(database, "pid", recording->process.pid, NULL);
    put_fact(database, "start_realtime_ns", recording->process.start_realtime_ns, NULL);
    put_fact(database, "from_ns", recording_since_start_ns(recording, profile->first_stamp), NULL);
    put_fact(database, "to_ns", recording_since_start_ns(recording, profile->last_stamp), NULL);
    put_fact(database, "peak_ns", recording_since_start_ns(recording, profile->peak_stamp), NULL);
    put_fact(database, "peak_bytes", profile->peak_bytes, NULL);
    put_fact(database, "npn_peak_bytes", profile->domains[LEAK_NPN].peak_bytes, NULL);
    put_fact(database, "heap_peak_bytes", profile->domains[LEAK_HEAP].peak_bytes, NULL);
    put_fact(database, "lost_events", recording_lost_events(recording), NULL);
    put_fact(database, "partial", profile->partial, NULL);
    insert_done(database);
    free(command);
}

static void put_plugins(struct database *database)
{
    const struct recording *recording = database->job->session->recording;

    insert_begin(database, "INSERT INTO plugins VALUES (?, ?, ?, ?)");
    for (size_t i = 0; i < recording->plugin_count; i++) {
        const struct recording_plugin *plugin = &recording->plugins[i];
        char *build_id = text_build_id(plugin->build_id, plugin->build_id_bytes);
        put_number(database, i + 1);
        put_text(database, recording_base_name(plugin->path));
        put_text(database, plugin->path);
        put_text(database, build_id);
        insert_row(database);
        free(build_id);
    }
    insert_done(database);
}

static void put_instances(struct database *database)
{
    const struct recording *recording = database->job->session->recording;

    insert_begin(database, "INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < recording->instance_count; i++) {
        const struct recording_instance *instance = &recording->instances[i];
        put_number(database, i + 1);
        put_number_or_null(database, instance->plugin);
        put_text(database, instance->mime);
        put_text(database, instance->page);
        put_number(database, recording_since_start_ns(recording, instance->created_stamp));
        put_number_or_null(database,
                           recording_since_start_ns(recording, instance->destroyed_stamp));
        insert_row(database);
    }
    insert_done(database);
}

static void put_rows(struct database *database)
{
    const struct profile *profile = database->job->profile;
    const struct recording *recording = database->job->session->recording;

    insert_begin(database,
                 "INSERT INTO allocations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        put_text(database, export_memory_name(row->domain));
        put_number_or_null(database, row->plugin);
        put_number_or_null(database, row->instance);
        put_number(database, row->stack);
        for (int value = 0; value < EXPORT_VALUES; value++)
            put_number(database, export_number(row, (enum export_value)value));
        put_number(database, row->peak_bytes);
        put_number(database, recording_since_start_ns(recording, row->first_stamp));
        put_number(database, recording_since_start_ns(recording, row->last_stamp));
        insert_row(database);
    }
    insert_done(database);
}

/* Those of all rows; several rows have the same. */
static void put_stacks(struct database *database)
{
    size_t count;
    struct profile_row *rows = export_rows(database->job, &count);

    insert_begin(database, "INSERT OR IGNORE INTO stack_frames VALUES (?, ?, ?)");
    for (size_t i = 0; i < count; i++) {
        const uint32_t *frames;
        size_t depth = export_names_stack(database->job->names, rows[i].stack, &frames);
        for (size_t at = 0; at < depth; at++) {
            put_number(database, rows[i].stack);
            put_number(database, at);
            put_number(database, frames[at]);
            insert_row(database);
        }
    }
    insert_done(database);
    free(rows);
}

static void put_names(struct database *database)
{
    const struct export_names *names = database->job->names;

    insert_begin(database, "INSERT INTO functions VALUES (?, ?, ?, ?)");
    for (uint32_t id = 1; id <= export_names_functions(names); id++) {
        const struct export_function *function = export_names_function(names, id);
        put_number(database, id);
        put_text(database, function->name);
        put_text(database, function->file);
        put_text(database, function->module);
        insert_row(database);
    }
    insert_done(database);
    insert_begin(database, "INSERT INTO frames VALUES (?, ?, ?, ?, ?)");
    for (uint32_t id = 1; id <= export_names_frames(names); id++) {
        const struct export_frame *frame = export_names_frame(names, id);
        put_number(database, id);
        put_number(database, frame->function);
        put_number_or_null(database, frame->line);
        put_number(database, frame->address);
        put_number(database, frame->inlined);
        insert_row(database);
    }
    insert_done(database);
}

static void put_sample(struct database *database, uint32_t plugin,
                       const struct profile_sample *sample)
{
    const struct recording *recording = database->job->session->recording;
    uint64_t end = database->job->profile->last_stamp;

    put_number_or_null(database, plugin);
    put_number(database,
               recording_since_start_ns(recording, sample->stamp < end ? sample->stamp : end));
    put_number(database, sample->live_blocks);
    put_number(database, sample->live_bytes);
    put_number(database, sample->peak_bytes);
    put_number(database, sample->allocs);
    put_number(database, sample->bytes);
    put_number(database, sample->frees);
    insert_row(database);
}

static void put_timeline(struct database *database)
{
    const struct profile *profile = database->job->profile;

    insert_begin(database, "INSERT INTO timeline VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < profile->track_count; i++)
        for (size_t at = 0; at < profile->sample_count; at++)
            put_sample(database, profile->tracks[i].plugin, &profile->tracks[i].samples[at]);
    insert_done(database);
}

static void put_classes(struct database *database, const char *sql,
                        const uint64_t (*counts)[PROFILE_CLASSES],
                        const uint64_t (*bytes)[PROFILE_CLASSES])
{
    insert_begin(database, sql);
    for (unsigned i = 0; i < PROFILE_DOMAINS * PROFILE_CLASSES; i++) {
        unsigned domain = i / PROFILE_CLASSES, class = i % PROFILE_CLASSES;
        if (counts[domain][class] == 0)
            continue;
        put_text(database, export_memory_name((enum leak_domain)domain));
        put_number(database, class == 0 ? 0 : UINT64_C(1) << (class - 1));
        put_number(database, counts[domain][class]);
        put_number(database, bytes[domain][class]);
        insert_row(database);
    }
    insert_done(database);
}

static void put_threads(struct database *database)
{
    const struct profile *profile = database->job->profile;

    insert_begin(database, "INSERT INTO threads VALUES (?, ?, ?, ?, ?)");
    for (size_t i = 0; i < profile->thread_count; i++) {
        put_text(database, export_memory_name(profile->threads[i].domain));
        put_number(database, profile->threads[i].tid);
        put_number(database, profile->threads[i].allocs);
        put_number(database, profile->threads[i].bytes);
        put_number(database, profile->threads[i].frees);
        insert_row(database);
    }
    insert_done(database);
}

int export_sqlite(struct export_job *job)
{
    const struct profile *profile = job->profile;
    struct database database = {.job = job};

    if (sqlite3_open_v2(job->path, &database.sqlite, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        fail(&database);
    execute(&database, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
    for (const char *const *sql = export_sqlite_schema; *sql != NULL; sql++)
        execute(&database, *sql);
    put_recording(&database);
    put_plugins(&database);
    put_instances(&database);
    put_rows(&database);
    put_stacks(&database);
    put_names(&database);
    put_timeline(&database);
    put_classes(&database, "INSERT INTO sizes VALUES (?, ?, ?, ?)", profile->sizes,
                profile->size_bytes);
    put_classes(&database, "INSERT INTO lifetimes VALUES (?, ?, ?, ?)", profile->lifetimes,
                profile->lifetime_bytes);
    put_threads(&database);
    execute(&database, "COMMIT");
    if (sqlite3_close(database.sqlite) != SQLITE_OK && !database.failed)
        fail(&database);
    return database.failed ? -1 : 0;
}
