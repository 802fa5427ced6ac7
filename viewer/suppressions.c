/* viewer/suppressions.c - leaks that are known, as LeakSanitizer's suppression files name them */
/* SPDX-License-Identifier: MIT */

#include "viewer/suppressions.h"
#include "viewer/message.h"
#include "viewer/size_text.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAK "leak:"

/* One line of a text, without the blanks around it. */
struct line {
    const char *begin, *end;
    const char *start; /* of the whole line: where columns count from */
    size_t number;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static int wrong(const struct line *line, const char *at, const char *text,
                 struct suppressions_error *ret_error)
{
    ret_error->line = line->number;
    ret_error->column = (size_t)(at - line->start) + 1;
    snprintf(ret_error->text, sizeof(ret_error->text), "%s", text);
    return -EINVAL;
}

static void trim(struct line *line)
{
    while (line->begin < line->end && is_blank(*line->begin))
        line->begin++;
    while (line->end > line->begin && is_blank(line->end[-1]))
        line->end--;
}

static bool begins_with(const char *begin, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - begin) >= length && memcmp(begin, word, length) == 0;
}

/* "maxx=10", "limit=64K": no function's name has a part like this. */
static bool looks_like_limit(const char *word, const char *end)
{
    const char *at = word;

    while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '-'))
        at++;
    return at > word && end - at >= 2 && at[0] == '=' && at[1] >= '0' && at[1] <= '9';
}

/* Takes one limit off the end of the line, if one stands there. 1: there was one; 0: none. */
static int take_limit(struct line *line, struct suppression *suppression,
                      struct suppressions_error *ret_error)
{
    const char *word = line->end;

    while (word > line->begin && !is_blank(word[-1]))
        word--;
    bool is_blocks = begins_with(word, line->end, "max="),
         is_bytes = begins_with(word, line->end, "max-bytes=");
    if (word == line->begin)
        return 0;
    if (!is_blocks && !is_bytes)
        return !looks_like_limit(word, line->end)
                   ? 0
                   : wrong(line, word, "unknown limit: max=BLOCKS and max-bytes=BYTES are known",
                           ret_error);
    const char *number = (const char *)memchr(word, '=', (size_t)(line->end - word)) + 1;
    char *text = xalloc_substring(number, (size_t)(line->end - number));
    uint64_t *limit = is_blocks ? &suppression->max_blocks : &suppression->max_bytes;
    bool good = is_blocks ? size_text_read_count(text, limit) : size_text_read(text, limit);
    free(text);
    if (!good)
        return wrong(line, number,
                     is_blocks ? "max= takes a number of blocks, as in max=10"
                               : "max-bytes= takes a number of bytes, as in max-bytes=64K",
                     ret_error);
    line->end = word;
    trim(line);
    return 1;
}

static struct suppression *add(struct suppressions *suppressions)
{
    suppressions->list = xalloc_grown(suppressions->list, suppressions->count,
                                      &suppressions->capacity, sizeof(*suppressions->list));
    struct suppression *added = &suppressions->list[suppressions->count++];
    *added = (struct suppression){.max_blocks = UINT64_MAX, .max_bytes = UINT64_MAX};
    return added;
}

static int parse_line(struct suppressions *suppressions, struct line *line, const char *source,
                      struct suppressions_error *ret_error)
{
    struct suppression found = {.max_blocks = UINT64_MAX, .max_bytes = UINT64_MAX};
    int taken;

    trim(line);
    if (line->begin == line->end || *line->begin == '#')
        return 0;
    const char *nul = memchr(line->begin, '\0', (size_t)(line->end - line->begin));
    if (nul != NULL)
        return wrong(line, nul, "a NUL byte: this is not a text", ret_error);
    if (!begins_with(line->begin, line->end, LEAK))
        return wrong(line, line->begin, "a line is leak:PATTERN, a # comment, or empty", ret_error);
    line->begin += strlen(LEAK);
    const char *pattern = line->begin;
    trim(line);
    while ((taken = take_limit(line, &found, ret_error)) > 0)
        ;
    if (taken < 0)
        return taken;
    if (line->begin == line->end || begins_with(line->begin, line->end, "max=") ||
        begins_with(line->begin, line->end, "max-bytes="))
        return wrong(line, pattern, "leak: has no pattern behind it", ret_error);
    found.pattern = xalloc_substring(line->begin, (size_t)(line->end - line->begin));
    found.source = source;
    found.line = line->number;
    *add(suppressions) = found;
    return 0;
}

static const char *keep_source(struct suppressions *suppressions, const char *source)
{
    suppressions->sources = xalloc_grown(suppressions->sources, suppressions->source_count,
                                         &suppressions->source_capacity, sizeof(char *));
    return suppressions->sources[suppressions->source_count++] = xalloc_string(source);
}

