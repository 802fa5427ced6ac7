/* tests/contract/traffic_host.h - what the files of the random host share */
/* SPDX-License-Identifier: MIT */

/*
 * A host that does with plug-ins whatever a browser may do, in an order drawn from a seed: it
 * creates and destroys instances, delivers streams, calls scriptable objects and asks for values;
 * from within a call of a plug-in's (NPN_Evaluate, NPN_Invoke of an object of the page, ...) it
 * does the same again, so that everything nests in everything, an instance's own destruction in its
 * own calls included. It is correct: what it lends lasts as long as the API says, and nothing
 * reaches a plug-in that has none of it any more.
 *
 * Threads: all of it runs on the main thread; NPN_Mem* and NPN_PluginThreadAsyncCall may be called
 * on any. Memory: blocks that the plug-ins see come from host_alloc(), which counts them. Errors: a
 * plug-in that goes wrong ends the host with status 1, a wrong command line with 2.
 */
#ifndef NPNTRACE_TESTS_CONTRACT_TRAFFIC_HOST_H
#define NPNTRACE_TESTS_CONTRACT_TRAFFIC_HOST_H

#include <stdatomic.h>

#include "shim/npapi.h"
#include "shim/table_slots.h"

enum { HOST_PLUGINS = 4, HOST_INSTANCES = 24, HOST_DEPTH = 4, HOST_OBJECTS = 1024 };

struct host_plugin {
    const char *path;
    void *handle; /* NULL: not loaded */
    bool runs;    /* between NP_Initialize and NP_Shutdown */
    NP_InitializeFunc initialize;
    NP_ShutdownFunc shutdown;
    NP_GetMIMEDescriptionFunc mime;
    NP_GetValueFunc getvalue;
    NPNetscapeFuncs table;
    NPPluginFuncs funcs;
    NPSavedData *saved; /* for the next instance */
};

enum host_life { HOST_NO_INSTANCE, HOST_BEGINNING, HOST_READY, HOST_ENDING };

/* The NPP of an instance that has gone is given to a later one. */
struct host_instance {
    NPP_t npp;
    struct host_plugin *plugin;
    enum host_life life;
    uint64_t serial;
    NPObject *object; /* scriptable, with a reference; NULL: not asked for */
    unsigned streams_busy;
    bool destroyed; /* NPP_Destroy has returned */
};

extern struct host_plugin host_plugins[HOST_PLUGINS];
extern unsigned host_plugin_count;
extern struct host_instance host_instances[HOST_INSTANCES];

extern struct host_options {
    bool header;     /* blocks have a header in front: free() of them is fatal */
    bool invalidate; /* objects are invalidated, and ended, with their instance */
    bool no_save;    /* NPP_Destroy is given no place for saved data */
    bool cut_short;  /* the process ends in the middle */
} host_options;

/* ---- main ------------------------------------------------------------------------------------ */

uint32_t host_below(uint32_t below);
bool host_one_in(uint32_t number);
_Noreturn void host_fail(const char *what);

extern bool host_closing; /* no new instances */

/* One action of the page's or the user's, if we are not too deep in another. */
void host_step(void);

/* ---- memory ---------------------------------------------------------------------------------- */

void *host_alloc(size_t bytes);
void host_free(void *block);
char *host_text(const char *text);
long host_outstanding(void); /* blocks not freed */

/* ---- instances and plug-ins ------------------------------------------------------------------ */

void plugin_load(struct host_plugin *plugin);
void plugin_start(struct host_plugin *plugin);
void plugin_stop(struct host_plugin *plugin);
void plugin_unload(struct host_plugin *plugin);
void plugin_ask(void); /* what NP_GetValue and NP_GetMIMEDescription say, and the sites */

struct host_instance *instance_any(void);    /* a ready one, or NULL */
struct host_instance *instance_of(NPP npp);  /* one that is not over; fails for a stranger */
struct host_instance *instance_lent(uint64_t serial); /* NULL: it is over */
void instance_new(void);
void instance_destroy(struct host_instance *instance);
void instance_call(void); /* some NPP_ function of some instance */

/* ---- objects --------------------------------------------------------------------------------- */

NPIdentifier identifier_of(const char *name);
NPIdentifier identifier_any(void);
const char *identifier_name(NPIdentifier identifier); /* NULL: a number */

NPObject *object_create(struct host_instance *instance, NPClass *class);
void object_take(NPObject *object); /* a reference of the host's own */
void object_drop(NPObject *object);
void object_taken_over(NPObject *object); /* a plug-in's reference becomes the host's */
void object_given(NPObject *object);      /* and the other way */
void object_busy(NPObject *object, int step);
void object_owner_ends(uint64_t serial);
long object_count(void);

NPObject *page_window(void);
NPObject *page_object(void); /* any that the page knows, without a reference */
void page_keep(NPObject *object); /* takes over a reference of the host's */
void page_lose(const NPObject *object); /* it ends, references and all */
void page_forget(void);
void page_clear(void);
void page_script(void); /* calls a function of an object */

void variant_end(NPVariant *variant); /* one of the host's */
NPVariant variant_text(const char *text);
NPVariant variant_any(void);

/* ---- streams, timers, calls ------------------------------------------------------------------ */

void stream_step(void);
void stream_end_all(struct host_instance *instance);
void later_step(void);
void later_drop(uint64_t serial, NPP npp);
void later_drain(void); /* calls that are for no instance */

/* ---- the functions of the table -------------------------------------------------------------- */

void table_fill(NPNetscapeFuncs *table);
void table_state(void); /* how often each was called, and if it never was */

#define HOST_SLOT(returns, slot, parameters, arguments) returns host_##slot parameters;
#define HOST_VOID_SLOT(slot, parameters, arguments) void host_##slot parameters;
TABLE_WATCHED_SLOTS(HOST_SLOT, HOST_VOID_SLOT)
TABLE_PLAIN_SLOTS(HOST_SLOT, HOST_VOID_SLOT)
void *host_getJavaEnv(void);

#endif
