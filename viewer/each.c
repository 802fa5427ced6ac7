/* viewer/each.c - a host is run once for each NPN_MemAlloc, which fails in that run */
/* SPDX-License-Identifier: MIT */

#include "viewer/each.h"
#include "viewer/message.h"
#include "viewer/progress.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile bool stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = true;
}

static void listen_to_user(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, was;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (sigaction(numbers[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN) /* nohup */
            sigaction(numbers[i], &action, NULL);
}

/* ---- what one run was like --------------------------------------------------------------- */

bool each_baseline_is_killed(const struct each_result *result)
{
    return WIFSIGNALED(result->baseline.wait_status) || result->baseline_facts.killed;
}

static enum each_outcome outcome_of(const struct each_result *result, const struct each_end *end,
                                    const struct each_facts *facts, int *ret_value)
{
    bool killed = facts->killed && !result->baseline_facts.killed;

    *ret_value = 0;
    if (end->timed_out)
        return EACH_TIMEOUT;
    if (end->error != 0)
        return EACH_NOT_RUN;
    if (WIFSIGNALED(end->wait_status) || killed)
        *ret_value = WIFSIGNALED(end->wait_status) ? WTERMSIG(end->wait_status) : facts->signal;
    else
        *ret_value = WEXITSTATUS(end->wait_status);
    if (end->wait_status == result->baseline.wait_status && !killed)
        return EACH_SAME;
    return WIFSIGNALED(end->wait_status) || killed ? EACH_SIGNAL : EACH_STATUS;
}

static uint64_t count_of(const struct each_facts *facts, const struct each_fact *like)
{
    for (size_t i = 0; i < facts->count; i++)
        if (facts->facts[i].key == like->key)
            return facts->facts[i].count;
    return 0;
}

/* Of a host that was killed everything is live: only leaks of runs that ended well say something.
 */
static void compare(const struct each_result *result, struct each_run *run)
{
    bool ended_well = run->outcome == EACH_SAME && !each_baseline_is_killed(result);

    run->new_findings = xalloc_zeroed(run->facts.count, sizeof(*run->new_findings));
    for (size_t i = 0; i < run->facts.count; i++) {
        const struct each_fact *fact = &run->facts.facts[i];
        uint64_t before = count_of(&result->baseline_facts, fact);
        if (fact->finding != NULL && before == 0) {
            run->new_findings[run->new_finding_count++] = *fact;
        } else if (fact->finding == NULL && fact->count > before && ended_well) {
            run->new_leak_blocks += fact->count - before;
            run->new_leak_bytes += fact->bytes / fact->count * (fact->count - before);
        }
    }
}

static void run_one(const struct each *each, struct each_result *result, uint64_t call)
{
    struct each_end end = each_run(each, call, &stopped);
    struct each_run *run = &result->runs[result->run_count];

    run->call = call;
    each_read(each, call, &run->facts);
    if (stopped) {
        each_facts_free(&run->facts);
        return;
    }
    run->outcome = outcome_of(result, &end, &run->facts, &run->value);
    compare(result, run);
    result->different += run->outcome != EACH_SAME;
    result->run_count++;
}

/* ---- all of them ------------------------------------------------------------------------- */

static int begin(const struct each *each, struct each_result *result)
{
    result->baseline = each_run(each, 0, &stopped);
    each_read(each, 0, &result->baseline_facts);
    result->calls = result->baseline_facts.calls;
    if (stopped) {
        message("stopped in the run without failures: no call was tried");
        return STATUS_TROUBLE;
    }
    if (result->baseline.timed_out) {
        message("the run without failures did not end in %s: give a longer --each-timeout",
                text_plural(each->whatif->each_timeout_s, "second").chars);
        return STATUS_TROUBLE;
    }
    if (result->baseline.error != 0) {
        message("the run without failures could not be recorded: %s",
                strerror(-result->baseline.error));
        return STATUS_TROUBLE;
    }
    if (result->calls == 0) {
        char *ended = each_end_text(result->baseline.wait_status);
        message("nothing to let fail: in the run without failures no plug-in%s%s called "
                "NPN_MemAlloc; it ended with: %s",
                each->whatif->plugin != NULL ? " like " : "",
                each->whatif->plugin != NULL ? each->whatif->plugin : "", ended);
        free(ended);
        return STATUS_TROUBLE;
    }
    return STATUS_GOOD;
}

static void run_all(const struct each *each, struct each_result *result)
{
    struct each_choice *choice = &result->choice;
    struct progress progress = progress_begin("letting calls fail");

    *choice = each_choose(&result->baseline_facts, each->whatif->each_limit);
    result->runs = xalloc_zeroed(choice->count, sizeof(*result->runs));
    for (size_t i = 0; i < choice->count && !stopped; i++) {
        progress_update(&progress, i, choice->count);
        run_one(each, result, choice->calls[i]);
    }
    progress_end(&progress);
    result->stopped = stopped;
}

static void free_result(struct each_result *result)
{
    for (size_t i = 0; i < result->run_count; i++) {
        each_facts_free(&result->runs[i].facts);
        free(result->runs[i].new_findings);
    }
    each_facts_free(&result->baseline_facts);
    free(result->choice.calls);
    free(result->runs);
}

static char *make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder = xalloc_format("%s/npntrace-each-XXXXXX",
                                 parent != NULL && *parent != '\0' ? parent : "/tmp");

    if (mkdtemp(folder) != NULL)
        return folder;
    message("cannot make a folder for the recordings, %s: %s; name another parent with TMPDIR",
            folder, strerror(errno));
    free(folder);
    return NULL;
}

int each_all(struct each *each)
{
    struct each_result result = {0};

    each->folder = make_folder();
    if (each->folder == NULL)
        return STATUS_TROUBLE;
    listen_to_user();
    each_run_prepare();
    int status = begin(each, &result);
    if (status == STATUS_GOOD) {
        run_all(each, &result);
        each_print(each, &result);
        status = result.stopped          ? STATUS_TROUBLE
                 : result.different != 0 ? STATUS_FOUND
                                         : STATUS_GOOD;
    }
    free_result(&result);
    rmdir(each->folder);
    free(each->folder);
    return status;
}