int suppressions_parse(struct suppressions *suppressions, const char *source, const char *text,
                       size_t bytes, struct suppressions_error *ret_error)
{
    const char *end = text + bytes, *kept = keep_source(suppressions, source);
    struct line line = {.number = 0};

    for (const char *at = text; at < end; at = line.end == end ? end : line.end + 1) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        line = (struct line){at, feed != NULL ? feed : end, at, line.number + 1};
        struct line parsed = line;
        int error = parse_line(suppressions, &parsed, kept, ret_error);
        if (error != 0)
            return error;
    }
    return 0;
}

/* NULL with errno set: not readable, or longer than may be. */
static char *read_all(FILE *file, size_t *ret_bytes)
{
    size_t capacity = 4096, used = 0, got;
    char *text = xalloc_zeroed(capacity, 1);

    while ((got = fread(text + used, 1, capacity - used, file)) != 0) {
        used += got;
        if (used > SUPPRESSIONS_MAX_BYTES) {
            errno = EFBIG;
            free(text);
            return NULL;
        }
        if (used == capacity)
            text = xalloc_resized(text, capacity *= 2, 1);
    }
    if (ferror(file)) {
        int error = errno;
        free(text);
        errno = error;
        return NULL;
    }
    *ret_bytes = used;
    return text;
}

bool suppressions_read(struct suppressions *suppressions, const char *path)
{
    struct suppressions_error error;
    FILE *file = fopen(path, "re");
    size_t bytes = 0;
    char *text = file != NULL ? read_all(file, &bytes) : NULL;

    if (text == NULL)
        message("cannot read suppressions from %s: %s", path, strerror(errno));
    if (file != NULL)
        fclose(file);
    if (text == NULL)
        return false;
    int result = suppressions_parse(suppressions, path, text, bytes, &error);
    if (result != 0)
        message("%s:%zu:%zu: %s", path, error.line, error.column, error.text);
    free(text);
    return result == 0;
}

void suppressions_add_builtin(struct suppressions *suppressions)
{
    suppressions->builtin_first = suppressions->count;
    suppressions->has_builtin = true;
    for (size_t i = 0; i < builtin_suppression_count; i++)
        add(suppressions)->builtin = &builtin_suppressions[i];
}

void suppressions_free(struct suppressions *suppressions)
{
    for (size_t i = 0; i < suppressions->count; i++)
        free(suppressions->list[i].pattern);
    for (size_t i = 0; i < suppressions->source_count; i++)
        free(suppressions->sources[i]);
    free(suppressions->list);
    free(suppressions->sources);
    *suppressions = (struct suppressions){0};
}

static bool fits(const char *pattern, const struct names_line *line)
{
    char at_offset[512];

    if ((line->function != NULL && suppressions_match(pattern, line->function)) ||
        (line->file != NULL && suppressions_match(pattern, line->file)))
        return true;
    if (line->module == NULL || line->module[0] == '\0')
        return false;
    snprintf(at_offset, sizeof(at_offset), "%s+0x%" PRIx64, recording_base_name(line->module),
             line->offset);
    return suppressions_match(pattern, line->module) || suppressions_match(pattern, at_offset);
}

size_t suppressions_find(const struct suppressions *suppressions, const struct names_line *line)
{
    for (size_t i = 0; i < suppressions->count; i++)
        if (suppressions->list[i].pattern != NULL && fits(suppressions->list[i].pattern, line))
            return i;
    return SIZE_MAX;
}

bool suppression_is_exceeded(const struct suppression *suppression)
{
    const struct suppressed *hits = &suppression->hits;

    return hits->blocks + hits->objects > suppression->max_blocks ||
           hits->bytes > suppression->max_bytes;
}

char *suppression_text(const struct suppression *suppression)
{
    char blocks[40] = "", bytes[40] = "";

    if (suppression->builtin != NULL)
        return xalloc_format("built in: %s", suppression->builtin->name);
    if (suppression->max_blocks != UINT64_MAX)
        snprintf(blocks, sizeof(blocks), " max=%" PRIu64, suppression->max_blocks);
    if (suppression->max_bytes != UINT64_MAX)
        snprintf(bytes, sizeof(bytes), " max-bytes=%" PRIu64, suppression->max_bytes);
    char *pattern = text_printable(suppression->pattern),
         *source = text_printable(suppression->source);
    char *text =
        xalloc_format(LEAK "%s%s%s (%s:%zu)", pattern, blocks, bytes, source, suppression->line);
    free(pattern);
    free(source);
    return text;
}
