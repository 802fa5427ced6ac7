/* tests/plugins/sample_extra.c: for sample plug-ins that have no further steps of their own. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/sample.h"

const struct sample_command sample_extra_commands[] = {{NULL, NULL}};
