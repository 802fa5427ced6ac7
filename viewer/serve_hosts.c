/* viewer/serve_hosts.c - the recordings of running processes in some places */
/* SPDX-License-Identifier: MIT */

#include "viewer/host_process.h"
#include "viewer/mapping.h"
#include "viewer/message.h"
#include "viewer/serve.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

#define FAILURES_MOST 3

static const struct problem became_shorter = {.kind = PROBLEM_DAMAGE,
                                              .offset = PROBLEM_NOWHERE,
                                              .text = "the file became shorter while it was read"};

struct passed_key {
    dev_t device;
    ino_t inode;
};

struct serve_passed {
    struct passed_key key;
    struct timespec changed; /* as it was: what is written to is looked at again */
    uint64_t look;           /* that met it last: what is met no more is forgotten */
    char *trouble;           /* why it cannot be read, as it was said; NULL: it can */
    UT_hash_handle hh;
};

static struct passed_key key_of(const struct stat *status)
{
    struct passed_key key;

    memset(&key, 0, sizeof(key));
    key.device = status->st_dev;
    key.inode = status->st_ino;
    return key;
}

static struct serve_passed *find_passed(const struct serve_hosts *hosts, const struct stat *status)
{
    struct passed_key key = key_of(status);
    struct serve_passed *passed;

    HASH_FIND(hh, hosts->passed, &key, sizeof(key), passed);
    return passed;
}

static bool is_as_passed(const struct serve_passed *passed, const struct stat *status)
{
    return passed->changed.tv_sec == status->st_mtim.tv_sec &&
           passed->changed.tv_nsec == status->st_mtim.tv_nsec;
}

/* trouble: NULL if it can be read. */
static void pass(struct serve_hosts *hosts, const struct stat *status, const char *trouble)
{
    struct serve_passed *passed = find_passed(hosts, status);

    if (passed == NULL) {
        passed = xalloc_zeroed(1, sizeof(*passed));
        passed->key = key_of(status);
        HASH_ADD(hh, hosts->passed, key, sizeof(passed->key), passed);
    }
    passed->changed = status->st_mtim;
    passed->look = hosts->looks;
    free(passed->trouble);
    passed->trouble = trouble != NULL ? xalloc_string(trouble) : NULL;
}

/* A file that is being written may be unreadable at each look, and is said to be once. */
static void pass_unreadable(struct serve_hosts *hosts, const char *path, const struct stat *status,
                            const struct problem *problem)
{
    const struct serve_passed *passed = find_passed(hosts, status);

    if (passed == NULL || passed->trouble == NULL || strcmp(passed->trouble, problem->text) != 0)
        message_problem(path, problem, NULL);
    hosts->unreadable++;
    pass(hosts, status, problem->text);
}

static void drop_passed(struct serve_hosts *hosts, struct serve_passed *passed)
{
    HASH_DEL(hosts->passed, passed);
    free(passed->trouble);
    free(passed);
}

static void drop_unmet(struct serve_hosts *hosts)
{
    struct serve_passed *passed, *next;

    HASH_ITER(hh, hosts->passed, passed, next)
    {
        if (passed->look != hosts->looks)
            drop_passed(hosts, passed);
    }
}

static bool is_served(const struct serve_hosts *hosts, const struct stat *status)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (hosts->list[i].inode == status->st_ino && hosts->list[i].device == status->st_dev)
            return true;
    return false;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);

    return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static void forget_host(struct serve_host *host)
{
    for (size_t i = 0; i < host->plugin_name_count; i++)
        free(host->plugin_names[i]);
    free(host->plugin_names);
    free(host->name);
    live_close(host->live);
}

static void remove_host(struct serve_hosts *hosts, size_t index)
{
    forget_host(&hosts->list[index]);
    hosts->list[index] = hosts->list[--hosts->count];
}

/* Serves no longer what cannot be read. It is tried again once it has changed. */
static void give_up(struct serve_hosts *hosts, size_t index, const struct problem *problem)
{
    struct follow *follow = hosts->list[index].live->follow;
    struct stat status;

    message_problem(follow->name, problem, NULL);
    if (fstat(follow->fd, &status) == 0)
        pass(hosts, &status, problem->text);
    remove_host(hosts, index);
}

/* A process that executed another program may have two recordings with the same pid: the later one
 * is the one that it writes. False: this is the older one. */
static bool supersede(struct serve_hosts *hosts, const struct recording *recording)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (hosts->list[i].pid != recording->process.outer_pid)
            continue;
        const struct recording *other = hosts->list[i].live->follow->recording;
        if (other->process.start_stamp > recording->process.start_stamp)
            return false;
        struct stat status = hosts->list[i].live->follow->status;
        remove_host(hosts, i);
        pass(hosts, &status, NULL);
        return true;
    }
    return true;
}

static void add_host(struct serve_hosts *hosts, struct follow *follow)
{
    hosts->list = xalloc_grown(hosts->list, hosts->count, &hosts->capacity, sizeof(*hosts->list));
    hosts->list[hosts->count++] = (struct serve_host){
        .live = live_begin(follow, hosts->options),
        .name = text_printable(recording_base_name(follow->recording->process.exe)),
        .pid = follow->recording->process.outer_pid,
        .device = follow->status.st_dev,
        .inode = follow->status.st_ino,
    };
}

