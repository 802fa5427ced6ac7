/* tests/fuzz/following.c - what `top` and `serve` do with a recording that grows */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/following.h"
#include "tests/fuzz/fuzz.h"
#include "viewer/serve.h"
#include "viewer/text.h"
#include "viewer/top.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define STACKS 5u

static const char keys[] = "jjl\tjk\nqt rsg?hx";

static void show_page(struct live *live, struct top_choice *choice, unsigned look)
{
    static const size_t widths[] = {80, 20, TOP_NO_LIMIT, 133, 7};
    static const size_t heights[] = {24, 5, TOP_NO_LIMIT, 60, 1};
    struct top_page page;

    top_page_make(&page, live, choice, widths[look % 5], heights[look / 5 % 5]);
    for (unsigned i = 0; i < 3; i++)
        top_key(live, choice, &page, keys[(look + i) % (sizeof(keys) - 1)]);
    top_page_free(&page);
}

/* As viewer/serve_hosts.c has it of a process that runs. */
static void show_metrics(struct live *live, unsigned look)
{
    const struct recording *recording = live->follow->recording;
    struct serve_host host = {.live = live, .pid = recording->process.outer_pid};
    struct serve_hosts hosts = {.list = &host, .count = 1, .stack_limit = STACKS};

    host.name = text_printable(recording_base_name(recording->process.exe));
    host.plugin_name_count = recording->plugin_count + 1;
    host.plugin_names = xalloc_zeroed(host.plugin_name_count, sizeof(*host.plugin_names));
    for (size_t id = 0; id < host.plugin_name_count; id++)
        host.plugin_names[id] =
            text_printable(id == 0 ? "(host)" : recording->plugins[id - 1].path);
    serve_metrics_write(stdout, &hosts, look % 2 == 0, 0.5);
    for (size_t id = 0; id < host.plugin_name_count; id++)
        free(host.plugin_names[id]);
    free(host.plugin_names);
    free(host.name);
}

static void show(struct live *live, struct top_choice *choice, unsigned look)
{
    switch (look % 3) {
    case 0: show_page(live, choice, look / 3); break;
    case 1: top_json_print(live, choice, STACKS); break;
    default: show_metrics(live, look / 3);
    }
}

static void look_again(struct live *live, struct top_choice *choice)
{
    struct problem problem = {0};

    choice->trouble = live_look(live, &problem) ? NULL : problem.text;
    fuzz_require(choice->trouble == NULL || problem.text[0] != '\0', "trouble says what");
    choice->trouble = NULL;
}

void following_do(const char *path, void (*grow)(void), unsigned choice)
{
    static const struct options options = {.without_symbols = true};
    struct top_choice chosen = {.sort = choice % TOP_COLUMNS};
    struct problem problem = {0};
    struct follow *follow = follow_open(path, &problem);

    if (follow == NULL) {
        fuzz_require(problem.text[0] != '\0', "a refusal says why");
        grow();
        return;
    }
    struct live *live = live_begin(follow, &options);
    show(live, &chosen, choice);
    grow();
    look_again(live, &chosen);
    show(live, &chosen, choice + 1);
    look_again(live, &chosen);
    show(live, &chosen, choice + 2);
    live_close(live);
}
