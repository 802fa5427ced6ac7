/* tests/plugins/sample_main.c: what the sample plug-ins export, and their beginning and end. */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/plugins/sample.h"
#include "tests/plugins/sample_entry.h"

static unsigned initialize_calls;

struct sample_instance *sample_module(void)
{
    static struct sample_instance module = {.tally = TALLY_NONE};
    return &module;
}

/* As plug-ins do that start their helpers early: one child that ends, one that is another program.
 */
static void fork_and_exec(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(8);
    }
    waitpid(child, NULL, 0);
}

__attribute__((constructor)) static void sample_loaded(void)
{
    tally_open((const void *)&initialize_calls);
    SAMPLE_ENTER(sample_module());
    if (sample_quirk("fork-in-constructor"))
        fork_and_exec();
    SITE_AT(sample_phase("constructor", sample_module()));
}

__attribute__((destructor)) static void sample_unloaded(void)
{
    {
        SAMPLE_ENTER(sample_module());
        SITE_AT(sample_phase("destructor", sample_module()));
    }
    tally_write_state();
}

static void sample_at_exit(void)
{
    {
        SAMPLE_ENTER(sample_module());
        SITE_AT(sample_phase("atexit", sample_module()));
    }
    tally_write_state();
}

/* The check that one published plug-in makes: enough slots, a known major version. */
static NPError check_tables(const NPNetscapeFuncs *table, const NPPluginFuncs *entries)
{
    if (table->size < offsetof(NPNetscapeFuncs, posturlnotify) ||
        entries->size < offsetof(NPPluginFuncs, setvalue) + sizeof(void *))
        return NPERR_INVALID_FUNCTABLE_ERROR;
    return table->version >> 8 > NP_VERSION_MAJOR ? NPERR_INCOMPATIBLE_VERSION_ERROR
                                                  : NPERR_NO_ERROR;
}

/* Fills in what the host's structure has room for. */
static void fill_entries(NPPluginFuncs *entries)
{
    const size_t head = offsetof(NPPluginFuncs, newp);
    size_t end = entries->size < sizeof *entries ? entries->size : sizeof *entries;
    if (sample_quirk("write-pfuncs")) {
        entries->size = offsetof(NPPluginFuncs, urlredirectnotify);
        entries->version = NP_VERSION_MAJOR << 8 | 17;
    }
    if (end > head)
        memcpy((char *)entries + head, (const char *)&sample_entries + head, end - head);
}

SAMPLE_EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *entries)
{
    initialize_calls++;
    if (table == NULL || entries == NULL || table->size == 0)
        return NPERR_INVALID_FUNCTABLE_ERROR;
    NPError error = sample_quirk("check") ? check_tables(table, entries) : NPERR_NO_ERROR;
    if (error != NPERR_NO_ERROR)
        return error;
    sample_table_keep(table);
    SAMPLE_ENTER(sample_module());
    SITE_AT(sample_phase("init", sample_module()));
    if (initialize_calls == 1 && sample_quirk("refuse-first"))
        return NPERR_MODULE_LOAD_FAILED_ERROR;
    if (initialize_calls == 1 && sample_has_phase("atexit"))
        atexit(sample_at_exit);
    if (initialize_calls == 1 || !sample_quirk("no-refill"))
        fill_entries(entries);
    return NPERR_NO_ERROR;
}

SAMPLE_EXPORT NPError NP_Shutdown(void)
{
    {
        SAMPLE_ENTER(sample_module());
        SITE_AT(sample_phase("shutdown", sample_module()));
    }
    tally_write_state();
    return NPERR_NO_ERROR;
}

SAMPLE_EXPORT const char *NP_GetMIMEDescription(void)
{
    return SAMPLE_MIME ":nps" SAMPLE_SUFFIX ":npntrace sample plug-in" SAMPLE_SUFFIX;
}

NPError sample_describe(NPPVariable variable, void *value)
{
    static const char name[] = "npntrace sample plug-in" SAMPLE_SUFFIX;
    static const char description[] =
        "Allocates what its page tells it to, and says so." SAMPLE_SUFFIX;
    if (variable == NPPVpluginNameString)
        *(const char **)value = name;
    else if (variable == NPPVpluginDescriptionString)
        *(const char **)value = description;
    else
        return NPERR_INVALID_PARAM;
    return NPERR_NO_ERROR;
}

SAMPLE_EXPORT NPError NP_GetValue(void *future, NPPVariable variable, void *value)
{
    (void)future;
    return sample_describe(variable, value);
}

SAMPLE_EXPORT char *NP_GetPluginVersion(void)
{
    static char version[] = "1.0";
    return version;
}
