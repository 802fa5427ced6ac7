/* tests/contract/traffic_later.c - the random plug-in's timers, asynchronous calls and notes */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic.h"
#include "tests/contract/traffic_memory.h"

/* ---- asynchronous calls: the data is a block of the browser's, freed in the call, or by the end
 * of the instance, which the browser drops its calls with ------------------------------------ */

enum { NOBODYS_ERRANDS = 40 };

struct errand {
    struct errand *next;
    struct instance *me;
    char text[16];
};

pthread_mutex_t traffic_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned nobodys; /* errands of no instance, under the lock */

struct errand *errand_for(struct instance *me)
{
    if (me == &traffic_module && nobodys >= NOBODYS_ERRANDS)
        return NULL;
    nobodys += me == &traffic_module;
    struct errand *errand = mem_alloc(sizeof *errand + below(100));
    *errand = (struct errand){.next = me->errands, .me = me, .text = "errand"};
    me->errands = errand;
    return errand;
}

static void unlink_errand(struct errand *errand)
{
    struct errand **place = &errand->me->errands;

    pthread_mutex_lock(&traffic_lock);
    while (*place != NULL && *place != errand)
        place = &(*place)->next;
    if (*place == NULL)
        traffic_fail("a call that was not asked for");
    *place = errand->next;
    nobodys -= errand->me == &traffic_module;
    pthread_mutex_unlock(&traffic_lock);
}

void errand_run(void *data)
{
    struct errand *errand = data;
    struct instance *me = errand->me;

    count("async");
    unlink_errand(errand);
    enter(me);
    if (strcmp(errand->text, "errand") != 0)
        traffic_fail("another's data");
    acts_some(me, 3);
    mem_free(errand);
    leave(me);
}

void errands_end(struct instance *me)
{
    pthread_mutex_lock(&traffic_lock);
    struct errand *errand = me->errands;
    me->errands = NULL;
    if (me == &traffic_module)
        nobodys = 0;
    pthread_mutex_unlock(&traffic_lock);
    while (errand != NULL) {
        struct errand *next = errand->next;
        mem_free(errand);
        errand = next;
    }
}

static void ask_call(struct instance *me)
{
    if (me->npp == NULL)
        me = &traffic_module;
    pthread_mutex_lock(&traffic_lock);
    struct errand *errand = errand_for(me);
    if (errand != NULL)
        npn_pluginthreadasynccall(me->npp, errand_run, errand);
    pthread_mutex_unlock(&traffic_lock);
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void timer_over(struct instance *me, int place)
{
    me->timers[place] = 0;
    mem_free(me->timer_data[place]);
    me->timer_data[place] = NULL;
}

static void timer_once(NPP npp, uint32_t id)
{
    struct instance *me = npp->pdata;

    count("timer");
    enter(me);
    acts_some(me, 3);
    for (int i = 0; i < KEPT; i++)
        if (me->timers[i] == id)
            timer_over(me, i);
    leave(me);
}

static void timer_again(NPP npp, uint32_t id)
{
    struct instance *me = npp->pdata;

    (void)id;
    count("timer-again");
    enter(me);
    acts_some(me, 3);
    leave(me);
}

static void set_timer(struct instance *me)
{
    const int place = (int)below(KEPT);
    const bool repeat = one_in(3);

    if (me->timers[place] != 0) {
        npn_unscheduletimer(me->npp, me->timers[place]);
        timer_over(me, place);
    }
    if (!me->keeps)
        return;
    me->timers[place] =
        npn_scheduletimer(me->npp, 10 + below(100), repeat, repeat ? timer_again : timer_once);
    if (me->timers[place] != 0)
        me->timer_data[place] = mem_alloc(mem_size());
}

/* ---- NPN_GetURLNotify ------------------------------------------------------------------------ */

struct note {
    struct note *next;
    uint32_t mark;
};

#define NOTE_MARK 0x6e6f7465u

static bool unlink_note(struct note **list, const struct note *note)
{
    while (*list != NULL && *list != note)
        list = &(*list)->next;
    if (*list == NULL)
        return false;
    *list = note->next;
    return true;
}

NPError later_notify(struct instance *me, bool post)
{
    const char *window = one_in(5) ? "_blank" : NULL;
    struct note *note = mem_alloc(sizeof *note);

    *note = (struct note){.next = me->notes, .mark = NOTE_MARK};
    me->notes = note;
    NPError error =
        post ? npn_posturlnotify(me->npp, "http://example.org/c", window, 4, "post", false, note)
             : npn_geturlnotify(me->npp, "http://example.org/d", window, note);
    if (error != NPERR_NO_ERROR && unlink_note(&me->notes, note))
        mem_free(note);
    return error;
}

void later_notified(struct instance *me, void *data)
{
    struct note *note = data;

    if (note->mark != NOTE_MARK || !unlink_note(&me->notes, note))
        traffic_fail("another's data");
    mem_free(note);
}

/* At once or later; only one is open for later. */
void later_redirected(struct instance *me, void *data)
{
    if (me->redirection != NULL || one_in(2))
        npn_urlredirectresponse(me->npp, data, one_in(3) ? false : true);
    else
        me->redirection = data;
}

static void answer_redirection(struct instance *me)
{
    void *data = me->redirection;

    me->redirection = NULL;
    if (data != NULL)
        npn_urlredirectresponse(me->npp, data, true);
}

/* ---- the end --------------------------------------------------------------------------------- */

void later_end(struct instance *me)
{
    for (int i = 0; i < KEPT; i++) {
        if (me->timers[i] == 0)
            continue;
        if (one_in(2)) /* else the browser does */
            npn_unscheduletimer(me->npp, me->timers[i]);
        timer_over(me, i);
    }
    while (me->notes != NULL) {
        struct note *note = me->notes;
        me->notes = note->next;
        mem_free(note);
    }
    me->redirection = NULL;
}

const struct act acts_later[] = {
    {ask_call, 4, true},
    {set_timer, 4, false},
    {answer_redirection, 4, false},
    {NULL, 0, false},
};
