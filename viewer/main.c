/* viewer/main.c - the npntrace program: finds the verb and hands over to it */
/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "viewer/choose.h"
#include "viewer/message.h"
#include "viewer/options.h"
#include "viewer/output.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"record", "run a host and record its plug-ins' memory calls", verb_record},
    {"report", "who allocated how much: plug-ins, instances, call stacks", verb_report},
    {"leaks", "what is still live and why it counts", verb_leaks},
    {"diff", "what grew from one recording to another", verb_diff},
    {"findings", "what plug-ins did against the rules of the API", verb_findings},
    {"flame", "a flame graph: who called whom, as wide as what it allocated", verb_flame},
    {"timeline", "memory over time, for each plug-in", verb_timeline},
    {"html", "one page to explore a recording with", verb_html},
    {"events", "what happened, one line each", verb_events},
    {"export", "a recording in the format of another program", verb_export},
    {"top", "what plug-ins hold and do now, while the host runs", verb_top},
    {"serve", "the same of all running hosts, for Prometheus", verb_serve},
    {"info", "what is in a recording, and what was lost", verb_info},
    {"archive", "put a recording and what its names come from into one file", verb_archive},
    {"check", "verify every checksum and invariant of a recording", verb_check},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *to)
{
    fputs("Usage: npntrace VERB [OPTION...] [FILE]\n"
          "       npntrace record [OPTION...] HOST [ARGUMENT...]\n",
          to);
}

static void print_help(void)
{
    print_usage(stdout);
    puts("Shows how much memory each NPAPI plug-in of a browser holds, who asked for it, and what "
         "leaked.\n\nVerbs:");
    for (size_t i = 0; i < VERBS; i++)
        printf("  %-8s  %s\n", verbs[i].name, verbs[i].summary);
    puts("\nOptions:\n"
         "  -?, --help                 give this help and end\n"
         "      --usage                give a short usage message and end\n"
         "  -V, --version              print the program's version and end\n"
         "\nWithout FILE the newest recording (*.npt, *.ring) in the current directory is read.\n"
         "\"npntrace VERB --help\" tells more about a verb.");
}

static int wrong_usage(const char *what, const char *argument)
{
    if (argument != NULL)
        message("%s %s", what, argument);
    print_usage(stderr);
    fputs("\"npntrace --help\" lists the verbs.\n", stderr);
    return STATUS_TROUBLE;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    char *name = xalloc_format("npntrace %s", verb->name);

    argv[0] = name; /* getopt and argp begin their messages with it */
    int status = verb->run(argc, argv);
    free(name);
    return status;
}

static int run(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;

    if (first == NULL)
        return wrong_usage(NULL, NULL);
    if (strcmp(first, "--help") == 0 || strcmp(first, "-?") == 0) {
        print_help();
        return STATUS_GOOD;
    }
    if (strcmp(first, "--usage") == 0) {
        print_usage(stdout);
        return STATUS_GOOD;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        printf("npntrace %s\n", PACKAGE_VERSION);
        return STATUS_GOOD;
    }
    if (first[0] == '-')
        return wrong_usage("unknown option", first);
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(first, verbs[i].name) == 0)
            return run_verb(&verbs[i], argc - 1, argv + 1);
    choose_by_name_in("verb", first, &verbs[0].name, sizeof(verbs[0]), VERBS);
    fputs("\"npntrace --help\" says what they do.\n", stderr);
    return STATUS_TROUBLE;
}

/* True if whoever read our output has gone: that is no error of ours. */
static bool reader_has_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0);
}

/* What could not be written is an error, unless the reader had enough. */
static int close_output(int status)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return status;
    if (reader_has_gone())
        return status;
    message("cannot write the output: %s", strerror(errno != 0 ? errno : output_why(stdout)));
    return STATUS_TROUBLE;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = STATUS_TROUBLE;
    argp_program_version = "npntrace " PACKAGE_VERSION;
    setlocale(LC_TIME, "C");
    return close_output(run(argc, argv));
}