/* What is known without the events, of which there may be very many. False: it cannot be read. */
static bool find_ending(const char *path, enum recording_ending *ret_ending,
                        struct problem *ret_problem)
{
    struct recording *recording = recording_open(path, false, ret_problem);

    if (recording == NULL)
        return false;
    const struct problem *damage = problems_first_damage(&recording->problems);
    bool is_sound = damage == NULL;
    if (!is_sound)
        *ret_problem = *damage;
    *ret_ending = recording->process.ending;
    recording_close(recording);
    return is_sound;
}

static void try_file(struct serve_hosts *hosts, const char *path)
{
    uint64_t losses = mapping_losses();
    enum recording_ending ending;
    struct follow *follow = NULL;
    struct problem problem;
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || is_served(hosts, &status))
        return;
    struct serve_passed *passed = find_passed(hosts, &status);
    if (passed != NULL)
        passed->look = hosts->looks;
    if (passed != NULL && is_as_passed(passed, &status)) {
        hosts->unreadable += passed->trouble != NULL;
        return;
    }
    if (!find_ending(path, &ending, &problem) ||
        (ending == RECORDING_RUNNING && (follow = follow_open(path, &problem)) == NULL)) {
        pass_unreadable(hosts, path, &status, &problem);
        return;
    }
    if (follow != NULL && follow->recording->live && supersede(hosts, follow->recording)) {
        add_host(hosts, follow);
        if (mapping_losses() != losses)
            give_up(hosts, hosts->count - 1, &became_shorter);
        return;
    }
    follow_close(follow);
    if (ending != RECORDING_EMPTY)
        pass(hosts, &status, NULL);
}

static void try_place(struct serve_hosts *hosts, const char *place)
{
    DIR *entries = opendir(place);
    struct dirent *entry;

    if (entries == NULL) {
        if (errno == ENOTDIR)
            try_file(hosts, place);
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        if (!ends_with(entry->d_name, ".npt") && !ends_with(entry->d_name, ".ring"))
            continue;
        char *path = xalloc_format("%s/%s", place, entry->d_name);
        try_file(hosts, path);
        free(path);
    }
    closedir(entries);
}

/* Names stay what they were when a plug-in was first served. */
static void name_plugins(struct serve_host *host)
{
    const struct recording *recording = host->live->follow->recording;
    size_t count = recording->plugin_count + 1;

    if (count <= host->plugin_name_count)
        return;
    host->plugin_names = xalloc_resized(host->plugin_names, count, sizeof(*host->plugin_names));
    for (size_t id = host->plugin_name_count; id < count; id++)
        host->plugin_names[id] = id == 0 ? xalloc_string("(host)")
                                         : verdict_plugin_label(recording, (uint32_t)id);
    host->plugin_name_count = count;
}

/* What cannot be read just now is served as it was, for a few looks. */
static bool may_recover(struct serve_host *host)
{
    const struct recording_process *process = &host->live->follow->recording->process;

    return ++host->failures < FAILURES_MOST &&
           host_process_runs(process->outer_pid, process->start_ticks, process->boot_id);
}

/* False: it is not served any more. */
static bool look_at(struct serve_hosts *hosts, size_t index)
{
    struct serve_host *host = &hosts->list[index];
    struct follow *follow = host->live->follow;
    uint64_t losses = mapping_losses();
    struct problem problem;
    bool is_read = live_look(host->live, &problem);

    if (mapping_losses() != losses) {
        give_up(hosts, index, &became_shorter);
        return false;
    }
    if (!is_read) {
        if (may_recover(host))
            return true;
        give_up(hosts, index, &problem);
        return false;
    }
    host->failures = 0;
    if (follow->recording->live)
        return true;
    struct stat status = follow->status;
    remove_host(hosts, index);
    pass(hosts, &status, NULL);
    return false;
}

static void look_at_known(struct serve_hosts *hosts)
{
    for (size_t i = 0; i < hosts->count;)
        if (look_at(hosts, i))
            i++;
}

bool serve_hosts_drop_shorter(struct serve_hosts *hosts)
{
    struct stat status;
    bool dropped = false;

    for (size_t i = 0; i < hosts->count;) {
        const struct follow *follow = hosts->list[i].live->follow;
        if (fstat(follow->fd, &status) == 0 && status.st_size >= follow->status.st_size) {
            i++;
            continue;
        }
        give_up(hosts, i, &became_shorter);
        dropped = true;
    }
    return dropped;
}

static int by_pid(const void *left, const void *right)
{
    const struct serve_host *a = left, *b = right;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

void serve_hosts_look(struct serve_hosts *hosts)
{
    hosts->unreadable = 0;
    hosts->looks++;
    look_at_known(hosts);
    for (size_t i = 0; i < hosts->place_count; i++)
        try_place(hosts, hosts->places[i]);
    drop_unmet(hosts);
    if (hosts->count != 0)
        qsort(hosts->list, hosts->count, sizeof(*hosts->list), by_pid);
    for (size_t i = 0; i < hosts->count; i++)
        name_plugins(&hosts->list[i]);
}

void serve_hosts_free(struct serve_hosts *hosts)
{
    struct serve_passed *passed, *next;

    for (size_t i = 0; i < hosts->count; i++)
        forget_host(&hosts->list[i]);
    HASH_ITER(hh, hosts->passed, passed, next)
    {
        drop_passed(hosts, passed);
    }
    free(hosts->list);
    *hosts = (struct serve_hosts){0};
}
