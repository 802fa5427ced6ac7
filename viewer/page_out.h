/* viewer/page_out.h - JSON for a page: columns of numbers, texts that cannot end a script */
/* SPDX-License-Identifier: MIT */

/*
 * All functions write to a stream, whose errors are its own. A member is preceded by a comma, those
 * of page_out_members() not. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_PAGE_OUT_H
#define NPNTRACE_VIEWER_PAGE_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The members of an object that begins here; the object is released. */
void page_out_members(FILE *to, json_t *object);

/* ,"key":value; the value is released. */
void page_out_member(FILE *to, const char *key, json_t *value);

void page_out_strings(FILE *to, const char *key, const char *const *texts, size_t count);

/* ,"key": and a bracket; and the bracket that ends it. */
void page_out_open(FILE *to, const char *key, char bracket);
void page_out_close(FILE *to, char bracket);

/* One of a list, so that memory does not go with all of them; the value is released. */
void page_out_element(FILE *to, bool first, json_t *value);

/* A column of numbers, one after the other. */
void page_out_column(FILE *to, const char *key, bool first);
void page_out_number(FILE *to, bool first, int64_t number);

/* One field of an array's elements; no comma precedes the first member of an object. */
#define PAGE_OUT_COLUMN(to, key, array, count, field, first)                                       \
    do {                                                                                           \
        page_out_column(to, key, first);                                                           \
        for (size_t i_ = 0; i_ < (count); i_++)                                                    \
            page_out_number(to, i_ == 0, (int64_t)(array)[i_] field);                              \
        page_out_close(to, ']');                                                                   \
    } while (0)

#endif
