/* tests/heap/plugin.c - a plug-in that allocates by itself */
/* SPDX-License-Identifier: MIT */

/*
 * HEAP_PLUGIN_DO is a list of words, done in order in NP_Initialize, but for those that begin with
 * "new-", which are done in NPP_New:
 *
 *   family pointers thread thrd brought operators throw std-thread open exit-thread
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "shim/npapi.h"
#include "tests/heap/family.h"
#include "tests/heap/libraries.h"
#include "tests/heap/operators.h"
#include "tests/heap/say.h"

#define EXPORT __attribute__((visibility("default")))

/* In the plug-in that is partly C++, and in the one that has brought a library. */
#pragma weak operators_run
#pragma weak operators_throw
#pragma weak operators_in_thread
#pragma weak brought_run

EXPORT NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);
EXPORT const char *NP_GetMIMEDescription(void);

static NPNetscapeFuncs *host;

static void *thread(void *argument)
{
    family_few(5);
    return argument;
}

static int c11_thread(void *argument)
{
    family_few(4);
    return argument != NULL ? 9 : 8;
}

static void *exiting_thread(void *argument)
{
    family_few(3);
    pthread_exit(argument);
}

static void run_thread(void *(*routine)(void *))
{
    pthread_attr_t attributes;
    pthread_t started;
    void *returned = NULL;
    int word;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    if (pthread_create(&started, &attributes, routine, &word) != 0 ||
        pthread_join(started, &returned) != 0)
        say("no thread\n");
    say("thread returned %s\n", returned == &word ? "its argument" : "something else");
    pthread_attr_destroy(&attributes);
}

static void run_c11_thread(void)
{
    thrd_t started;
    int returned = 0;

    if (thrd_create(&started, c11_thread, &started) != thrd_success ||
        thrd_join(started, &returned) != thrd_success)
        say("no thread\n");
    say("thrd returned %d\n", returned);
}

/* By the plug-in's own DT_RUNPATH, which is $ORIGIN. */
static void open_library(void)
{
    void *handle = dlopen("libheapopened.so", RTLD_NOW | RTLD_LOCAL);
    void (*run)(void) = NULL;

    if (handle == NULL)
        say("dlopen: %s\n", dlerror());
    else
        *(void **)&run = dlsym(handle, "opened_run");
    if (run != NULL)
        run();
    if (handle != NULL)
        dlclose(handle);
}

/* What the host allocates is the host's. */
static void ask_host(void)
{
    say("user agent: %s\n", host->uagent(NULL));
    NPIdentifier identifier = host->getstringidentifier("word");
    say("identifier: %s\n", identifier != NULL ? "given" : "none");
    void *block = host->memalloc(64);
    say("memalloc: %s\n", block != NULL ? "given" : "none");
    host->memfree(block);
}

static void do_word(const char *word)
{
    if (strcmp(word, "family") == 0)
        family_run();
    else if (strcmp(word, "pointers") == 0)
        family_by_pointers();
    else if (strcmp(word, "thread") == 0)
        run_thread(thread);
    else if (strcmp(word, "exit-thread") == 0)
        run_thread(exiting_thread);
    else if (strcmp(word, "thrd") == 0)
        run_c11_thread();
    else if (strcmp(word, "brought") == 0 && brought_run != NULL)
        brought_run();
    else if (strcmp(word, "operators") == 0 && operators_run != NULL)
        operators_run();
    else if (strcmp(word, "throw") == 0 && operators_throw != NULL)
        operators_throw();
    else if (strcmp(word, "std-thread") == 0 && operators_in_thread != NULL)
        operators_in_thread();
    else if (strcmp(word, "open") == 0)
        open_library();
    else if (strcmp(word, "ask") == 0)
        ask_host();
    else
        say("unknown word: %s\n", word);
}

/* "new-" words or the others. */
static void do_words(bool in_new)
{
    const char *list = getenv("HEAP_PLUGIN_DO");
    char words[256], *rest = NULL;

    snprintf(words, sizeof(words), "%s", list != NULL ? list : "");
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        bool is_new = strncmp(word, "new-", 4) == 0;
        if (is_new == in_new)
            do_word(is_new ? word + 4 : word);
    }
}

static NPError new_instance(NPMIMEType type, NPP instance, uint16_t mode, int16_t argc,
                            char *argn[], char *argv[], NPSavedData *saved)
{
    (void)type, (void)instance, (void)mode, (void)argc, (void)argn, (void)argv, (void)saved;
    do_words(true);
    return NPERR_NO_ERROR;
}

NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions)
{
    host = browser;
    functions->newp = new_instance;
    do_words(false);
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

const char *NP_GetMIMEDescription(void)
{
    return "application/x-heap::";
}
