/* tests/minihost/worker.c: the mini-host's actions that run other actions on other threads. */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/minihost/host.h"
#include "tests/minihost/offthread.h"

/*
 * A worker waits for an action, runs it, and says that it is done. `on` waits for that, `start`
 * does not, `join` does later. A plug-in may end the thread inside the action.
 */

enum { WORKERS = 64 };

enum worker_state { WORKER_NONE, WORKER_IDLE, WORKER_BUSY, WORKER_LEAVING, WORKER_ENDED };

static struct worker {
    pthread_t thread;
    enum worker_state state;
    char action[HOST_ACTION_BYTES];
    long result;
} workers[WORKERS];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void set_state(struct worker *worker, enum worker_state state)
{
    pthread_mutex_lock(&mutex);
    worker->state = state;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* Returns the state once it is no longer the given one. */
static enum worker_state wait_while(struct worker *worker, enum worker_state state)
{
    pthread_mutex_lock(&mutex);
    while (worker->state == state)
        pthread_cond_wait(&changed, &mutex);
    enum worker_state now = worker->state;
    pthread_mutex_unlock(&mutex);
    return now;
}

static void ended(void *data)
{
    set_state(data, WORKER_ENDED);
}

static void *worker_main(void *data)
{
    struct worker *worker = data;
    offthread_is_host();
    pthread_cleanup_push(ended, worker);
    while (wait_while(worker, WORKER_IDLE) == WORKER_BUSY) {
        worker->result = action_run(worker->action);
        set_state(worker, WORKER_IDLE);
    }
    pthread_cleanup_pop(1);
    return NULL;
}

static struct worker *worker_named(const char *name)
{
    const long number = strtol(name, NULL, 10);
    if (number < 0 || number >= WORKERS)
        script_error("`%s' is not a number of a thread", name);
    return &workers[number];
}

/* Gives the worker an action made of words, quoted again where they have spaces. */
static void give(struct worker *worker, int count, char **words)
{
    if (worker->state == WORKER_NONE) {
        worker->state = WORKER_IDLE;
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
            script_error("no thread could be started");
    }
    wait_while(worker, WORKER_BUSY);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        const char *quote = strpbrk(words[i], " ;") != NULL ? "\"" : "";
        used += (size_t)snprintf(worker->action + used, sizeof worker->action - used, "%s%s%s%s",
                                 i == 0 ? "" : " ", quote, words[i], quote);
        if (used >= sizeof worker->action)
            script_error("an action is too long");
    }
    if (worker->state == WORKER_ENDED)
        script_error("the thread has ended");
    set_state(worker, WORKER_BUSY);
}

/* on THREAD ACTION...: runs it there and waits */
static long act_on(int count, char **words)
{
    struct worker *worker = worker_named(words[1]);
    give(worker, count - 2, words + 2);
    if (wait_while(worker, WORKER_BUSY) == WORKER_IDLE)
        return worker->result;
    pthread_join(worker->thread, NULL);
    worker->state = WORKER_NONE;
    say("  the thread ended inside");
    return -1;
}

/* start THREAD ACTION...: runs it there and does not wait */
static long act_start(int count, char **words)
{
    give(worker_named(words[1]), count - 2, words + 2);
    return 0;
}

/* join THREAD: waits for its action, then for its end */
static long act_join(int count, char **words)
{
    (void)count;
    struct worker *worker = worker_named(words[1]);
    if (worker->state == WORKER_NONE)
        return -1;
    wait_while(worker, WORKER_BUSY);
    if (worker->state == WORKER_IDLE)
        set_state(worker, WORKER_LEAVING);
    pthread_join(worker->thread, NULL);
    worker->state = WORKER_NONE;
    return worker->result;
}

const struct action worker_actions[] = {
    {"on", "THREAD ACTION...", 2, act_on},
    {"start", "THREAD ACTION...", 2, act_start},
    {"join", "THREAD", 1, act_join},
    {NULL, NULL, 0, NULL},
};
