/* viewer/html.c - the self-contained HTML report */
/* SPDX-License-Identifier: MIT */

#include "viewer/html.h"
#include "viewer/page_data.h"

#include <string.h>

#define SAMPLES 240u
#define SAMPLES_LEAST 8u
#define CHANGES_MOST 400000u /* some ten megabytes of page */
#define MARK "@DATA@"

/* viewer/html_page.S */
extern const char html_page_begin[], html_page_end[];

/* Of a recording with very many rows the timeline is coarser. */
struct profile *html_profile(struct session *session, const struct filter *filter)
{
    size_t samples = SAMPLES;

    for (;;) {
        bool is_last = samples / 2 < SAMPLES_LEAST;
        struct profile *profile =
            profile_build_changes(session, filter, samples, is_last ? SIZE_MAX : CHANGES_MOST);
        if (profile->changes != NULL)
            return profile;
        profile_free(profile);
        samples /= 3;
    }
}

void html_write(struct session *session, const struct profile *profile, bool filtered, FILE *to)
{
    size_t length = (size_t)(html_page_end - html_page_begin);
    const char *mark = memmem(html_page_begin, length, MARK, strlen(MARK));
    const char *behind = mark + strlen(MARK);

    fwrite(html_page_begin, 1, (size_t)(mark - html_page_begin), to);
    page_data_write(session, profile, filtered, to);
    fwrite(behind, 1, (size_t)(html_page_end - behind), to);
}
