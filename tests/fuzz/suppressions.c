/* tests/fuzz/suppressions.c - harness: a file of suppressions, and a name for its patterns */
/* SPDX-License-Identifier: MIT */

/*
 * The input is a byte, a name of so many bytes, and the file. An error is at a place that exists;
 * what was read can be written and read again; and a pattern fits the name if it does by a way of
 * matching that tries everything.
 */
#include "tests/fuzz/fuzz.h"
#include "viewer/suppressions.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64u
#define PATTERN_MAX_BYTES 200u /* that are tried in every way */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_hush();
    return 0;
}

/* can[i][j]: the pattern from i on fits the text from j on, to its end or (open) to anywhere. */
static bool fits_somehow(const char *pattern, size_t pattern_bytes, const char *text, bool open)
{
    static bool can[PATTERN_MAX_BYTES + 1][NAME_MAX_BYTES + 1];
    size_t text_bytes = strlen(text);

    for (size_t i = pattern_bytes + 1; i-- > 0;)
        for (size_t j = text_bytes + 1; j-- > 0;) {
            if (i == pattern_bytes)
                can[i][j] = open || j == text_bytes;
            else if (pattern[i] == '*')
                can[i][j] = can[i + 1][j] || (j < text_bytes && can[i][j + 1]);
            else
                can[i][j] = j < text_bytes && pattern[i] == text[j] && can[i + 1][j + 1];
        }
    return can[0][0];
}

static bool fits_plainly(const char *pattern, const char *text)
{
    size_t bytes = strlen(pattern);
    bool tied_begin = *pattern == '^', tied_end;

    pattern += tied_begin;
    bytes -= tied_begin;
    tied_end = bytes > 0 && pattern[bytes - 1] == '$';
    bytes -= tied_end;
    for (;; text++) {
        if (fits_somehow(pattern, bytes, text, !tied_end))
            return true;
        if (tied_begin || *text == '\0')
            return false;
    }
}

static void require_place(const char *text, size_t bytes, const struct suppressions_error *error)
{
    size_t line = 1, column = 1;

    fuzz_require(error->text[0] != '\0' && error->line > 0 && error->column > 0,
                 "an error says what, and where");
    for (size_t i = 0; i < bytes && (line < error->line || column < error->column); i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
        fuzz_require(line <= error->line, "a line is as long as the error says");
    }
    fuzz_require(line == error->line && column == error->column, "the place is in the file");
}

static void require_again(const struct suppression *suppression)
{
    struct suppressions again = {0};
    struct suppressions_error error;
    size_t bytes = strlen(suppression->pattern) + 6;
    char *line = malloc(bytes);

    fuzz_require(line != NULL, "malloc");
    strcpy(line, "leak:");
    strcat(line, suppression->pattern);
    fuzz_require(suppressions_parse(&again, "again", line, bytes - 1, &error) == 0,
                 "a pattern can be read again");
    fuzz_require(again.count == 1 && strcmp(again.list[0].pattern, suppression->pattern) == 0,
                 "it is the same then");
    suppressions_free(&again);
    free(line);
}

static void ask(const struct suppression *suppression, const char *name)
{
    char *text = suppression_text(suppression);

    fuzz_require(text[0] != '\0', "a suppression has a text");
    free(text);
    suppression_is_exceeded(suppression);
    require_again(suppression);
    if (strlen(suppression->pattern) <= PATTERN_MAX_BYTES)
        fuzz_require(suppressions_match(suppression->pattern, name) ==
                         fits_plainly(suppression->pattern, name),
                     "a pattern fits where it does");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suppressions suppressions = {0};
    struct suppressions_error error = {0};
    size_t name_bytes = size == 0 ? 0 : data[0] % (NAME_MAX_BYTES + 1);
    char name[NAME_MAX_BYTES + 1] = "";

    if (size < 1 + name_bytes)
        return 0;
    memcpy(name, data + 1, name_bytes);
    size_t bytes = size - 1 - name_bytes;
    char *text = malloc(bytes + (bytes == 0)); /* no byte more, and no NUL behind it */
    fuzz_require(text != NULL, "malloc");
    memcpy(text, data + 1 + name_bytes, bytes);
    if (suppressions_parse(&suppressions, "fuzz", text, bytes, &error) != 0)
        require_place(text, bytes, &error);
    for (size_t i = 0; i < suppressions.count; i++)
        ask(&suppressions.list[i], name);
    suppressions_add_builtin(&suppressions);
    suppressions_find(&suppressions, &(struct names_line){.function = name, .module = name});
    suppressions_free(&suppressions);
    free(text);
    return 0;
}
