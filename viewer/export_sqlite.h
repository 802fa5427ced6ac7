/* viewer/export_sqlite.h - the schema of an exported database */
/* SPDX-License-Identifier: MIT */

/* Tables and views as npntrace-export(1) describes them. NULL is "none known". Threads: any. */
#ifndef NPNTRACE_VIEWER_EXPORT_SQLITE_H
#define NPNTRACE_VIEWER_EXPORT_SQLITE_H

/* Statements, to be executed in this order; NULL ends them. */
extern const char *const export_sqlite_schema[];

#endif
