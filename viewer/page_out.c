/* viewer/page_out.c - JSON for a page: columns of numbers, texts that cannot end a script */
/* SPDX-License-Identifier: MIT */

#include "viewer/page_out.h"
#include "viewer/json_out.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* In JSON '<' stands in texts alone, where it can be written otherwise: "</script>" and "<!--" mean
 * something to a page. */
static void write_guarded(FILE *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '<')
            fputs("\\u003c", to);
        else
            fputc(text[i], to);
}

static char *dump(json_t *value)
{
    char *text = xalloc_checked(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));

    json_decref(value);
    return text;
}

void page_out_members(FILE *to, json_t *object)
{
    char *text = dump(object);

    write_guarded(to, text + 1, strlen(text) - 2);
    free(text);
}

void page_out_member(FILE *to, const char *key, json_t *value)
{
    char *text = dump(value);

    fprintf(to, ",\"%s\":", key);
    write_guarded(to, text, strlen(text));
    free(text);
}

void page_out_element(FILE *to, bool first, json_t *value)
{
    char *text = dump(value);

    fputs(first ? "" : ",", to);
    write_guarded(to, text, strlen(text));
    free(text);
}

void page_out_strings(FILE *to, const char *key, const char *const *texts, size_t count)
{
    page_out_open(to, key, '[');
    for (size_t i = 0; i < count; i++)
        page_out_element(to, i == 0, json_out_text(texts[i]));
    page_out_close(to, ']');
}

void page_out_open(FILE *to, const char *key, char bracket)
{
    fprintf(to, ",\"%s\":%c", key, bracket);
}

void page_out_close(FILE *to, char bracket)
{
    fputc(bracket, to);
}

void page_out_column(FILE *to, const char *key, bool first)
{
    fprintf(to, "%s\"%s\":[", first ? "" : ",", key);
}

void page_out_number(FILE *to, bool first, int64_t number)
{
    fprintf(to, first ? "%" PRId64 : ",%" PRId64, number);
}
