/* tests/exact/exact_log.c - what the allocation program did, written down by itself */
/* SPDX-License-Identifier: MIT */

#include "tests/exact/exact_log.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct exact_header *header;

/* No stdio: it allocates. */
void exact_fail(const char *what, uint64_t a, uint64_t b)
{
    char text[256];
    int length = snprintf(text, sizeof(text), "exact: %s (%#llx, %#llx)\n", what,
                          (unsigned long long)a, (unsigned long long)b);

    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(98);
    _exit(99);
}

/* The program itself is the first object. */
static int first_object(struct dl_phdr_info *info, size_t bytes, void *to)
{
    (void)bytes;
    *(uint64_t *)to = info->dlpi_addr;
    return 1;
}

void exact_log_open(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (descriptor < 0 || ftruncate(descriptor, (off_t)EXACT_LOG_BYTES) != 0)
        exact_fail("cannot make the log", 0, 0);
    header = mmap(NULL, EXACT_LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (header == MAP_FAILED)
        exact_fail("cannot map the log", 0, 0);
    header->magic = EXACT_MAGIC;
    header->main_tid = (uint32_t)gettid();
    dl_iterate_phdr(first_object, &header->bias);
    atomic_store(&header->next, EXACT_PIECE_BYTES);
}

void exact_log_finish(void)
{
    atomic_store(&header->finished, 1);
}

void exact_log_thread(struct exact_log *log)
{
    *log = (struct exact_log){.tid = (uint32_t)gettid()};
}

struct exact_record *exact_log_add(struct exact_log *log, unsigned depth)
{
    size_t bytes = sizeof(struct exact_record) + depth * sizeof(uint64_t);

    if (log->end - log->at < bytes + sizeof(uint64_t)) {
        log->at = atomic_fetch_add(&header->next, EXACT_PIECE_BYTES);
        log->end = log->at + EXACT_PIECE_BYTES;
        if (log->end > EXACT_LOG_BYTES)
            exact_fail("the log is full", log->at, 0);
    }
    struct exact_record *record = exact_log_at(log->at);
    log->at += bytes;
    record->words = (uint32_t)(bytes / sizeof(uint64_t));
    record->depth = (uint16_t)depth;
    record->tid = log->tid;
    return record;
}

uint64_t exact_log_offset(const struct exact_record *record)
{
    return (uint64_t)((const char *)record - (const char *)header);
}

struct exact_record *exact_log_at(uint64_t offset)
{
    return (struct exact_record *)((char *)header + offset);
}

uint64_t exact_log_bias(void)
{
    return header->bias;
}
