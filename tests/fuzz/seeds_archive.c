/* tests/fuzz/seeds_archive.c - archives of a recording with the files of its names */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/seeds_archive.h"
#include "tests/fuzz/archive_pieces.h"
#include "tests/unit/viewer_made.h"

#include <elf.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE "/fuzz/libnpfirst.so"
#define START UINT64_C(0x7f1000000000)
#define FUNCTION 0x200u /* in the module */
#define BUILD_ID_BYTES 20u

static struct pieces pieces;
static uint8_t recording[1u << 16], archive[1u << 17];
static size_t recording_bytes;

/* ---- a library with a symbol and a build-id ------------------------------------------------- */

static const char texts[] = "\0first_allocates\0.note.gnu.build-id\0.text\0.symtab\0.strtab";
enum { AT_FUNCTION = 1, AT_NOTE = 17, AT_TEXT = 36, AT_SYMTAB = 42, AT_STRTAB = 50 };
enum { NOTE = 1, TEXT, SYMTAB, STRTAB, SECTIONS };

static struct library {
    Elf64_Ehdr header;
    Elf64_Phdr program[2];
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint8_t id[BUILD_ID_BYTES];
    } note;
    Elf64_Sym symbols[2];
    char texts[sizeof(texts)];
    uint8_t text[0x800];
    Elf64_Shdr sections[SECTIONS];
} library;

#define PART(field) offsetof(struct library, field), sizeof(library.field)

static Elf64_Shdr section(unsigned name, unsigned type, size_t at, size_t bytes)
{
    return (Elf64_Shdr){.sh_name = name, .sh_type = type, .sh_addr = type == SHT_NOTE ? at : 0,
                        .sh_flags = type == SHT_NOTE ? SHF_ALLOC : 0, .sh_offset = at,
                        .sh_size = bytes, .sh_addralign = 1};
}

static void make_sections(void)
{
    Elf64_Shdr *sections = library.sections;

    sections[NOTE] = section(AT_NOTE, SHT_NOTE, PART(note));
    sections[NOTE].sh_addralign = 4;
    sections[TEXT] = section(AT_TEXT, SHT_PROGBITS, PART(text));
    sections[TEXT].sh_addr = sections[TEXT].sh_offset;
    sections[TEXT].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    sections[SYMTAB] = section(AT_SYMTAB, SHT_SYMTAB, PART(symbols));
    sections[SYMTAB].sh_link = STRTAB;
    sections[SYMTAB].sh_info = 1;
    sections[SYMTAB].sh_entsize = sizeof(Elf64_Sym);
    sections[STRTAB] = section(AT_STRTAB, SHT_STRTAB, PART(texts));
}

static void make_library(void)
{
    memcpy(library.header.e_ident, "\177ELF\2\1\1", 7);
    library.header.e_type = ET_DYN;
    library.header.e_machine = EM_X86_64;
    library.header.e_version = EV_CURRENT;
    library.header.e_ehsize = sizeof(Elf64_Ehdr);
    library.header.e_phoff = offsetof(struct library, program);
    library.header.e_phentsize = sizeof(Elf64_Phdr);
    library.header.e_phnum = 2;
    library.header.e_shoff = offsetof(struct library, sections);
    library.header.e_shentsize = sizeof(Elf64_Shdr);
    library.header.e_shnum = SECTIONS;
    library.header.e_shstrndx = STRTAB;
    library.program[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
                                      .p_filesz = sizeof(library), .p_memsz = sizeof(library),
                                      .p_align = 0x1000};
    size_t note = offsetof(struct library, note);
    library.program[1] = (Elf64_Phdr){.p_type = PT_NOTE, .p_flags = PF_R, .p_offset = note,
                                      .p_vaddr = note, .p_filesz = sizeof(library.note),
                                      .p_memsz = sizeof(library.note), .p_align = 4};
    library.note.header = (Elf64_Nhdr){4, BUILD_ID_BYTES, NT_GNU_BUILD_ID};
    memcpy(library.note.name, "GNU", 4);
    memset(library.note.id, (int)strlen(MODULE), BUILD_ID_BYTES); /* as made_module() has it */
    library.symbols[1] = (Elf64_Sym){.st_name = AT_FUNCTION,
                                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                     .st_shndx = TEXT,
                                     .st_value = offsetof(struct library, text),
                                     .st_size = sizeof(library.text)};
    memcpy(library.texts, texts, sizeof(texts));
    make_sections();
}

/* ---- archives ------------------------------------------------------------------------------- */

static void make_recording(void)
{
    struct made *made = made_new(0);

    made_module(made, MODULE, 0, START, START + 0x10000, 0);
    uint32_t plugin = made_plugin(made, MODULE);
    uint32_t instance = made_instance(made, plugin, "application/x-first");
    uint32_t stack = made_stack(made, 0, (uint64_t[]){START + FUNCTION, START + FUNCTION + 8}, 2);
    for (uint32_t i = 0; i < 5; i++)
        made_alloc(made, 0, plugin, instance, 0x600000 + 64 * i, 32, stack);
    int fd = made_file();
    made_save_trace(made, fd, true);
    ssize_t bytes = pread(fd, recording, sizeof(recording), 0);
    if (bytes <= 0 || (size_t)bytes == sizeof(recording))
        errx(2, "archive: a recording of %zd bytes", bytes);
    recording_bytes = (size_t)bytes;
    close(fd);
    made_free(made);
}

static void save(const char *directory, const char *name)
{
    char path[4096];
    size_t length = archive_pieces_put(&pieces, archive, sizeof(archive), 0);

    snprintf(path, sizeof(path), "%s/archive", directory);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/archive/%s", directory, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(archive, 1, length, file) != length || fclose(file) != 0)
        err(2, "%s", path);
}

static void begin(unsigned how)
{
    pieces_clear(&pieces);
    archive_pieces_add(&pieces, how, "recording/page.npt", recording, recording_bytes);
}

void seeds_archive_save(const char *directory)
{
    make_recording();
    make_library();
    begin(0);
    archive_pieces_add(&pieces, ARCHIVE_DEFLATE, "README.txt", "one\n", 4);
    archive_pieces_add(&pieces, ARCHIVE_DEFLATE, "files" MODULE, &library, sizeof(library));
    save(directory, "with-library");
    begin(ARCHIVE_DEFLATE);
    archive_pieces_add(&pieces, ARCHIVE_DEFLATE,
                       "files/usr/lib/debug/.build-id/13/"
                       "13131313131313131313131313131313131313.debug",
                       &library, sizeof(library));
    save(directory, "with-debug-file");
    begin(ARCHIVE_DEFLATE | ARCHIVE_ZEROS);
    save(directory, "with-zeros");
}
