/* viewer/top_screen.c - a terminal that is drawn on, and that is left as it was */
/* SPDX-License-Identifier: MIT */

#include "viewer/top_screen.h"
#include "viewer/mapping.h"
#include "viewer/message.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>
#undef lines /* terminfo's macros would hide fields of these names */
#undef columns

#define RESTORE_BYTES 256
#define ESCAPE_DELAY_MS 50
#define MESSAGES_BYTES 4096 /* of what others printed */

static struct {
    SCREEN *screen;
    FILE *keys; /* /dev/tty when stdin is something else */
    int key_fd;
    bool is_on;
    bool is_utf8;
    bool is_colored;
    struct termios before;
    char restore[RESTORE_BYTES]; /* what ends the drawing, for signal handlers */
    size_t restore_bytes;
    int messages; /* memory that standard error goes to, -1: none */
    int standard_error;
    sigset_t outside; /* signals that are blocked elsewhere, too */
    volatile sig_atomic_t signal;
    volatile sig_atomic_t resized;
} state = {.messages = -1, .standard_error = -1, .key_fd = -1};

/* ---- the end -------------------------------------------------------------------------------- */

/* Async-signal-safe. */
static void restore_at_once(void)
{
    if (!state.is_on)
        return;
    state.is_on = false;
    if (state.standard_error >= 0)
        dup2(state.standard_error, STDERR_FILENO);
    if (write(STDOUT_FILENO, state.restore, state.restore_bytes) >= 0)
        tcsetattr(state.key_fd, TCSANOW, &state.before);
}

static void die_at_once(int number)
{
    restore_at_once();
    raise(number); /* SA_RESETHAND: by default now */
}

static void note_signal(int number)
{
    state.signal = number;
}

static void note_resize(int number)
{
    (void)number;
    state.resized = 1;
}

