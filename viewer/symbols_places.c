/* viewer/symbols_places.c - where modules and their debug information are looked for */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_places.h"
#include "viewer/options.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_DEBUG "/usr/lib/debug"

enum { KEY_SYSROOT = 0x300, KEY_DEBUG_PATH };

static const struct argp_option options[] = {
    {"sysroot", KEY_SYSROOT, "DIRECTORY", 0,
     "look for the recorded programs and libraries below DIRECTORY; may be given again", 2},
    {"debug-path", KEY_DEBUG_PATH, "DIRECTORY", 0,
     "look for files with debug information in DIRECTORY as well; may be given again", 2},
    {0},
};

static error_t add(struct symbols_directories *to, const char *option, const char *name,
                   struct argp_state *state)
{
    char *absolute = realpath(name, NULL);
    struct stat status;

    if (absolute == NULL)
        return options_wrong(state, "--%s=%s: %s", option, name, strerror(errno));
    if (stat(absolute, &status) != 0 || !S_ISDIR(status.st_mode) || strchr(absolute, ':') != NULL) {
        bool colon = strchr(absolute, ':') != NULL;
        free(absolute);
        return options_wrong(state, "--%s=%s: %s", option, name,
                             colon ? "a directory with a colon in its name cannot be searched"
                                   : "not a directory");
    }
    to->names = xalloc_grown(to->names, to->count, &to->capacity, sizeof(*to->names));
    to->names[to->count++] = absolute;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct symbols_places *places = state->input;

    switch (key) {
    case KEY_SYSROOT: return add(&places->sysroots, "sysroot", argument, state);
    case KEY_DEBUG_PATH: return add(&places->debug_paths, "debug-path", argument, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp symbols_places_argp = {.options = options, .parser = parse};

static void free_directories(struct symbols_directories *directories)
{
    for (size_t i = 0; i < directories->count; i++)
        free(directories->names[i]);
    free(directories->names);
}

void symbols_places_free(struct symbols_places *places)
{
    free_directories(&places->sysroots);
    free_directories(&places->debug_paths);
    *places = (struct symbols_places){0};
}

bool symbols_places_are_named(const struct symbols_places *places)
{
    const char *servers = getenv("DEBUGINFOD_URLS");

    return (places != NULL && (places->sysroots.count != 0 || places->debug_paths.count != 0)) ||
           (servers != NULL && servers[0] != '\0');
}

void symbols_places_show_downloads(void)
{
    if (isatty(STDERR_FILENO))
        setenv("DEBUGINFOD_PROGRESS", "1", 0);
}

/* Takes path. */
static char *with(char *path, const char *directory, const char *below)
{
    char *longer = xalloc_format("%s:%s%s", path, directory, below);

    free(path);
    return longer;
}

/* With the + libdwfl takes files that are found by name only if their checksum or build-id fits. */
char *symbols_places_debug_path(const struct symbols_places *places, bool beside_module)
{
    char *path = xalloc_string(beside_module ? "+:.debug" : "+" SYSTEM_DEBUG);

    for (size_t i = 0; places != NULL && i < places->debug_paths.count; i++)
        path = with(path, places->debug_paths.names[i], "");
    for (size_t i = 0; places != NULL && i < places->sysroots.count; i++)
        path = with(path, places->sysroots.names[i], SYSTEM_DEBUG);
    return beside_module ? with(path, SYSTEM_DEBUG, "") : path;
}
