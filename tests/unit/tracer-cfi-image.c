/* tests/unit/tracer-cfi-image.c - call-frame information of files, without loading them */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/tracer-cfi-image.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracer/object.h"

static const ElfW(Phdr) * segments_of(const uint8_t *file)
{
    return (const void *)(file + ((const ElfW(Ehdr) *)(const void *)file)->e_phoff);
}

/* The segment, in memory or not yet, that an address of the image is in. */
static struct cfi_span segment_of(const uint8_t *file, const struct image *image, uint64_t address)
{
    const ElfW(Phdr) *segment = segments_of(file);
    uint64_t base = (uint64_t)(uintptr_t)image->memory;

    for (unsigned i = 0; i < ((const ElfW(Ehdr) *)(const void *)file)->e_phnum; i++) {
        uint64_t start = base + segment[i].p_vaddr;
        struct cfi_span span = {start, start + segment[i].p_filesz};
        if (segment[i].p_type == PT_LOAD && cfi_within(span, address))
            return span;
    }
    return (struct cfi_span){0, 0};
}

static bool take_segments(const uint8_t *file, struct image *image)
{
    const ElfW(Phdr) *segment = segments_of(file);
    unsigned count = ((const ElfW(Ehdr) *)(const void *)file)->e_phnum;
    uint64_t start = UINT64_MAX, end = 0, header = 0;

    for (unsigned i = 0; i < count; i++) {
        if (segment[i].p_type == PT_GNU_EH_FRAME)
            header = segment[i].p_vaddr;
        if (segment[i].p_type != PT_LOAD)
            continue;
        start = segment[i].p_vaddr < start ? segment[i].p_vaddr : start;
        end = segment[i].p_vaddr + segment[i].p_memsz;
    }
    start &= ~4095ull;
    if (header == 0 || (image->block = calloc(1, end - start)) == NULL)
        return false;
    image->memory = image->block - start; /* the address that 0 would have */
    for (unsigned i = 0; i < count; i++)
        if (segment[i].p_type == PT_LOAD)
            memcpy(image->memory + segment[i].p_vaddr, file + segment[i].p_offset,
                   segment[i].p_filesz);
    image->tables.header = (uint64_t)(uintptr_t)image->memory + header;
    image->tables.readable = segment_of(file, image, image->tables.header);
    image->tables.frame_readable = segment_of(file, image, cfi_frame(&image->tables));
    return true;
}

bool image_open(const char *path, struct image *ret_image)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    off_t bytes = descriptor < 0 ? 0 : lseek(descriptor, 0, SEEK_END);
    bool ok = false;

    *ret_image = (struct image){.block = NULL};
    if (bytes > (off_t)sizeof(ElfW(Ehdr))) {
        uint8_t *file = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (file != MAP_FAILED) {
            ok = memcmp(file, ELFMAG, SELFMAG) == 0 && take_segments(file, ret_image);
            munmap(file, (size_t)bytes);
        }
    }
    if (descriptor >= 0)
        close(descriptor);
    return ok;
}

void image_close(struct image *image)
{
    free(image->block);
    image->block = NULL;
}

bool image_loaded(const void *address, struct image *ret_image)
{
    struct object object;

    if (!object_at((uint64_t)(uintptr_t)address, &object) || object.eh_frame_header == 0)
        return false;
    struct cfi_span all = {object.start, object.end};
    *ret_image = (struct image){.tables = {object.eh_frame_header, all, all}};
    return true;
}

uint32_t image_count(const struct image *image)
{
    uint32_t count;

    memcpy(&count, (const void *)(uintptr_t)(image->tables.header + 8), sizeof(count));
    return count;
}

bool image_entry(const struct image *image, uint32_t number, struct cfi_entry *ret_entry)
{
    int32_t fde;
    uint64_t at = image->tables.header + 12 + 8 * (uint64_t)number + 4;

    memcpy(&fde, (const void *)(uintptr_t)at, sizeof(fde));
    return cfi_entry_read(&image->tables, image->tables.header + (uint64_t)(int64_t)fde,
                          ret_entry) == 0;
}
