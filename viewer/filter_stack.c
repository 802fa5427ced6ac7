/* viewer/filter_stack.c - which stacks a filter selects */
/* SPDX-License-Identifier: MIT */

#include "viewer/filter.h"
#include "viewer/xalloc.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_KNOWN, NO, YES };

struct asking {
    const struct filter *filter;
    bool fits;
};

/* A path fits by its last component as well. No words: nothing was asked. */
static bool fits_words(const struct filter_words *words, const char *text, bool is_path)
{
    if (words->count == 0)
        return true;
    for (size_t i = 0; text != NULL && i < words->count; i++)
        if (fnmatch(words->list[i], text, 0) == 0 ||
            (is_path && fnmatch(words->list[i], recording_base_name(text), 0) == 0))
            return true;
    return false;
}

static bool fits_matches(const struct filter *filter, const char *function)
{
    if (filter->match_count == 0)
        return true;
    for (size_t i = 0; function != NULL && i < filter->match_count; i++)
        if (regexec(&filter->matches[i], function, 0, NULL, 0) == 0)
            return true;
    return false;
}

/* The lines of one frame: the functions that were inlined come before the one they are in. */
static bool ask_line(void *context, const struct names_line *line)
{
    struct asking *asking = context;
    const struct filter *filter = asking->filter;

    asking->fits = fits_words(&filter->modules, line->module, true) &&
                   fits_words(&filter->functions, line->function, false) &&
                   fits_words(&filter->files, line->file, true) &&
                   fits_matches(filter, line->function);
    return !asking->fits && line->inlined;
}

static bool needs_names(const struct filter *filter)
{
    return filter->functions.count + filter->files.count + filter->match_count != 0;
}

static bool fits_frame(const struct filter *filter, const struct session *session, uint32_t frame)
{
    struct asking asking = {.filter = filter};

    if (!needs_names(filter)) {
        uint32_t module = stacks_frame(session->stacks, frame)->module;
        return module != STACKS_NO_MODULE &&
               fits_words(&filter->modules, session->recording->modules[module].path, true);
    }
    names_stack(session->names, session->stacks, frame, ask_line, &asking);
    return asking.fits;
}

static uint8_t *seen_of(struct filter_seen *seen, uint32_t frame)
{
    if (frame >= seen->capacity) {
        size_t capacity = seen->capacity == 0 ? 1024 : seen->capacity;
        while (capacity <= frame)
            capacity *= 2;
        seen->frames = xalloc_resized(seen->frames, capacity, 1);
        memset(seen->frames + seen->capacity, NOT_KNOWN, capacity - seen->capacity);
        seen->capacity = capacity;
    }
    return &seen->frames[frame];
}

/* Goes outwards to what is known already; all before it are like it, if none of them fits. */
bool filter_takes_stack(const struct filter *filter, const struct session *session,
                        struct filter_seen *seen, uint32_t stack)
{
    uint8_t answer = NO;
    uint32_t end = 0;

    if (!filter_has_stacks(filter))
        return true;
    for (uint32_t at = stack; at != 0; at = stacks_frame(session->stacks, at)->parent) {
        uint8_t known = *seen_of(seen, at);
        if (known != NOT_KNOWN || fits_frame(filter, session, at)) {
            answer = known != NOT_KNOWN ? known : YES;
            *seen_of(seen, at) = answer;
            end = at;
            break;
        }
    }
    for (uint32_t at = stack; at != end; at = stacks_frame(session->stacks, at)->parent)
        *seen_of(seen, at) = answer;
    return answer == YES;
}

void filter_seen_free(struct filter_seen *seen)
{
    free(seen->frames);
    *seen = (struct filter_seen){0};
}
