/* tests/contract/traffic_host_main.c - the random host's command line, choices and end */
/* SPDX-License-Identifier: MIT */

/* traffic_host SEED STEPS SECONDS WORDS PLUGIN...: WORDS of host_options with commas, or `-`. Ends
 * after so many steps, or seconds if there are none. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/contract/traffic_host.h"
#include "tests/support/splitmix.h"

struct host_options host_options;
bool host_closing;

static uint64_t random_state;
static unsigned depth;

uint32_t host_below(uint32_t below)
{
    return splitmix_below(&random_state, below);
}

bool host_one_in(uint32_t number)
{
    return host_below(number) == 0;
}

void host_fail(const char *what)
{
    fprintf(stderr, "traffic_host: %s\n", what);
    abort();
}

/* ---- actions --------------------------------------------------------------------------------- */

static void destroy_any(void)
{
    struct host_instance *instance = instance_any();

    if (instance != NULL && instance->streams_busy == 0)
        instance_destroy(instance);
}

static const struct {
    void (*run)(void);
    unsigned share;
} actions[] = {
    {instance_new, 4}, {destroy_any, 3}, {instance_call, 30}, {page_script, 40},
    {stream_step, 25}, {later_step, 15}, {page_forget, 12},   {plugin_ask, 4},
};

void host_step(void)
{
    uint32_t shares = 0;

    if (depth >= HOST_DEPTH)
        return;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        shares += actions[i].share;
    uint32_t chosen = host_below(shares);
    size_t i = 0;
    for (; chosen >= actions[i].share; i++)
        chosen -= actions[i].share;
    depth++;
    actions[i].run();
    depth--;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As when the window is closed: nothing of any plug-in may be left. */
static void end_page(void)
{
    host_closing = true;
    for (int i = 0; i < HOST_INSTANCES; i++)
        if (host_instances[i].life == HOST_READY)
            instance_destroy(&host_instances[i]);
    page_clear();
    later_drain();
    page_clear();
    if (object_count() != 0)
        host_fail("objects are left");
    host_closing = false;
}

static void restart_plugins(void)
{
    bool again = host_one_in(2);

    for (unsigned i = 0; i < host_plugin_count; i++)
        plugin_stop(&host_plugins[i]);
    for (unsigned i = 0; i < host_plugin_count && again; i++)
        plugin_unload(&host_plugins[i]);
    for (unsigned i = 0; i < host_plugin_count; i++)
        plugin_start(&host_plugins[i]);
}

static void read_words(const char *words)
{
    host_options.header = strstr(words, "header") != NULL;
    host_options.invalidate = strstr(words, "invalidate") != NULL;
    host_options.no_save = strstr(words, "no-save") != NULL;
    host_options.cut_short = strstr(words, "cut-short") != NULL;
}

static void play(unsigned long steps, double seconds)
{
    const double end = now_s() + seconds;
    unsigned long done = 0;

    for (; steps != 0 ? done < steps : now_s() < end; done++) {
        if (host_one_in(3000)) {
            end_page();
            restart_plugins();
        }
        host_step();
    }
    fprintf(stderr, "traffic_host: %lu steps\n", done);
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc > 5 + HOST_PLUGINS) {
        fprintf(stderr, "usage: traffic_host SEED STEPS SECONDS WORDS PLUGIN...\n");
        return 2;
    }
    random_state = strtoull(argv[1], NULL, 0);
    read_words(argv[4]);
    for (int i = 5; i < argc; i++) {
        host_plugins[host_plugin_count].path = argv[i];
        plugin_start(&host_plugins[host_plugin_count++]);
    }
    play(strtoul(argv[2], NULL, 0), strtod(argv[3], NULL));
    if (host_options.cut_short) {
        table_state();
        _exit(0);
    }
    end_page();
    for (unsigned i = 0; i < host_plugin_count; i++) {
        plugin_stop(&host_plugins[i]);
        plugin_unload(&host_plugins[i]);
    }
    table_state();
    if (host_outstanding() != 0)
        host_fail("blocks are left");
    return 0;
}
