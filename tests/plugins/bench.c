/* tests/plugins/bench.c: runs a sample plug-in's steps without a browser. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/bench.h"

#include "tests/plugins/sample.h"

void bench_run(const char *program)
{
    SAMPLE_ENTER(sample_module());
    sample_module()->program = (char *)program;
    SITE_AT(sample_phase("new", sample_module()));
    sample_module()->program = NULL;
}
