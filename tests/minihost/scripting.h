/* tests/minihost/scripting.h: how scripts of the mini-host's page use the objects of plug-ins. */
/* SPDX-License-Identifier: MIT */

/*
 * What a callback hands over the host releases by its own means, never through the table that the
 * plug-in has (but see --release-by-table). For one thread at a time.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_SCRIPTING_H
#define NPNTRACE_TESTS_MINIHOST_SCRIPTING_H

#include "tests/minihost/host.h"
#include "tests/minihost/options.h"

/* The instance's object, fetched when first needed and kept until the instance ends. */
NPObject *scripting_object(struct instance *instance);

/* Says a result and releases it; one that came with false, if the options say so of its kind. */
long scripting_result(const char *what, bool done, NPVariant *value, enum false_results if_false);

/* Arguments of a call from words, and their end after the call. */
int scripting_arguments(int count, char **words, NPVariant *ret_arguments);
void scripting_arguments_end(int count, NPVariant *arguments);

/* Calls a method as a script does, which asks first whether there is one; words: its name, then
 * arguments. */
long scripting_invoke(NPObject *object, int count, char **words);

/* The object that a variable of the page refers to, by its name in angle brackets. */
NPObject *page_variable(const char *word);

#endif
