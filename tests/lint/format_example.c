/* tests/lint/format_example.c: the worked example of doc/FORMAT.md is what the encoder writes */
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

/* The bytes of the indented lines below HEADING. The note beside the first line begins with a one-
 * digit number, which is no byte. */
static size_t documented(uint8_t *bytes, size_t capacity)
{
    char path[4096], line[512];
    const char *source = getenv("NPNTRACE_SRCDIR");
    size_t count = 0;
    int inside = 0;

    snprintf(path, sizeof(path), "%s/doc/FORMAT.md", source != NULL ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
