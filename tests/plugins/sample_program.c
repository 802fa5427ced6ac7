/* tests/plugins/sample_program.c: reads and runs the sample plug-ins' little programs. */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "tests/plugins/sample.h"

enum { STEP_BYTES = 1024 };

static const struct sample_command *const command_parts[] = {
    sample_memory_commands, sample_host_commands, sample_value_commands, sample_table_commands,
    sample_thread_commands, sample_end_commands,  sample_extra_commands,
};

const struct sample_command *sample_command_at(int n)
{
    for (size_t part = 0; part < sizeof command_parts / sizeof command_parts[0]; part++)
        for (const struct sample_command *c = command_parts[part]; c->name != NULL; c++)
            if (n-- == 0)
                return c;
    return NULL;
}

const struct sample_command *sample_command_find(const char *name)
{
    const struct sample_command *command;
    for (int n = 0; (command = sample_command_at(n)) != NULL; n++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

long sample_number(const struct sample_step *step, int n, long otherwise)
{
    return n < step->argc ? strtol(step->argv[n], NULL, 0) : otherwise;
}

/* Cuts the next word off *rest, in place; '...' keeps spaces. Returns NULL at the end. */
static char *next_word(char **rest)
{
    char *p = *rest + strspn(*rest, " \t\n");
    if (*p == '\0')
        return NULL;
    const char *end = " \t\n";
    if (*p == '\'') {
        p++;
        end = "'";
    }
    char *after = p + strcspn(p, end);
    *rest = *after == '\0' ? after : after + 1;
    *after = '\0';
    return p;
}

/* Copies the step at *program, up to a semicolon outside quotes. Returns false at the end. */
static bool next_step(const char **program, char *step)
{
    const char *p = *program;
    if (p == NULL || *p == '\0')
        return false;
    bool quoted = false;
    size_t used = 0;
    for (; *p != '\0' && (quoted || *p != ';'); p++) {
        quoted ^= *p == '\'';
        if (used < STEP_BYTES - 1)
            step[used++] = *p;
    }
    step[used] = '\0';
    *program = *p == ';' ? p + 1 : p;
    return true;
}

/* Takes `PHASE:` off the front of a step. Returns the phase; `new` if there is none. */
static const char *step_phase(char **rest)
{
    char *p = *rest + strspn(*rest, " \t\n");
    size_t length = strcspn(p, " \t\n':");
    if (p[length] != ':')
        return "new";
    p[length] = '\0';
    *rest = p + length + 1;
    return p;
}

static void run_step(char *rest, struct sample_instance *instance)
{
    SITE_ENTER();
    char *name = next_word(&rest);
    const struct sample_command *command = name != NULL ? sample_command_find(name) : NULL;
    if (command == NULL)
        return;
    struct sample_step *step = calloc(1, sizeof *step);
    step->instance = instance;
    while (step->argc < SAMPLE_STEP_ARGS && (name = next_word(&rest)) != NULL)
        step->argv[step->argc++] = name;
    SITE_AT(command->run(step));
    free(step);
}

static void run_program(const char *program, const char *phase, struct sample_instance *instance)
{
    SITE_ENTER();
    char text[STEP_BYTES];
    while (next_step(&program, text)) {
        char *rest = text;
        if (strcmp(step_phase(&rest), phase) == 0)
            SITE_AT(run_step(rest, instance));
    }
}

void sample_phase(const char *phase, struct sample_instance *instance)
{
    SITE_ENTER();
    const char *everywhere = getenv("NPNSAMPLE_DO" SAMPLE_SUFFIX);
    if (everywhere != NULL)
        SITE_AT(run_program(everywhere, phase, instance));
    if (instance->program != NULL)
        SITE_AT(run_program(instance->program, phase, instance));
}

bool sample_has_phase(const char *phase)
{
    const char *program = getenv("NPNSAMPLE_DO" SAMPLE_SUFFIX);
    char text[STEP_BYTES];
    while (next_step(&program, text)) {
        char *rest = text;
        if (strcmp(step_phase(&rest), phase) == 0)
            return true;
    }
    return false;
}

bool sample_quirk(const char *word)
{
    const char *quirks = getenv("NPNSAMPLE_QUIRKS" SAMPLE_SUFFIX);
    size_t length = strlen(word);
    for (const char *p = quirks; p != NULL && *p != '\0';) {
        size_t here = strcspn(p, ", ");
        if (here == length && memcmp(p, word, length) == 0)
            return true;
        p += here + (p[here] != '\0');
    }
    return false;
}
