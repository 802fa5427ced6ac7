/* tests/contract/traffic.h - what the files of the random plug-in share */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in that, wherever it is entered, does some random things, each as the API wants it done:
 * what it gets it releases, by the right function, at once or when its instance ends; what it
 * starts it ends. It uses every function of the table and has every function that a browser may
 * call. An instance may be destroyed in any call that it makes: after such a call it only tidies
 * up.
 *
 * It counts what it does, and writes the counts to $NPNSAMPLE_STATE when it is shut down.
 *
 * Threads: the acts run on the browser's thread. Two of its own threads use NPN_Mem* and ask for
 * asynchronous calls of live instances, under one lock. Errors: what a browser may not do ends the
 * process. TRAFFIC_VARIANT: 1 keeps the browser's table, 2 a copy of it.
 */
#ifndef NPNTRACE_TESTS_CONTRACT_TRAFFIC_H
#define NPNTRACE_TESTS_CONTRACT_TRAFFIC_H

#include <pthread.h>
#include <stdatomic.h>

#include "shim/npapi.h"
#include "shim/table_slots.h"

enum { KEPT = 6, TRAFFIC_THREADS = 2 };

struct errand; /* of an asynchronous call */
struct note;   /* of an address that was asked for */

struct instance {
    NPP npp;         /* NULL: over, or the plug-in itself */
    unsigned frames; /* calls under way */
    bool keeps;      /* it has an end at which what it keeps is released */
    struct instance *next; /* in the list of those that threads may call for, under the lock */
    struct errand *errands; /* under the lock */
    struct note *notes;
    void *redirection; /* to be answered; NULL: none */
    struct thing *things; /* its objects */
    NPObject *scriptable;
    void *blocks[KEPT]; /* to be released by NPN_MemFree */
    NPObject *objects[KEPT];
    NPVariant variants[KEPT];
    uint32_t timers[KEPT]; /* 0: none */
    void *timer_data[KEPT];
    NPStream *streams[KEPT];  /* of its own */
    NPStream *coming[KEPT];   /* of the browser's */
    NPAsyncSurface *surfaces[KEPT];
    unsigned popups; /* pushed states */
};

extern struct instance traffic_module; /* what belongs to no instance */

/* ---- chance: one sequence on the browser's thread, others on others -------------------------- */

uint32_t below(uint32_t number);
bool one_in(uint32_t number);
void chance_begin(uint64_t seed);

_Noreturn void traffic_fail(const char *what);

/* ---- acts ------------------------------------------------------------------------------------ */

/* Some random things, fewer the deeper we are. */
void acts_some(struct instance *me, unsigned most);

void entries_fill(NPPluginFuncs *entries);
struct instance *instance_begin(NPP npp);
void instance_end(struct instance *me);

/* Around each call of the browser's. */
void enter(struct instance *me);
void leave(struct instance *me);

struct act {
    void (*run)(struct instance *me);
    unsigned share;
    bool alone; /* needs no NPP */
};
extern const struct act acts_memory[], acts_browser[], acts_script[], acts_later[];

NPIdentifier some_identifier(void);
NPObject *some_object(struct instance *me); /* with a reference of the caller's */
NPVariant some_variant(struct instance *me);
NPVariant some_text(void);
void keep_object(struct instance *me, NPObject *object);
void keep_variant(struct instance *me, NPVariant *variant);
void keep_block(struct instance *me, void *block);

void memory_end(struct instance *me);
void script_end(struct instance *me);
void browser_end(struct instance *me);
void later_end(struct instance *me);

NPError later_notify(struct instance *me, bool post);
void later_notified(struct instance *me, void *data);
void later_redirected(struct instance *me, void *data);
struct errand *errand_for(struct instance *me); /* on any thread, with the lock held */
void errand_run(void *data);
void errands_end(struct instance *me);
extern pthread_mutex_t traffic_lock;

/* ---- objects --------------------------------------------------------------------------------- */

void classes_begin(void);
void classes_end(void);
NPObject *class_object(struct instance *me); /* a new one of a random class */
void class_owner_ends(struct instance *me);

/* ---- threads --------------------------------------------------------------------------------- */

extern struct instance *threads_instances;
void threads_begin(void);
void threads_end(void);
void threads_work(void); /* lets them do a little */
void threads_know(struct instance *me);
void threads_forget(struct instance *me);

/* ---- the browser's functions, counted -------------------------------------------------------- */

void table_keep(NPNetscapeFuncs *table);

#define NPN(returns, slot, parameters, arguments) returns npn_##slot parameters;
#define VOID_NPN(slot, parameters, arguments) void npn_##slot parameters;
TABLE_WATCHED_SLOTS(NPN, VOID_NPN)
TABLE_PLAIN_SLOTS(NPN, VOID_NPN)
void *npn_getJavaEnv(void);

/* ---- counts ---------------------------------------------------------------------------------- */

extern struct tally {
    atomic_ulong allocs, bytes, frees, flushes, received, handed, begun, failed, ended;
} tally;

/* Each place counts how often it was reached, by name. */
void count(const char *name);
void count_received(const void *block); /* NULL is none */
void count_handed(const void *block);
void tally_write(void);

#endif
