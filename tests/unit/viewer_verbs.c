/* tests/unit/viewer_verbs.c - runs the reading verbs on made recordings */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/viewer_verbs.h"

#define OUTPUT_MAX (1u << 20)

static int file, output;
static char text[OUTPUT_MAX];

void verbs_save(const struct made *made, bool as_trace)
{
    if (as_trace)
        made_save_trace(made, file, true);
    else
        made_save_ring(made, file);
}

void verbs_save_unfinished(const struct made *made)
{
    made_save_trace(made, file, false);
}

int verbs_run(verbs_verb *verb, const char *argument, const char *another)
{
    char name[] = "npntrace verb", path[64];
    char *arguments[] = {name, path, (char *)argument, (char *)another, NULL};
    int kept = dup(STDOUT_FILENO), count = 2 + (argument != NULL) + (another != NULL);

    snprintf(path, sizeof(path), "%s", made_path(file));
    fflush(stdout);
    assert_int_equal(ftruncate(output, 0), 0);
    assert_int_equal(lseek(output, 0, SEEK_SET), 0);
    dup2(output, STDOUT_FILENO);
    int status = verb(count, arguments);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ssize_t bytes = pread(output, text, sizeof(text) - 1, 0);
    assert_in_range(bytes, 0, sizeof(text) - 2);
    text[bytes] = '\0';
    return status;
}

const char *verbs_text(void)
{
    return text;
}

void verbs_assert_printed(const char *const *lines)
{
    for (; *lines != NULL; lines++)
        if (strstr(text, *lines) == NULL)
            fail_msg("\"%s\" is not in:\n%s", *lines, text);
}

json_t *verbs_run_json(verbs_verb *verb, const char *argument)
{
    json_error_t error;

    assert_int_equal(verbs_run(verb, "--json", argument), STATUS_GOOD);
    json_t *json = json_loads(text, 0, &error);
    if (json == NULL)
        print_message("%s at line %d\n", error.text, error.line);
    assert_non_null(json);
    return json;
}

json_t *verbs_line_with(const char *what)
{
    char *found = strstr(text, what), *begin = found, *end;

    assert_non_null(found);
    while (begin > text && begin[-1] != '\n')
        begin--;
    end = strchr(found, '\n');
    json_t *json = json_loadb(begin, (size_t)(end - begin), 0, NULL);
    assert_non_null(json);
    return json;
}

json_int_t verbs_number(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    if (!json_is_integer(value))
        fail_msg("\"%s\" is no number", key);
    return json_integer_value(value);
}

const char *verbs_string(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    return json_is_string(value) ? json_string_value(value) : NULL;
}

int verbs_set_up(void **state)
{
    (void)state;
    file = made_file();
    output = made_file();
    return 0;
}

int verbs_tear_down(void **state)
{
    (void)state;
    close(output);
    return close(file);
}
