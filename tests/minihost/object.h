/* tests/minihost/object.h: identifiers, objects and variants of the mini-host. */
/* SPDX-License-Identifier: MIT */

/*
 * The scripting runtime that a browser has, small: identifiers last for ever, objects are counted,
 * strings in variants are counted bytes without a NUL. For one thread at a time.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_OBJECT_H
#define NPNTRACE_TESTS_MINIHOST_OBJECT_H

#include "shim/npapi.h"

NPIdentifier object_identifier(const char *name);
NPIdentifier object_int_identifier(int32_t value);

/* NULL for a number. */
const char *object_identifier_name(NPIdentifier identifier);

NPObject *object_create(NPP npp, NPClass *class);
NPObject *object_retain(NPObject *object);
void object_release(NPObject *object);

/* What hosts do that end objects with their instance, whatever their count. */
void object_end(NPObject *object);

void variant_release(NPVariant *variant);
NPVariant variant_string(const char *text);
NPVariant variant_object(NPObject *object); /* takes the reference */

/* The value as it stands in the transcript. */
void variant_print(const NPVariant *variant, char *text, size_t text_bytes);

/* Reads an argument: a number, true, false, <window> or a page's <variable> (with a reference, for
 * the caller to release), else a string that the caller keeps. */
NPVariant variant_read(const char *word);

#endif
