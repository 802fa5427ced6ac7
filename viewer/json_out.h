/* viewer/json_out.h - pieces of JSON that several verbs print */
/* SPDX-License-Identifier: MIT */

/*
 * Made with jansson; each function gives a new reference to its caller. Keys are stable. Lists that
 * can be long are printed element by element, so that memory does not go with them. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_JSON_OUT_H
#define NPNTRACE_VIEWER_JSON_OUT_H

#include "viewer/names.h"

#include <jansson.h>

json_t *json_out_text(const char *text);         /* invalid UTF-8 replaced; NULL gives null */
json_t *json_out_text_or_null(const char *text); /* "" gives null as well */
json_t *json_out_number(uint64_t number);        /* beyond 2^63 - 1: that */
json_t *json_out_counters(const struct trace_counters *counters);
json_t *json_out_build_id(const uint8_t *build_id, size_t bytes); /* null if there is none */
json_t *json_out_host(const struct recording *recording);
json_t *json_out_whatif(const struct recording *recording); /* names of what was done on demand */
/* An instance: serial, mime, page, created_ns, destroyed_ns (null while it lives). */
json_t *json_out_instance(const struct recording *recording, uint32_t serial);
json_t *json_out_stack(struct names *names, const struct stacks *stacks, uint32_t stack);

/* Prints object and a line feed, and releases it. */
void json_out_print(json_t *object);

/* Prints an object whose last key is a long list: begin with the other keys, then each element,
 * then end. */
void json_out_list_begin(json_t *object, const char *key);
void json_out_list_add(json_t *element, bool first);
void json_out_list_end(void);

#endif
