/* tests/minihost/options.c: reads the command line of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/options.h"

#include <argp.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "shim/npapi.h"

struct options options = {
    .table_size_bytes = sizeof(NPNetscapeFuncs),
    .table_version = NP_VERSION_MINOR,
    .pfuncs_size_bytes = sizeof(NPPluginFuncs),
    .pfuncs_version = NP_VERSION_MINOR,
    .dlopen_flags = RTLD_LAZY,
};

struct word {
    const char *word;
    int value;
};

static const struct word tables[] = {{"heap", TABLE_HEAP},
                                     {"const", TABLE_CONST},
                                     {"stack", TABLE_STACK},
                                     {"shared", TABLE_SHARED},
                                     {NULL, 0}};
static const struct word reinits[] = {
    {"same", REINIT_SAME}, {"rewritten", REINIT_REWRITTEN}, {"moved", REINIT_MOVED}, {NULL, 0}};
static const struct word opens[] = {{"lazy", RTLD_LAZY},
                                    {"now", RTLD_NOW},
                                    {"deepbind", RTLD_NOW | RTLD_DEEPBIND},
                                    {"global", RTLD_LAZY | RTLD_GLOBAL},
                                    {NULL, 0}};
static const struct word flushes[] = {
    {"zero", FLUSH_ZERO}, {"echo", FLUSH_ECHO}, {"some", FLUSH_SOME}, {NULL, 0}};
static const struct word mems[] = {
    {"libc", MEM_LIBC}, {"header", MEM_HEADER}, {"arena", MEM_ARENA}, {NULL, 0}};
static const struct word saves[] = {
    {"given", SAVE_GIVEN}, {"null", SAVE_NULL},         {"ignored", SAVE_IGNORED},
    {"unset", SAVE_UNSET}, {"returned", SAVE_RETURNED}, {NULL, 0}};
static const struct word object_ends[] = {{"release", OBJECTS_RELEASE},
                                          {"invalidate", OBJECTS_INVALIDATE},
                                          {"keep", OBJECTS_KEEP},
                                          {NULL, 0}};

static const struct word off_threads[] = {{"works", OFF_THREAD_WORKS},
                                          {"refuses", OFF_THREAD_REFUSES},
                                          {"aborts", OFF_THREAD_ABORTS},
                                          {NULL, 0}};
static const struct word false_results[] = {{"kept", FALSE_KEPT},
                                            {"invoke", FALSE_INVOKE},
                                            {"get", FALSE_GET},
                                            {"released", FALSE_INVOKE | FALSE_GET},
                                            {NULL, 0}};

/* A switch has words to choose from, or a number, or a text, or it is a flag. */
struct setting {
    const char *name;
    const char *argument;
    const char *help;
    const struct word *words;
    int *choice;
    uint16_t *number;
    const char **text;
    bool *flag;
};

