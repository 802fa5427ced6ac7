/* recorder/examine.c - will the loader take our library into this program? */
/* SPDX-License-Identifier: MIT */

#include "recorder/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROGRAM_HEADERS_MAX 256u

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "add the ELF machine number of this processor"
#endif

/* True if execve() will give it rights that we do not have: the loader then ignores LD_PRELOAD. */
static const char *privilege_of(const char *path)
{
    struct stat status;
    struct statvfs file_system;

    if (stat(path, &status) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if (statvfs(path, &file_system) == 0 && (file_system.f_flag & ST_NOSUID) != 0)
        return NULL;
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid())
        return "it is setuid, and the loader ignores LD_PRELOAD in setuid programs";
    if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getegid())
        return "it is setgid, and the loader ignores LD_PRELOAD in setgid programs";
    if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "it has file capabilities, and the loader ignores LD_PRELOAD in such programs";
    return NULL;
}

/* A static program names no loader. Returns false if the headers cannot be read. */
static bool names_loader(int fd, const Elf64_Ehdr *header, bool *ret_names)
{
    Elf64_Phdr program[PROGRAM_HEADERS_MAX];
    size_t count = header->e_phnum;

    if (header->e_phentsize != sizeof(*program) || count == 0 || count > PROGRAM_HEADERS_MAX ||
        pread(fd, program, count * sizeof(*program), (off_t)header->e_phoff) !=
            (ssize_t)(count * sizeof(*program)))
        return false;
    *ret_names = false;
    for (size_t i = 0; i < count; i++)
        if (program[i].p_type == PT_INTERP)
            *ret_names = true;
    return true;
}

static const char *elf_reason(int fd)
{
    Elf64_Ehdr header;
    bool names;

    if (pread(fd, &header, sizeof(header), 0) < (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return NULL; /* a script, or something that the kernel will refuse */
    if (header.e_ident[EI_CLASS] == ELFCLASS32)
        return "it is a 32-bit program, and npntrace is built for 64-bit ones";
    if (header.e_machine != OUR_MACHINE)
        return "it is a program for another kind of processor";
    if (names_loader(fd, &header, &names) && !names)
        return "it is statically linked, and has no loader that could preload npntrace's library";
    return NULL;
}

char *launch_examine(const char *path)
{
    const char *reason = privilege_of(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (reason == NULL && fd >= 0)
        reason = elf_reason(fd);
    if (fd >= 0)
        close(fd);
    return reason ? strdup(reason) : NULL;
}
