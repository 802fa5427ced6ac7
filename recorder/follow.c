/* recorder/follow.c - which program a command becomes */
/* SPDX-License-Identifier: MIT */

#include "recorder/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHELL "/bin/sh"
#define SCRIPT_MOST 5       /* interpreters that are scripts themselves, as in the kernel */
#define SCRIPT_LINE_BYTES 256 /* the kernel reads no more of the first line */
#define ELF_MAGIC "\177ELF"

/* The first bytes of a file as a string. Returns whether it could be read. */
static bool read_start(const char *path, char start[SCRIPT_LINE_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : read(fd, start, SCRIPT_LINE_BYTES - 1);

    if (fd >= 0)
        close(fd);
    start[got < 0 ? 0 : got] = '\0';
    return got >= 0;
}

/* The command that env(1) is told to run: after options and variables. NULL: it says none. */
static char *word_of_env(char **rest)
{
    char *word;

    while ((word = strtok_r(NULL, " \t", rest)) != NULL)
        if (*word != '-' && strchr(word, '=') == NULL)
            return word;
    return NULL;
}

/* What runs the script with this first line, malloc'ed; NULL: nothing that can be found. */
static char *interpreter_of(char *line)
{
    char *rest, *found = NULL;

    line[strcspn(line, "\n")] = '\0';
    char *word = strtok_r(line + 2, " \t", &rest);
    const char *slash = word != NULL ? strrchr(word, '/') : NULL;
    if (slash != NULL && strcmp(slash + 1, "env") == 0) {
        char *command = word_of_env(&rest);
        if (command != NULL)
            word = command;
    }
    if (word != NULL && launch_find(word, &found) == 0)
        return found;
    free(found);
    return NULL;
}

/* The file that the kernel will name /proc/PID/exe, malloc'ed. */
static char *program_of(const char *path)
{
    char *program = strdup(path);

    for (unsigned i = 0; program != NULL && i < SCRIPT_MOST; i++) {
        char start[SCRIPT_LINE_BYTES], *next;

        if (!read_start(program, start) || strncmp(start, ELF_MAGIC, strlen(ELF_MAGIC)) == 0)
            break;
        next = strncmp(start, "#!", 2) == 0 ? interpreter_of(start) : strdup(SHELL);
        if (next == NULL)
            break;
        free(program);
        program = next;
    }
    return program;
}

/* A pattern of fnmatch(3) that only this text matches, malloc'ed. */
static char *quoted_pattern(const char *text)
{
    char *pattern = malloc(2 * strlen(text) + 1), *to = pattern;

    for (; pattern != NULL && *text != '\0'; text++) {
        if (strchr("*?[\\", *text) != NULL)
            *to++ = '\\';
        *to++ = *text;
    }
    if (pattern != NULL)
        *to = '\0';
    return pattern;
}

char *launch_follow(const char *path)
{
    char *program = program_of(path);
    char *real = program != NULL ? realpath(program, NULL) : NULL;
    const char *name = real != NULL ? real : path, *slash = strrchr(name, '/');
    char *pattern = quoted_pattern(slash != NULL ? slash + 1 : name);

    free(program);
    free(real);
    return pattern;
}