static const struct setting settings[] = {
    {"table", "heap|const|stack|shared", "where the browser's table lives", tables, &options.table,
     NULL, NULL, NULL},
    {"table-size", "BYTES", "short, or oversized with a known tail", NULL, NULL,
     &options.table_size_bytes, NULL, NULL},
    {"table-version", "N", "major << 8 | minor", NULL, NULL, &options.table_version, NULL, NULL},
    {"null-slots", "NAME,...", "slots the host lacks", NULL, NULL, NULL, &options.null_slots, NULL},
    {"reinit", "same|rewritten|moved", "what the next NP_Initialize is given", reinits,
     &options.reinit, NULL, NULL, NULL},
    {"pfuncs-size", "BYTES", "room for the plug-in's entries", NULL, NULL,
     &options.pfuncs_size_bytes, NULL, NULL},
    {"pfuncs-version", "N", "its version on entry", NULL, NULL, &options.pfuncs_version, NULL,
     NULL},
    {"pfuncs-fresh", NULL, "cleared before each NP_Initialize", NULL, NULL, NULL, NULL,
     &options.pfuncs_fresh},
    {"open", "lazy|now|deepbind|global", "how dlopen is called", opens, &options.dlopen_flags, NULL,
     NULL, NULL},
    {"mem", "libc|header|arena", "what NPN_MemAlloc takes its blocks from", mems, &options.mem,
     NULL, NULL, NULL},
    {"flush", "zero|echo|some", "what NPN_MemFlush returns", flushes, &options.flush, NULL, NULL,
     NULL},
    {"alloc-fail-every", "N", "every Nth NPN_MemAlloc returns NULL", NULL, NULL,
     &options.alloc_fail_every, NULL, NULL},
    {"alloc-zero-null", NULL, "NPN_MemAlloc(0) returns NULL", NULL, NULL, NULL, NULL,
     &options.alloc_zero_null},
    {"raise-in-memalloc", NULL, "every NPN_MemAlloc raises SIGUSR1", NULL, NULL, NULL, NULL,
     &options.raise_in_memalloc},
    {"release-by-table", NULL, "blocks from plug-ins are freed by the host's own table", NULL, NULL,
     NULL, NULL, &options.release_by_table},
    {"save", "given|null|ignored|unset|returned",
     "the second argument of NPP_Destroy, and what becomes of it", saves, &options.save, NULL, NULL,
     NULL},
    {"objects", "release|invalidate|keep", "what becomes of objects after NPP_Destroy", object_ends,
     &options.objects, NULL, NULL, NULL},
    {"off-thread", "works|refuses|aborts", "calls on threads of a plug-in's own", off_threads,
     &options.off_thread, NULL, NULL, NULL},
    {"false-results", "kept|invoke|get|released",
     "which results the host releases though the plug-in returned false", false_results,
     &options.false_results, NULL, NULL, NULL},
    {"quiet", NULL, "no memory counts at the end", NULL, NULL, NULL, NULL, &options.quiet},
};

enum { SETTINGS = sizeof settings / sizeof settings[0], FIRST_KEY = 256 };

static void choose(struct argp_state *state, const struct setting *setting, const char *text)
{
    for (const struct word *w = setting->words; w->word != NULL; w++) {
        if (strcmp(w->word, text) == 0) {
            *setting->choice = w->value;
            return;
        }
    }
    argp_error(state, "--%s: `%s' is not one of %s", setting->name, text, setting->argument);
}

static void set_number(struct argp_state *state, const struct setting *setting, const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);
    if (*text == '\0' || *end != '\0' || value > UINT16_MAX)
        argp_error(state, "--%s: `%s' is not a number up to 65535", setting->name, text);
    *setting->number = (uint16_t)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    if (key < FIRST_KEY || key >= FIRST_KEY + SETTINGS)
        return ARGP_ERR_UNKNOWN;
    const struct setting *setting = &settings[key - FIRST_KEY];
    if (setting->words != NULL)
        choose(state, setting, arg);
    else if (setting->number != NULL)
        set_number(state, setting, arg);
    else if (setting->text != NULL)
        *setting->text = arg;
    else
        *setting->flag = true;
    return 0;
}

static const char doc[] =
    "A small NPAPI host whose every quirk is a switch.\v"
    "Each ACTION is one argument, as in `load a libnpsample.so', `new a 1', `invoke 1 alloc 100', "
    "`destroy 1', `unload a'; the action `help' lists them. Without actions each PLUGIN is loaded, "
    "gets one instance, and is unloaded.";

int options_parse(int argc, char **argv)
{
    static struct argp_option keys[SETTINGS + 1];
    for (int i = 0; i < SETTINGS; i++)
        keys[i] = (struct argp_option){.name = settings[i].name,
                                       .key = FIRST_KEY + i,
                                       .arg = settings[i].argument,
                                       .doc = settings[i].help};
    const struct argp argp = {
        .options = keys, .parser = parse, .args_doc = "ACTION...\nPLUGIN.so...", .doc = doc};
    int first = argc;
    if (argp_parse(&argp, argc, argv, 0, &first, NULL) != 0)
        exit(2);
    return first;
}
