/* tests/lint/format_example.c: what doc/FORMAT.md says of bytes is what the code does */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/trace.h"

#define HEADING "### A worked example\n"
#define INDENT "    "

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The two-digit numbers at the start of a line, up to the first word that is none. */
static size_t read_bytes(const char *line, uint8_t *bytes, size_t capacity)
{
    size_t count = 0;

    for (const char *at = line; count < capacity; at += 2) {
        at += strspn(at, " ");
        if (hex_value(at[0]) < 0 || hex_value(at[1]) < 0 || (at[2] != ' ' && at[2] != '\n'))
            break;
        bytes[count++] = (uint8_t)(hex_value(at[0]) << 4 | hex_value(at[1]));
    }
    return count;
}

static FILE *open_page(void)
{
    char path[4096];
    const char *source = getenv("NPNTRACE_SRCDIR");

    snprintf(path, sizeof(path), "%s/doc/FORMAT.md", source != NULL ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

/* The bytes of the indented lines below HEADING. The note beside the first line begins with a one-
 * digit number, which is no byte. */
static size_t documented(uint8_t *bytes, size_t capacity)
{
    char line[512];
    size_t count = 0;
    int inside = 0;
    FILE *file = open_page();

    while (fgets(line, sizeof(line), file) != NULL) {
        if (strcmp(line, HEADING) == 0)
            inside = 1;
        else if (inside && strncmp(line, INDENT, strlen(INDENT)) == 0)
            count += read_bytes(line, bytes + count, capacity - count);
    }
    fclose(file);
    return count;
}

static const struct trace_event example[] = {
    {.tid = 700,
     .event = {.type = EVENT_NPN_ALLOC,
               .stamp = 1000,
               .address = 0x5000,
               .size = 16384,
               .node = 3,
               .plugin = 1,
               .instance = 1}},
    {.tid = 700,
     .event = {.type = EVENT_NPN_FREE,
               .flags = EVENT_KNOWN,
               .stamp = 1250,
               .address = 0x5000,
               .size = 16384,
               .node = 4,
               .plugin = 1,
               .instance = 1,
               .owner_plugin = 1,
               .owner_instance = 1,
               .owner_node = 3,
               .owner_stamp = 1000}},
};

static void worked_example_matches(void **state)
{
    uint8_t bytes[256];
    size_t count = documented(bytes, sizeof(bytes));
    struct trace_events_writer writer = {0};
    struct trace_buffer out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(example) / sizeof(example[0]); i++)
        trace_events_add(&writer, &example[i]);
    trace_events_encode(&writer, &out);
    assert_int_equal(out.error, 0);
    assert_int_equal(count, out.length);
    assert_memory_equal(bytes, out.bytes, out.length);
    trace_buffer_free(&out);
    trace_events_free(&writer);
}

struct field {
    const char *name;
    size_t offset;
};

#define HEADER(member) {#member, offsetof(struct ring_header, member)}
#define CHUNK(member) {#member, offsetof(struct ring_chunk, member)}

static const struct field header_fields[] = {
    HEADER(magic),         HEADER(version),       HEADER(header_bytes),
    HEADER(endian_mark),   HEADER(policy),        HEADER(clock),
    HEADER(origin),        HEADER(layout),        HEADER(prefix_sum),
    HEADER(host_origin),   HEADER(pid),           HEADER(start_ticks),
    HEADER(boot_id),       HEADER(start_stamp),   HEADER(start_realtime_ns),
    HEADER(exe),           HEADER(unwinder),      HEADER(process_start_stamp),
    HEADER(state),         HEADER(stop_reason),   HEADER(stop_stamp),
    HEADER(used),          HEADER(totals),        HEADER(recorder_lock),
    HEADER(pool_word),     {NULL, 0},
};
static const struct field chunk_fields[] = {
    CHUNK(state),          CHUNK(thread),         CHUNK(sequence),
    CHUNK(base_stamp),     CHUNK(dropped_before), CHUNK(level),
    CHUNK(committed),      {NULL, 0},
};

/* Is there a row "| offset | bytes | name" below the heading? */
static int has_row(const char *heading, const struct field *field)
{
    char line[512], start[32], name[64];
    int inside = 0, found = 0;
    FILE *file = open_page();

    snprintf(start, sizeof(start), "| %zu | ", field->offset);
    snprintf(name, sizeof(name), " | %s", field->name);
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#')
            inside = strcmp(line, heading) == 0;
        else if (inside && strncmp(line, start, strlen(start)) == 0)
            found = strstr(line, name) != NULL;
    }
    fclose(file);
    if (!found)
        print_message("no row for %s at offset %zu\n", field->name, field->offset);
    return found;
}

static void header_offsets_match(void **state)
{
    (void)state;
    for (const struct field *field = header_fields; field->name != NULL; field++)
        assert_true(has_row("### Header\n", field));
}

static void chunk_offsets_match(void **state)
{
    (void)state;
    for (const struct field *field = chunk_fields; field->name != NULL; field++)
        assert_true(has_row("### Chunks\n", field));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example_matches),
        cmocka_unit_test(header_offsets_match),
        cmocka_unit_test(chunk_offsets_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
