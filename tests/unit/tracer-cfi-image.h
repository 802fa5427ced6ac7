/* tests/unit/tracer-cfi-image.h - call-frame information of files, without loading them */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_UNIT_TRACER_CFI_IMAGE_H
#define NPNTRACE_TESTS_UNIT_TRACER_CFI_IMAGE_H

#include "tracer/cfi_parts.h"

struct image {
    struct cfi_tables tables;
    uint8_t *block;  /* NULL: the object is loaded, and not ours */
    uint8_t *memory; /* where the file's address 0 would be */
};

/* A file's segments in memory that may be written: what is relative within the tables is as if it
 * were loaded. False: no such file, or without the tables. */
bool image_open(const char *path, struct image *ret_image);
void image_close(struct image *image);

/* The object loaded at the address. */
bool image_loaded(const void *address, struct image *ret_image);

/* FDEs in the table. */
uint32_t image_count(const struct image *image);

/* One of them; false: damaged. */
bool image_entry(const struct image *image, uint32_t number, struct cfi_entry *ret_entry);

#endif
