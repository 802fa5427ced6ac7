/* viewer/verb.h - the verbs of the npntrace program */
/* SPDX-License-Identifier: MIT */

/*
 * Each verb is one function in one file. It parses its own arguments (argv[0] is "npntrace VERB",
 * for messages), does its work, and returns the exit status of the program.
 */
#ifndef NPNTRACE_VIEWER_VERB_H
#define NPNTRACE_VIEWER_VERB_H

enum status {
    STATUS_GOOD = 0,
    STATUS_FOUND = 1,  /* asked to fail on a finding, and there is one */
    STATUS_TROUBLE = 2 /* wrong usage, unreadable input, unwritable output */
};

int verb_record(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_leaks(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_findings(int argc, char **argv);
int verb_events(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_check(int argc, char **argv);

#endif
