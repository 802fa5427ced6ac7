/* tests/minihost/main.c: runs the mini-host's actions and prints the transcript. */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/offthread.h"
#include "tests/minihost/options.h"
#include "tests/minihost/table.h"

static const struct action *const action_parts[] = {
    plugin_actions, instance_actions, script_actions, page_actions, worker_actions, process_actions,
};

/*
 * One write a line: nothing is lost when the host is killed, and lines of threads do not mix. The
 * descriptor may have been closed by an action.
 */
static void write_line(int fd, const char *format, va_list arguments)
{
    char line[4096];
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    if (length >= (int)sizeof line - 1)
        length = (int)sizeof line - 2;
    line[length++] = '\n';
    if (write(fd, line, (size_t)length) != length && errno != EBADF)
        _exit(2);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(1, format, arguments);
    va_end(arguments);
}

void script_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(2, format, arguments);
    va_end(arguments);
    _exit(2);
}

static long action_help(void)
{
    for (size_t part = 0; part < sizeof action_parts / sizeof action_parts[0]; part++)
        for (const struct action *a = action_parts[part]; a->name != NULL; a++)
            say("%s %s", a->name, a->usage);
    return 0;
}

static const struct action *action_find(const char *name)
{
    for (size_t part = 0; part < sizeof action_parts / sizeof action_parts[0]; part++)
        for (const struct action *a = action_parts[part]; a->name != NULL; a++)
            if (strcmp(a->name, name) == 0)
                return a;
    script_error("there is no action `%s'; the action `help' lists them", name);
}

long action_run_words(int count, char **words)
{
    if (strcmp(words[0], "help") == 0)
        return action_help();
    const struct action *action = action_find(words[0]);
    if (count - 1 < action->least_words)
        script_error("usage: %s %s", action->name, action->usage);
    return action->run(count, words);
}

/* Cuts the next word off *rest; "..." and '...' keep spaces, also within a word. */
static char *next_word(char **rest)
{
    char *from = *rest + strspn(*rest, " "), *word = from, *to = from;
    char quote = '\0';
    if (*from == '\0')
        return NULL;
    for (; *from != '\0' && (quote != '\0' || *from != ' '); from++) {
        if (quote == '\0' && (*from == '"' || *from == '\''))
            quote = *from;
        else if (quote != '\0' && *from == quote)
            quote = '\0';
        else
            *to++ = *from;
    }
    *rest = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}

long action_run(const char *action)
{
    char text[HOST_ACTION_BYTES], *words[HOST_WORDS + 1], *rest = text;
    int count = 0;
    if (strlen(action) >= sizeof text)
        script_error("an action is too long");
    strcpy(text, action);
    while (count < HOST_WORDS && (words[count] = next_word(&rest)) != NULL)
        count++;
    if (count == 0)
        script_error("an empty action");
    return action_run_words(count, words);
}

static void run_and_echo(const char *action)
{
    say("> %s", action);
    action_run(action);
}

static void run_one(const char *action, const char *name, const char *path)
{
    char text[HOST_ACTION_BYTES];
    if (snprintf(text, sizeof text, "%s %s %s", action, name, path) >= (int)sizeof text)
        script_error("the name of a plug-in is too long");
    action_run(text);
}

/* What happens to plug-ins that are named without actions. */
static void run_default(int count, char **paths)
{
    char name[16], instance[16];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "p%d", i);
        snprintf(instance, sizeof instance, "%d", i);
        say("> %s", paths[i]);
        run_one("load", name, paths[i]);
        run_one("new", name, instance);
        run_one("event", instance, "");
        run_one("destroy", instance, "");
        run_one("unload", name, "");
    }
}

static bool are_paths(int count, char **words)
{
    for (int i = 0; i < count; i++)
        if (strchr(words[i], ' ') != NULL || strstr(words[i], ".so") == NULL)
            return false;
    return count > 0;
}

int main(int argc, char **argv)
{
    const int first = options_parse(argc, argv);
    offthread_is_host();
    if (are_paths(argc - first, argv + first))
        run_default(argc - first, argv + first);
    else
        for (int i = first; i < argc && return_status < 0; i++)
            run_and_echo(argv[i]);
    const bool unchanged = table_unchanged();
    if (!options.quiet)
        memory_say_counts();
    if (!unchanged)
        return 1;
    return return_status < 0 ? 0 : return_status;
}
