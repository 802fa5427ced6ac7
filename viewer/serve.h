/* viewer/serve.h - live recordings as metrics over HTTP */
/* SPDX-License-Identifier: MIT */

/*
 *   GET /metrics ---> serve_hosts.c: looks for recordings of running processes, reads what is new
 *                       \--> serve_metrics.c: numbers as OpenMetrics text
 *        the rest of HTTP: serve_http.c
 *
 * Everything is done when somebody asks, in the one thread that answers; between two questions
 * nothing is read. Processes come and go: each that runs and records into one of the places is
 * served, and its series end with it.
 *
 * The text is that of OpenMetrics 1.0, or for those who do not ask for it the older one of
 * Prometheus, which differs in how counters are announced.
 *
 * Threads: the one that answers; serve_http_begin() hands everything over to it. Memory: until
 * serve_hosts_free().
 */
#ifndef NPNTRACE_VIEWER_SERVE_H
#define NPNTRACE_VIEWER_SERVE_H

#include "viewer/live.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

struct serve_host {
    struct live *live;
    char *name; /* of the program */
    uint32_t pid;
    dev_t device;
    ino_t inode;
    char **plugin_names; /* by id, unique among this host's; 0: the host itself */
    size_t plugin_name_count;
    unsigned failures; /* looks at which the file could not be read, one after another */
};

/* A recording that is not served: of a process that has ended, or not readable. */
struct serve_passed;

struct serve_hosts {
    const char *const *places; /* directories and files */
    size_t place_count;
    const struct options *options;
    size_t stack_limit; /* call stacks of each process that are served */
    struct serve_host *list;
    size_t count, capacity;
    struct serve_passed *passed;
    uint64_t looks;      /* so far */
    uint64_t unreadable; /* recordings at the last look */
};

/* Reads what is new in all of them. A file that became shorter while it was read is not served any
 * more, for which mapping_survive() must have been called; nor is one that cannot be read at three
 * looks, or whose process has ended. */
void serve_hosts_look(struct serve_hosts *hosts);

/* No longer serves the files that are shorter than they were. True: there were some. */
bool serve_hosts_drop_shorter(struct serve_hosts *hosts);
void serve_hosts_free(struct serve_hosts *hosts);

/* Writes all metrics. */
void serve_metrics_write(FILE *to, const struct serve_hosts *hosts, bool is_openmetrics,
                         double seconds);

struct serve_http;

/* Listens, in a thread of its own. NULL after a message. *ret_address is what it listens on: of
 * port 0 the port that was chosen. */
struct serve_http *serve_http_begin(struct serve_hosts *hosts, const struct sockaddr *address,
                                    struct sockaddr_storage *ret_address);
void serve_http_end(struct serve_http *http);

/* Reads "ADDRESS", "ADDRESS:PORT", "[ADDRESS]:PORT". False: it is none. */
bool serve_address_parse(const char *text, uint16_t port, struct sockaddr_storage *ret_address);
bool serve_address_is_loopback(const struct sockaddr *address);
char *serve_address_text(const struct sockaddr *address); /* "127.0.0.1:9771", to be freed */
socklen_t serve_address_bytes(const struct sockaddr *address);

#endif
