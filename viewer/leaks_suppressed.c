/* viewer/leaks_suppressed.c - what of the leaks was left out, and lines to leave out more */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks_suppressed.h"
#include "viewer/leak_words.h"
#include "viewer/paragraph.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 5

char *leaks_suppressed_amount(uint64_t blocks, uint64_t bytes, uint64_t count)
{
    char *objects = count == 0 ? xalloc_string("")
                               : xalloc_format("%s%s", blocks != 0 ? ", and " : "",
                                               text_plural(count, "object").chars);
    char *amount = blocks == 0 ? xalloc_string(objects)
                               : xalloc_format("%s, %s%s", text_plural(blocks, "block").chars,
                                               text_bytes(bytes).chars, objects);

    free(objects);
    return amount;
}

static void print_line(const struct session *session, enum terminal_style style, const char *text)
{
    printf("%*s", INDENT, "");
    paragraph_print(&session->terminal, style, INDENT, text);
}

/* What came by one of them. */
static void print_hits(const struct session *session, const struct suppression *suppression)
{
    const struct suppressed *hits = &suppression->hits;
    char *name = suppression_text(suppression), *line;
    enum terminal_style style = TERMINAL_FAINT;

    if (hits->stacks == 0) {
        line = xalloc_format("%s: fits nothing here", name);
    } else {
        char *amount = leaks_suppressed_amount(hits->blocks, hits->bytes, hits->objects);
        bool exceeded = suppression_is_exceeded(suppression);
        line = xalloc_format("%s: %s%s", name, amount,
                             exceeded ? "; more than it allows, and so listed" : "");
        style = exceeded ? TERMINAL_BAD : TERMINAL_FAINT;
        free(amount);
    }
    print_line(session, style, line);
    free(line);
    free(name);
}

static void print_others(const struct session *session, const struct suppressed *others)
{
    if (others->stacks == 0)
        return;
    char *amount = leaks_suppressed_amount(others->blocks, others->bytes, others->objects);
    paragraph_format(&session->terminal, TERMINAL_PLAIN, 0,
                     "Not listed: %s that other code than the plug-ins' own asked for.", amount);
    free(amount);
}

void leaks_suppressed_print(const struct session *session, const struct leak_filter *filter)
{
    const struct suppressions *suppressions = filter->suppressions;
    bool titled = false;

    print_others(session, &filter->others);
    for (size_t i = 0; i < suppressions->count; i++) {
        const struct suppression *suppression = &suppressions->list[i];
        if (suppression->hits.stacks == 0 && suppression->builtin != NULL)
            continue;
        if (!titled) {
            char *amount = leaks_suppressed_amount(
                filter->suppressed.blocks, filter->suppressed.bytes, filter->suppressed.objects);
            paragraph_format(&session->terminal, TERMINAL_PLAIN, 0, "Suppressed: %s.",
                             amount[0] != '\0' ? amount : "nothing");
            free(amount);
        }
        titled = true;
        print_hits(session, suppression);
    }
}

/* ---- lines for a file ------------------------------------------------------------------------ */

/* What a stack offers: the innermost frame that is the plug-in's own, else the innermost that is
 * not the C or C++ library's. */
struct choice {
    const char *own_file;
    bool found;
    struct names_line line;
};

static bool look(void *context, const struct names_line *line)
{
    struct choice *choice = context;
    const char *file = line->module != NULL ? recording_base_name(line->module) : "";
    bool own = choice->own_file != NULL && strcmp(file, choice->own_file) == 0;

    if (own || (!choice->found && !builtin_suppressions_is_runtime(line->module))) {
        choice->line = *line;
        choice->found = true;
    }
    return !own;
}

/* "grow_cache"; without a name "libnpfoo.so+0x1f20"; NULL: neither. The caller frees it. */
static char *name_of(const struct choice *choice)
{
    const struct names_line *line = &choice->line;

    if (line->function != NULL)
        return xalloc_string(line->function);
    if (!choice->found || line->module == NULL || line->module[0] == '\0')
        return NULL;
    return xalloc_format("%s+0x%" PRIx64, recording_base_name(line->module), line->offset);
}

/* NULL: nothing of the stack has a name. The caller frees it. */
static char *pattern_of(const struct session *session, const struct leak *leak)
{
    struct choice choice = {0};

    if (leak->plugin != 0)
        choice.own_file = recording_base_name(session->recording->plugins[leak->plugin - 1].path);
    names_stack(session->names, session->stacks, leak->place, look, &choice);
    char *name = name_of(&choice);
    char *pattern = name != NULL ? xalloc_format("^%s$", name) : NULL;
    free(name);
    /* A line holds one pattern, and what would not survive that is not written. */
    if (pattern != NULL && pattern[strcspn(pattern, "\r\n")] != '\0') {
        free(pattern);
        return NULL;
    }
    return pattern;
}

struct line {
    char *pattern; /* NULL: none could be made */
    uint64_t blocks, bytes, objects;
};

static int by_pattern(const void *left, const void *right)
{
    const struct line *a = left, *b = right;

    if (a->pattern == NULL || b->pattern == NULL)
        return (a->pattern == NULL) - (b->pattern == NULL);
    return strcmp(a->pattern, b->pattern);
}

/* One line for each pattern. Returns how many are left. */
static size_t join(struct line *lines, size_t count)
{
    size_t kept = 0;

    if (count != 0)
        qsort(lines, count, sizeof(*lines), by_pattern);
    for (size_t i = 0; i < count; i++) {
        if (kept != 0 && by_pattern(&lines[kept - 1], &lines[i]) == 0) {
            lines[kept - 1].blocks += lines[i].blocks;
            lines[kept - 1].bytes += lines[i].bytes;
            lines[kept - 1].objects += lines[i].objects;
            free(lines[i].pattern);
        } else {
            lines[kept++] = lines[i];
        }
    }
    return kept;
}

static void print_generated(const struct line *line, bool limited)
{
    char *amount = leaks_suppressed_amount(line->blocks, line->bytes, line->objects);

    if (line->pattern == NULL)
        printf("# %s: nothing is known of the call stack that a pattern could fit\n", amount);
    else if (limited)
        printf("# %s\nleak:%s max=%" PRIu64 "\n", amount, line->pattern,
               line->blocks + line->objects);
    else
        printf("# %s\nleak:%s\n", amount, line->pattern);
    free(amount);
}

void leaks_suppressed_generate(const struct session *session, const struct leaks *leaks,
                               bool limited)
{
    struct line *lines = xalloc_zeroed(leaks->count, sizeof(*lines));

    for (size_t i = 0; i < leaks->count; i++) {
        const struct leak *leak = &leaks->list[i];
        lines[i] = (struct line){.pattern = pattern_of(session, leak),
                                 .blocks = leak->blocks,
                                 .bytes = leak->bytes,
                                 .objects = leak->objects};
    }
    size_t count = join(lines, leaks->count);
    for (size_t i = 0; i < count; i++) {
        print_generated(&lines[i], limited);
        free(lines[i].pattern);
    }
    free(lines);
    session_warn_losses(session);
}
