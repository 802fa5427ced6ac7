/* viewer/verb_serve.c - npntrace serve: live recordings for Prometheus */
/* SPDX-License-Identifier: MIT */

#include "viewer/mapping.h"
#include "viewer/message.h"
#include "viewer/options.h"
#include "viewer/serve.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_DEFAULT 9771
#define LOOPBACK "127.0.0.1"
#define STACKS_DEFAULT 5
#define STACKS_MOST 1000

enum { KEY_LISTEN = 0x200, KEY_PORT, KEY_STACKS, KEY_PLUGIN, KEY_NO_SYMBOLS };

struct serve_options {
    struct options shared;
    const char *listen; /* NULL: loopback */
    uint16_t port;
    size_t stacks;
    const char **places;
    size_t place_count, place_capacity;
};

static const struct argp_option serve_options[] = {
    {"listen", KEY_LISTEN, "ADDRESS[:PORT]", 0,
     "be reachable there, for everybody who can reach it (default: this machine alone)", 0},
    {"port", KEY_PORT, "PORT", 0, "listen on this port (default: 9771); 0: any that is free", 0},
    {"stacks", KEY_STACKS, "N", 0,
     "serve the N largest call stacks of each process (default: 5); 0: none", 0},
    {"plugin", KEY_PLUGIN, "NAME", 0, "only this plug-in (file name or path); may be given again",
     0},
    {"no-symbols", KEY_NO_SYMBOLS, NULL, 0, "do not look for names of functions", 0},
    {0},
};

static int parse_number(const char *option, const char *argument, unsigned long most,
                        const char *advice, unsigned long *ret_number, struct argp_state *state)
{
    char *end;

    errno = 0;
    *ret_number = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 || *ret_number > most)
        return options_wrong(state, "--%s=%s: %s", option, argument, advice);
    return 0;
}

static void add_place(struct serve_options *options, const char *place)
{
    options->places = xalloc_grown(options->places, options->place_count, &options->place_capacity,
                                   sizeof(*options->places));
    options->places[options->place_count++] = place;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct serve_options *options = state->input;
    unsigned long number = 0;
    int error = 0;

    switch (key) {
    case KEY_LISTEN: options->listen = argument; return 0;
    case KEY_PORT:
        error = parse_number("port", argument, UINT16_MAX,
                             "give a number from 0 to 65535; another address than this machine's "
                             "loopback needs --listen=ADDRESS:PORT",
                             &number, state);
        options->port = (uint16_t)number;
        return error;
    case KEY_STACKS:
        error = parse_number("stacks", argument, STACKS_MOST, "give a number from 0 to 1000",
                             &number, state);
        options->stacks = number;
        return error;
    case KEY_PLUGIN: options_add_plugin(&options->shared, argument); return 0;
    case KEY_NO_SYMBOLS: options->shared.without_symbols = true; return 0;
    case ARGP_KEY_ARG: add_place(options, argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_help_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = serve_options,
    .parser = parse,
    .args_doc = "[DIRECTORY|FILE]...",
    .doc = "Serve what the plug-ins of all running hosts hold and allocate as OpenMetrics over "
           "HTTP, for Prometheus. Recordings are looked for and read when somebody asks, and at no "
           "other time."
           "\vWithout DIRECTORY recordings (*.ring, *.npt) in the current directory are served. "
           "Only this machine can ask, unless --listen says otherwise."
           OPTIONS_EXAMPLE("serve run.npt"),
    .children = children,
};

static int check_places(const struct serve_options *options)
{
    for (size_t i = 0; i < options->place_count; i++)
        if (access(options->places[i], R_OK) != 0) {
            message("%s: %s", options->places[i], strerror(errno));
            return STATUS_TROUBLE;
        }
    return STATUS_GOOD;
}

static int choose_address(const struct serve_options *options, struct sockaddr_storage *ret_address)
{
    const char *text = options->listen != NULL ? options->listen : LOOPBACK;

    if (serve_address_parse(text, options->port, ret_address))
        return STATUS_GOOD;
    message("--listen=%s: give a numeric address, such as 0.0.0.0:9771 or [::]:9771", text);
    return STATUS_TROUBLE;
}

static void say_where(const struct sockaddr_storage *address)
{
    char *text = serve_address_text((const struct sockaddr *)address);

    if (!serve_address_is_loopback((const struct sockaddr *)address))
        message("everybody who can reach %s can read what is served; there is no password", text);
    printf("serving http://%s/metrics\n", text);
    fflush(stdout);
    free(text);
}

static int serve(const struct serve_options *options)
{
    struct sockaddr_storage address, listening;
    struct serve_hosts hosts = {.places = options->places,
                                .place_count = options->place_count,
                                .options = &options->shared,
                                .stack_limit = options->stacks};
    sigset_t ending;
    int number;

    if (check_places(options) != STATUS_GOOD || choose_address(options, &address) != STATUS_GOOD)
        return STATUS_TROUBLE;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, NULL); /* before there is another thread */
    signal(SIGPIPE, SIG_IGN);
    mapping_survive(); /* one file that is cut must not end all others */
    struct serve_http *http =
        serve_http_begin(&hosts, (const struct sockaddr *)&address, &listening);
    if (http == NULL)
        return STATUS_TROUBLE;
    say_where(&listening);
    sigwait(&ending, &number);
    serve_http_end(http);
    serve_hosts_free(&hosts);
    return STATUS_GOOD;
}

int verb_serve(int argc, char **argv)
{
    struct serve_options options = {.port = PORT_DEFAULT, .stacks = STACKS_DEFAULT};

    options_parse(&argp, argc, argv, &options);
    if (options.place_count == 0)
        add_place(&options, ".");
    int status = serve(&options);
    options_free(&options.shared);
    free(options.places);
    return status;
}
