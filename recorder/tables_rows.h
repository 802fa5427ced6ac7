/* recorder/tables_rows.h - modules, plug-ins and instances on their way to the file */
/* SPDX-License-Identifier: MIT */

/* A part of recorder/tables.c: same thread, same memory, same errors. */
#ifndef NPNTRACE_RECORDER_TABLES_ROWS_H
#define NPNTRACE_RECORDER_TABLES_ROWS_H

#include "recorder/tables.h"

struct tables_rows {
    struct tables_array plugins;   /* struct trace_plugin */
    struct tables_array instances; /* struct trace_instance */
};

/* Copies the rows that were not written yet and asks for their strings. 0 or -errno. */
int tables_rows_collect(struct tables *tables, struct tables_rows *rows);
int tables_rows_write(struct tables *tables, const struct tables_rows *rows);
void tables_rows_free(struct tables_rows *rows);

#endif
