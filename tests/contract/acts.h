/* tests/contract/acts.h - what the files of the acting plug-in share */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in that is told by name what to do with memory and objects. An act is one function, which
 * calls the browser itself, so that its name is the innermost of the call's stack, and which states
 * what must be reported about it: nothing that is not stated may be. Most come in pairs, as the API
 * wants it and not. Names of acts are words of
 *
 *     the attributes of a tag   do (in NPP_New), window, event, stream, file, write, notify,
 *                               destroy, form, save, object, has (in hasMethod), names (in
 *                               enumerate), apply, construct
 *     methods and properties    invoke(NAME), getProperty(NAME) on the scriptable object
 *     the environment           ACTS_INIT, ACTS_SITES, ACTS_VALUE (in NP_GetValue),
 *                               ACTS_SHUTDOWN, ACTS_UNLOAD (in a destructor)
 *
 * several with commas between them. Names in the attribute `properties` are no methods. What an act
 * states is the affair of the instance, and of the plug-in's function, that it runs for. Threads:
 * acts run where the host enters. Memory: what the plug-in needs itself comes from calloc and is
 * freed; an act may leave one block and one object to another. Errors: an act that does not get
 * what it needs ends the process.
 */
#ifndef NPNTRACE_TESTS_CONTRACT_ACTS_H
#define NPNTRACE_TESTS_CONTRACT_ACTS_H

#include "shim/npapi.h"

enum acts_phase {
    ACTS_DO,
    ACTS_WINDOW,
    ACTS_EVENT,
    ACTS_STREAM,
    ACTS_FILE,
    ACTS_WRITE,
    ACTS_NOTIFY,
    ACTS_DESTROY,
    ACTS_FORM,
    ACTS_SAVE,
    ACTS_OBJECT,
    ACTS_HAS,
    ACTS_NAMES,
    ACTS_APPLY,
    ACTS_CONSTRUCT,
    ACTS_PROPERTIES, /* nothing is run: names */
    ACTS_INSTANCE_PHASES,
    ACTS_INIT = ACTS_INSTANCE_PHASES,
    ACTS_SITES,
    ACTS_VALUE,
    ACTS_SHUTDOWN,
    ACTS_UNLOAD,
    ACTS_PHASES
};

struct acts_instance {
    NPP npp; /* NULL: the plug-in itself */
    unsigned serial; /* counted over all plug-ins of the process, as the report does; 0: none */
    char *acts[ACTS_INSTANCE_PHASES];
    NPObject *object; /* scriptable, NULL until asked for */
    void *block;      /* what one act leaves to another */
    NPObject *kept;
    NPVariant variant;
    uint32_t timer;
    int come; /* what was waited for */
};

struct act_call {
    struct acts_instance *instance;
    const NPVariant *arguments;
    uint32_t argument_count;
    NPIdentifier name; /* that hasMethod was asked for */

    /* What the act may answer, where the browser asks for it; else NULL. */
    NPVariant *result; /* never NULL, void before */
    NPIdentifier **names;
    uint32_t *name_count;
    char **text;
    char **attributes; /* their values */
    const char **value;
    char ***sites;
    NPSavedData **save;
    NPSavedData *saved; /* that NPP_New was given */
    NPObject **object;
    bool returns;  /* true before */
    NPError error; /* NPERR_NO_ERROR before */
};

typedef void act_function(struct act_call *call);

struct act {
    const char *name;
    act_function *run;
};

/* The parts of the table of acts, each ended by a NULL name. */
extern const struct act acts_received[];
extern const struct act acts_results[];
extern const struct act acts_objects[];
extern const struct act acts_handed[];
extern const struct act acts_later[];
extern const struct act acts_misuse[];
extern const struct act acts_misuse_results[];
extern const struct act acts_threads[];
extern const struct act acts_checked[];

/* NULL if there is none. */
const struct act *acts_find(NPIdentifier name);

/* For whom acts run on this thread, and by which function the browser has entered. */
struct acts_here {
    unsigned serial;
    const char *entry;
};
/* Without a block of the heap for each thread. */
#define ACTS_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
extern ACTS_THREAD_LOCAL struct acts_here acts_here;

/* Does what the phase says; false: it says nothing. */
bool acts_run(enum acts_phase phase, struct act_call *call);
struct act_call acts_call(struct acts_instance *instance, NPVariant *result);

/* One act, entered by the function of that name. */
void acts_run_one(const struct act *act, struct act_call *call, const char *entry);

/* What belongs to no instance. */
extern struct acts_instance acts_module;

/* The browser's table: a copy, as plug-ins keep it that know more slots than the browser has. */
extern NPNetscapeFuncs browser;
void acts_keep_table(const NPNetscapeFuncs *table);
void acts_learn_names(void);

/* The scriptable object of an instance, without a further reference. */
NPObject *acts_scriptable(struct acts_instance *instance);
void acts_forget(NPObject *object); /* its instance ends before it */
extern NPClass acts_class;

/* A class of objects without functions, whose memory is the browser's affair. */
extern NPClass acts_plain_class;

/* Is this name in the instance's list of properties? */
bool acts_is_property(const struct acts_instance *instance, NPIdentifier name);

/* The page's window, with a reference. */
NPObject *acts_window(struct act_call *call);

/* Ends the process: the host did not do its part. */
_Noreturn void acts_fail(const char *what);

/* ---- statements: one line each in $NPNSAMPLE_STATE/acts -------------------------------------- */

void state(const char *what, const char *detail, size_t number, const char *function,
           const char *from, const char *released);

/* A finding about a block of another plug-in: its file, and the instance. */
void state_of_others(const char *kind, const char *function, const char *from, const char *plugin,
                     unsigned serial);
const char *state_plugin(void);

/* The number of an instance that begins. */
unsigned state_next_serial(void);

/* A block that nobody releases, of an origin (npn_origin_name()). */
#define STATE_LEAK(origin, bytes) state("leak", origin, bytes, __func__, "", "")
/* One that a function of that name brought. */
#define STATE_LEAK_BY(origin, bytes, function) state("leak", origin, bytes, function, "", "")
/* References that nobody gives back, and how the object came (object_step_name()). */
#define STATE_HELD(step, references) state("held", step, references, __func__, "", "")
#define STATE_HELD_BY(step, references, function) state("held", step, references, function, "", "")
/* The last one was taken elsewhere. */
#define STATE_HELD_SINCE(step, references, function, last)                                         \
    state("held", step, references, function, "", last)
/* A finding here; `from`: the function that the block or object came from, `released`: the one that
 * released it before; "" for none. */
#define STATE_FINDING(kind, from, released) state("finding", kind, 1, __func__, from, released)
/* One that is found when a function of the plug-in has returned. */
#define STATE_FINDING_OUTSIDE(kind, from) state("finding", kind, 1, "", from, "")
/* Blocks received and handed over, which the report counts. */
#define STATE_RECEIVED(count) state("received", "", count, __func__, "", "")
#define STATE_HANDED(count) state("handed", "", count, __func__, "", "")

#endif