static void catch (int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* Those that can wait come while keys are waited for, and at no other time. */
static void catch_signals(void)
{
    static const int asking[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int fatal[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGXCPU};
    sigset_t waiting;

    sigemptyset(&waiting);
    sigaddset(&waiting, SIGWINCH);
    for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
        catch (asking[i], note_signal, 0);
        sigaddset(&waiting, asking[i]);
    }
    sigprocmask(SIG_BLOCK, &waiting, &state.outside);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        catch (fatal[i], die_at_once, (int)SA_RESETHAND | SA_NODEFER);
    catch (SIGWINCH, note_resize, 0);
    mapping_before_dying = restore_at_once;
}

/* What others had to say comes when it can be read. */
static void give_back_messages(void)
{
    char text[MESSAGES_BYTES];
    ssize_t bytes;

    if (state.messages < 0)
        return;
    dup2(state.standard_error, STDERR_FILENO);
    close(state.standard_error);
    bytes = pread(state.messages, text, sizeof(text), 0);
    if (bytes > 0)
        fwrite(text, 1, (size_t)bytes, stderr);
    close(state.messages);
    state.messages = state.standard_error = -1;
}

static void take_messages(void)
{
    state.messages = memfd_create("messages", MFD_CLOEXEC);
    state.standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (state.messages < 0 || state.standard_error < 0 || dup2(state.messages, STDERR_FILENO) < 0) {
        if (state.messages >= 0)
            close(state.messages);
        state.messages = -1;
    }
}

void top_screen_end(void)
{
    if (!state.is_on)
        return;
    endwin();
    state.is_on = false;
    mapping_before_dying = NULL;
    give_back_messages();
}

void top_screen_die(int number)
{
    top_screen_end();
    catch (number, SIG_DFL, 0);
    sigprocmask(SIG_SETMASK, &state.outside, NULL);
    raise(number);
    _exit(128 + number);
}

/* ---- the beginning -------------------------------------------------------------------------- */

static int key_descriptor(void)
{
    if (state.key_fd < 0)
        state.key_fd =
            isatty(STDIN_FILENO) ? STDIN_FILENO : open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return state.key_fd;
}

bool top_screen_possible(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0 &&
           key_descriptor() >= 0;
}

static void append_capability(const char *text)
{
    if (text == NULL || text == (char *)-1)
        return;
    size_t bytes = strcspn(text, "$"); /* padding is for terminals of old */
    if (state.restore_bytes + bytes < RESTORE_BYTES) {
        memcpy(state.restore + state.restore_bytes, text, bytes);
        state.restore_bytes += bytes;
    }
}

static void prepare_restore(void)
{
    state.restore_bytes = 0;
    append_capability(exit_attribute_mode);
    append_capability(cursor_normal);
    append_capability(keypad_local);
    append_capability(exit_ca_mode);
}

static void begin_colors(enum terminal_color color)
{
    const char *no_color = getenv("NO_COLOR");

    state.is_colored = color != TERMINAL_NEVER && has_colors() &&
                       (color == TERMINAL_ALWAYS || no_color == NULL || no_color[0] == '\0');
    if (!state.is_colored)
        return;
    start_color();
    use_default_colors();
    init_pair(TERMINAL_BAD, COLOR_RED, -1);
    init_pair(TERMINAL_GOOD, COLOR_GREEN, -1);
    init_pair(TERMINAL_NAME, COLOR_CYAN, -1);
}

/* newterm() leaves memory behind where it fails. */
static bool is_known_terminal(void)
{
    int error;

    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    del_curterm(cur_term);
    return true;
}

bool top_screen_begin(enum terminal_color color)
{
    setlocale(LC_CTYPE, "");
    state.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    state.keys = fdopen(dup(key_descriptor()), "r");
    if (state.keys == NULL || tcgetattr(state.key_fd, &state.before) != 0) {
        message("cannot read keys from the terminal: %s", strerror(errno));
        return false;
    }
    state.screen = is_known_terminal() ? newterm(NULL, stdout, state.keys) : NULL;
    if (state.screen == NULL) {
        message("the terminal is of kind \"%s\" (TERM), which is not known here", getenv("TERM"));
        return false;
    }
    set_escdelay(ESCAPE_DELAY_MS);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    begin_colors(color);
    prepare_restore();
    take_messages();
    state.is_on = true;
    catch_signals();
    atexit(top_screen_end);
    return true;
}

/* ---- drawing -------------------------------------------------------------------------------- */

void top_screen_size(size_t *ret_width, size_t *ret_height)
{
    int height, width;

    getmaxyx(stdscr, height, width);
    *ret_width = width > 0 ? (size_t)width : 1;
    *ret_height = height > 0 ? (size_t)height : 1;
}

static attr_t attributes_of(const struct top_line *line)
{
    static const attr_t plain[] = {
        [TERMINAL_PLAIN] = A_NORMAL, [TERMINAL_TITLE] = A_BOLD,  [TERMINAL_GOOD] = A_BOLD,
        [TERMINAL_BAD] = A_BOLD,     [TERMINAL_NAME] = A_NORMAL, [TERMINAL_FAINT] = A_DIM,
    };
    attr_t attributes = plain[line->style];

    if (line->is_heading || line->is_selected)
        attributes |= A_REVERSE;
    if (state.is_colored && (line->style == TERMINAL_BAD || line->style == TERMINAL_GOOD))
        attributes |= (attr_t)COLOR_PAIR((int)line->style);
    return attributes;
}

/* Other than ASCII only where the terminal's locale has it. */
static char *for_locale(const char *text)
{
    char *copy = xalloc_string(text), *to = copy;

    if (state.is_utf8)
        return copy;
    for (const char *at = text; *at != '\0'; at++) {
        if (((unsigned char)*at & 0xc0) == 0x80)
            continue;
        *to++ = (unsigned char)*at < 0x80 ? *at : '?';
    }
    *to = '\0';
    return copy;
}

void top_screen_paint(const struct top_page *page)
{
    size_t width, height;

    top_screen_size(&width, &height);
    erase();
    for (size_t i = 0; i < page->count && i < height; i++) {
        const struct top_line *line = &page->lines[i];
        char *text = for_locale(line->text);
        attrset(attributes_of(line));
        mvaddstr((int)i, 0, text);
        if (line->is_heading || line->is_selected)
            for (size_t at = text_width(line->text); at < width; at++)
                mvaddch((int)i, (int)at, ' ');
        free(text);
    }
    attrset(A_NORMAL);
    refresh();
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void take_new_size(void)
{
    struct winsize size;

    state.resized = 0;
    if (ioctl(state.key_fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE);
}

/* What has come since; ppoll() lets none through when there are keys. */
static void take_signals(void)
{
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, &state.outside, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

int top_screen_key(int timeout_ms)
{
    struct pollfd keys = {.fd = state.key_fd, .events = POLLIN};

    take_signals();
    int key = getch(); /* one may be waiting inside the library */
    if (key != ERR)
        return key;
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    int found =
        state.signal != 0 || state.resized != 0 ? 0 : ppoll(&keys, 1, &timeout, &state.outside);
    if (state.resized != 0) {
        take_new_size();
        return -1;
    }
    if (found <= 0)
        return -1;
    if ((keys.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        state.signal = SIGHUP;
        return -1;
    }
    key = getch();
    return key == ERR || key == KEY_RESIZE ? -1 : key;
}

int top_screen_signal(void)
{
    return state.signal;
}
