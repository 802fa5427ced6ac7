/* viewer/progress.c - how far long work has come, for somebody who watches */
/* SPDX-License-Identifier: MIT */

#include "viewer/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000
#define SILENT_NS UINT64_C(1000000000) /* work that is shorter says nothing */
#define EVERY_NS UINT64_C(200000000)
#define WIDTH_OTHERWISE 80
#define BAR_MOST 40
#define BAR_LEAST 8
#define SECONDS_MOST 90    /* then minutes */
#define LEFT_MOST_S 360000 /* more is not said */
#define WIPE "\r\033[K"

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool can_wipe(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) == 1 && term != NULL && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

static size_t width_now(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ? WIDTH_OTHERWISE
                                                                            : size.ws_col;
}

struct progress progress_begin(const char *what)
{
    uint64_t now = now_ns();

    return (struct progress){.what = what, .begin_ns = now, .shown_ns = now, .watched = can_wipe()};
}

/* " 21.3 M/s, 25 s left"; no rate without items, no time left before there is something to go by.
 */
static void put_rate(const struct progress *progress, uint64_t elapsed_ns, uint64_t done,
                     uint64_t total, char text[PROGRESS_LINE_MAX])
{
    double seconds = (double)elapsed_ns / NS_PER_S;
    double left_s = done != 0 ? seconds * (double)(total - done) / (double)done : LEFT_MOST_S;
    char rate[32] = "", left[32] = "";

    if (progress->items != 0 && elapsed_ns != 0)
        snprintf(rate, sizeof(rate), " %.1f M/s", (double)progress->items / seconds / 1e6);
    if (left_s < SECONDS_MOST)
        snprintf(left, sizeof(left), " %d s left", (int)left_s + 1);
    else if (left_s < LEFT_MOST_S)
        snprintf(left, sizeof(left), " %d min left", (int)(left_s / 60) + 1);
    snprintf(text, PROGRESS_LINE_MAX, "%s%s%s", rate, rate[0] != '\0' && left[0] != '\0' ? "," : "",
             left);
}

static void put_bar(uint64_t done, uint64_t total, size_t room, char text[PROGRESS_LINE_MAX])
{
    size_t cells = room < BAR_MOST + 3 ? room - 3 : BAR_MOST;
    size_t full = (size_t)((double)cells * (double)done / (double)total);
    size_t at = 0;

    text[at++] = ' ';
    text[at++] = '[';
    for (size_t i = 0; i < cells; i++)
        text[at++] = i < full ? '#' : '-';
    text[at++] = ']';
    text[at] = '\0';
}

size_t progress_line(const struct progress *progress, uint64_t elapsed_ns, uint64_t done,
                     uint64_t total, size_t width, char line[PROGRESS_LINE_MAX])
{
    char percent[32], name[96], rate[PROGRESS_LINE_MAX], bar[PROGRESS_LINE_MAX] = "";

    snprintf(percent, sizeof(percent), "%" PRIu64 " %%", done * 100 / total);
    snprintf(name, sizeof(name), "%s ", progress->what);
    put_rate(progress, elapsed_ns, done, total, rate);
    size_t wanted = strlen(name) + strlen(percent) + strlen(rate);
    if (wanted + BAR_LEAST + 3 <= width)
        put_bar(done, total, width - wanted, bar);
    if (wanted > width)
        rate[0] = '\0';
    if (strlen(name) + strlen(percent) + strlen(rate) > width)
        name[0] = '\0';
    if (strlen(percent) > width)
        percent[0] = '\0';
    snprintf(line, PROGRESS_LINE_MAX, "%s%s%s%s", name, percent, bar, rate);
    return strlen(line);
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    char line[PROGRESS_LINE_MAX];

    if (!progress->watched || total == 0 || done > total)
        return;
    uint64_t now = now_ns(), elapsed = now - progress->begin_ns;
    if (elapsed < SILENT_NS || now - progress->shown_ns < EVERY_NS)
        return;
    progress->shown_ns = now;
    progress->shown = true;
    /* Less one: a full line would move the cursor to the next. */
    progress_line(progress, elapsed, done, total, width_now() - 1, line);
    fprintf(stderr, WIPE "%s", line);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs(WIPE, stderr);
    progress->shown = false;
}
